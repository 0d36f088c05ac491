/* fd_readdir: pages of every size, cookies, and names that vanish while paging. */
#include <stdlib.h>

#include "check.h"

static uint8_t page[8192];
static char seen[128][64];

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

/* Reads all names through pages of one size, or larger where one does not fit, and prints them sorted. */
static void list(int fd, size_t size, void (*meanwhile)(int)) {
  uint64_t cookie = 0;
  int count = 0, overfull = 0;
  for (size_t now = size;;) {
    size_t used = 0, at = 0;
    memset(page, 0xaa, sizeof page);
    const int errno_ = wasi_fd_readdir(fd, page, now, cookie, &used);
    if (errno_ != 0) {
      check(errno_, "readdir");
      return;
    }
    overfull += used > now || page[now] != 0xaa;
    while (at + 24 <= used) {
      __wasi_dirent_t head;
      memcpy(&head, page + at, sizeof head);
      if (at + 24 + head.d_namlen > used) break;
      snprintf(seen[count++], 64, "%.*s %s", (int)head.d_namlen, (char *)page + at + 24, filetype_name(head.d_type));
      cookie = head.d_next;
      at += 24 + head.d_namlen;
      if (meanwhile != NULL) meanwhile(count);
    }
    if (used < now) break;
    now = at == 0 ? now * 2 + 8 : size;
  }
  qsort(seen, (size_t)count, sizeof *seen, by_text);
  printf("size %zu:", size);
  for (int i = 0; i < count; i++) printf(" %s", seen[i]);
  printf("; overfull %d\n", overfull);
}

static void remove_ahead(int count) {
  if (count == 5) {
    for (char name[] = "many/0"; name[5] < '8'; name[5]++) remove_file(name);
  }
}

static int opened(const char *name) {
  int fd = -1;
  open_path(ROOT, 0, path(name), __WASI_OFLAGS_DIRECTORY, 0, RIGHTS_ALL & ~64ull, &fd);
  return fd;
}

int main(void) {
  make_directory("empty");
  make_directory("few");
  make_file("few/a", "");
  make_directory("few/directory");
  make_link("a", "few/link");
  make_file("few/a-rather-long-name-that-needs-room", "");
  make_file("few/\xc3\xbc", "");
  for (size_t size = 1; size < 140; size++) {
    const int fd = opened("few");
    list(fd, size, NULL);
    wasi_fd_close(fd);
  }
  list(opened("empty"), 4096, NULL);
  list(opened("empty"), 24, NULL);
  list(ROOT, 4096, NULL);

  /* A directory read again sees what came and went. */
  const int fd = opened("few");
  list(fd, 4096, NULL);
  remove_file("few/a");
  make_file("few/new", "");
  list(fd, 4096, NULL);

  make_directory("many");
  for (char name[] = "many/0"; name[5] <= '9'; name[5]++) make_file(name, "");
  list(opened("many"), 100, NULL);
  for (size_t size = 24; size < 400; size += 37) {
    for (char name[] = "many/0"; name[5] <= '9'; name[5]++) make_file(name, "");
    const int many = opened("many");
    uint64_t cookie = 0;
    size_t used = 0;
    int count = 0, repeated = 0;
    int found[256] = {0};
    /* What is there all the time is told once; what is removed may be told or not. */
    for (int calls = 0; calls < 100; calls++) {
      if (wasi_fd_readdir(many, page, size < 60 ? 60 : size, cookie, &used) != 0 || used < 24) break;
      for (size_t at = 0; at + 24 <= used;) {
        __wasi_dirent_t head;
        memcpy(&head, page + at, sizeof head);
        if (at + 24 + head.d_namlen > used) break;
        if (head.d_namlen == 1) {
          const unsigned char name = page[at + 24];
          repeated += found[name]++ > 0;
        }
        cookie = head.d_next;
        at += 24 + head.d_namlen;
        remove_ahead(++count);
      }
      if (used < (size < 60 ? 60 : size)) break;
    }
    printf("while names vanish: 8 told %d times, 9 told %d times, repeated %d\n", found['8'], found['9'], repeated);
    wasi_fd_close(many);
  }

  /* Any cookie may be asked for, and any length. */
  size_t used = 99;
  const int few = opened("few");
  check(wasi_fd_readdir(few, page, 0, 0, &used), "no room");
  printf("used %zu\n", used);
  check(wasi_fd_readdir(few, page, sizeof page, 1000, &used), "a cookie beyond the end");
  printf("used %zu\n", used);
  __wasi_dirent_t head;
  uint64_t cookies[16];
  int count = 0;
  wasi_fd_readdir(few, page, sizeof page, 0, &used);
  for (size_t at = 0; at + 24 <= used; at += 24 + head.d_namlen) {
    memcpy(&head, page + at, sizeof head);
    cookies[count++] = head.d_next;
  }
  for (int i = 0; i < count; i++) {
    wasi_fd_readdir(few, page, sizeof page, cookies[i], &used);
    int left = 0;
    for (size_t at = 0; at + 24 <= used; at += 24 + head.d_namlen, left++) memcpy(&head, page + at, sizeof head);
    printf("%d entries after cookie %d\n", left, i);
  }
  const int gone = opened("empty");
  remove_directory("empty");
  list(gone, 4096, NULL);
  check(wasi_fd_readdir(fresh_file("file"), page, 100, 0, &used), "a file");
  check(wasi_fd_readdir(99, page, 100, 0, &used), "nothing");
  return 0;
}
