// Does to its host, call by call, what no program of good will does. The first argument names the attack.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#define ROOT 3

// Calls whose answer does not matter here, as long as there is one.
static unsigned refusals;
static void attempt(__wasi_errno_t error) { refusals += error != 0; }

static long number(const char *text) { return strtol(text, NULL, 10); }

static __wasi_fd_t open_below(__wasi_fd_t fd, const char *path, __wasi_oflags_t flags, __wasi_errno_t *error) {
  __wasi_fd_t opened = 0;
  const __wasi_rights_t all = 0x1fffffff;
  *error = __wasi_path_open(fd, 0, path, flags, flags & __WASI_OFLAGS_DIRECTORY ? all & ~(__wasi_rights_t)0x40 : all, all, 0,
                            &opened);
  return opened;
}

// Single bytes to both streams in turn.
static int alternate(long times) {
  for (long i = 0; i < times; i++) {
    const char letter = (char)('a' + i % 26);
    const __wasi_ciovec_t one = {(const uint8_t *)&letter, 1};
    __wasi_size_t written;
    if (__wasi_fd_write(i & 1 ? 2 : 1, &one, 1, &written) != 0) return 1;
  }
  return 0;
}

// One write of very many pieces, most of them empty; then counts that no memory holds.
static int pieces(long count) {
  __wasi_ciovec_t *all = calloc((size_t)count, sizeof *all);
  if (all == NULL) return 1;
  for (long i = 0; i < count; i++) all[i] = (__wasi_ciovec_t){(const uint8_t *)"0123456789", i % 64 == 0};
  __wasi_size_t written = 0;
  const __wasi_errno_t whole = __wasi_fd_write(1, all, (size_t)count, &written);
  printf("\n%d %zu\n", whole, written);
  const size_t absurd[] = {1u << 29, 0x1fffffff, 0x20000000, 0x40000000, 0xffffffff};
  for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
    printf("%d %d\n", __wasi_fd_write(1, all, absurd[i], &written) != 0, __wasi_fd_read(0, (__wasi_iovec_t *)all, absurd[i], &written) != 0);
  }
  // Together longer than memory, every one within it.
  for (long i = 0; i < count; i++) all[i] = (__wasi_ciovec_t){(const uint8_t *)all, (size_t)count * sizeof *all};
  const int file = open("/heap", O_CREAT | O_WRONLY, 0644);
  const __wasi_errno_t much = __wasi_fd_write((__wasi_fd_t)file, all, 10, &written);
  printf("%d %zu\n", much, written);
  return 0;
}

// A poll on very many clocks and descriptors; then counts that no memory holds.
static int subscriptions(long count) {
  __wasi_subscription_t *all = calloc((size_t)count, sizeof *all);
  __wasi_event_t *events = calloc((size_t)count, sizeof *events);
  if (all == NULL || events == NULL) return 1;
  for (long i = 0; i < count; i++) {
    all[i].userdata = (uint64_t)i;
    all[i].u.tag = (uint8_t)(i % 3);
    if (i % 3 == 0) {
      all[i].u.u.clock = (__wasi_subscription_clock_t){.id = 1, .timeout = 1000000 + (uint64_t)i, .precision = 0, .flags = 0};
    } else {
      all[i].u.u.fd_read.file_descriptor = (__wasi_fd_t)(1000000 + i);
    }
  }
  __wasi_size_t happened = 0;
  printf("%d %zu\n", __wasi_poll_oneoff(all, events, (size_t)count, &happened), happened);
  for (long i = 0; i < count; i++) {
    all[i].u.tag = 0;
    all[i].u.u.clock = (__wasi_subscription_clock_t){.id = 1, .timeout = 1000000, .precision = 0, .flags = 0};
  }
  printf("%d %d\n", __wasi_poll_oneoff(all, events, (size_t)count, &happened), happened > 0);
  const size_t absurd[] = {0x06000000, 0x0fffffff, 0xffffffff};
  for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
    printf("%d\n", __wasi_poll_oneoff(all, events, absurd[i], &happened) != 0);
  }
  printf("%d\n", __wasi_poll_oneoff(all, events, 0, &happened) != 0);
  return 0;
}

// Paths of a megabyte: names, slashes, dots and steps upwards.
static int paths(long length) {
  const char *const kinds[] = {"a", "/", "./", "../", "a/../", "\xff", "a\\", "%2e%2e/"};
  char *path = malloc((size_t)length + 8);
  if (path == NULL) return 1;
  for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    const size_t step = strlen(kinds[kind]);
    for (long i = 0; i < length; i += (long)step) memcpy(path + i, kinds[kind], step);
    for (size_t part = (size_t)length; part > 60; part /= 16) {
      __wasi_filestat_t stat;
      __wasi_fd_t fd;
      char saved = path[part];
      path[part] = 0;
      const int refused = (__wasi_path_filestat_get(ROOT, 1, path, &stat) != 0) +
                          (__wasi_path_open(ROOT, 1, path, __WASI_OFLAGS_CREAT, 0x42, 0, 0, &fd) != 0) +
                          (__wasi_path_symlink(path, ROOT, path) != 0) + (__wasi_path_rename(ROOT, path, ROOT, path) != 0);
      path[part] = saved;
      printf("%d", refused);
    }
    printf("\n");
  }
  return 0;
}

// As many files as there may be.
static int files(long count) {
  long made = 0;
  __wasi_errno_t error = 0;
  char name[32];
  for (; made < count && error == 0; made++) {
    snprintf(name, sizeof name, "f%ld", made);
    const __wasi_fd_t fd = open_below(ROOT, name, __WASI_OFLAGS_CREAT, &error);
    if (error == 0 && __wasi_fd_close(fd) != 0) return 1;
  }
  printf("%ld %d\n", error == 0 ? made : made - 1, error);
  return 0;
}

// Directories in directories.
static int directories(long depth, long width) {
  char name[256];
  memset(name, 'd', sizeof name);
  name[width] = 0;
  __wasi_fd_t at = ROOT;
  __wasi_errno_t error = 0;
  long made = 0;
  for (; made < depth; made++) {
    error = __wasi_path_create_directory(at, name);
    if (error != 0) break;
    const __wasi_fd_t below = open_below(at, name, __WASI_OFLAGS_DIRECTORY, &error);
    if (error != 0) break;
    if (at != ROOT) attempt(__wasi_fd_close(at));
    at = below;
  }
  __wasi_errno_t last = 0;
  open_below(at, "leaf", __WASI_OFLAGS_CREAT, &last);
  printf("%ld %d %d\n", made, error, last);
  return 0;
}

// Links to links: a chain, a circle, and each one leading through all before it.
static int links(long count) {
  char name[32], target[64];
  int refused = 0;
  for (long i = 0; i < count; i++) {
    snprintf(name, sizeof name, "chain%ld", i);
    snprintf(target, sizeof target, "chain%ld", i + 1);
    refused += __wasi_path_symlink(target, ROOT, name) != 0;
    snprintf(name, sizeof name, "double%ld", i);
    snprintf(target, sizeof target, "double%ld/../double%ld", i + 1, i + 1);
    refused += __wasi_path_symlink(target, ROOT, name) != 0;
    snprintf(name, sizeof name, "circle%ld", i);
    snprintf(target, sizeof target, "./circle%ld/x", (i + 1) % count);
    refused += __wasi_path_symlink(target, ROOT, name) != 0;
    snprintf(name, sizeof name, "up%ld", i);
    refused += __wasi_path_symlink("../../../../etc", ROOT, name) != 0;
  }
  __wasi_filestat_t stat;
  printf("%d %d %d %d %d\n", refused, __wasi_path_filestat_get(ROOT, 1, "chain0", &stat),
         __wasi_path_filestat_get(ROOT, 1, "double0", &stat), __wasi_path_filestat_get(ROOT, 1, "circle0", &stat),
         __wasi_path_filestat_get(ROOT, 1, "up0", &stat) != 0);
  return 0;
}

// Files until there is no room: `chunk` bytes at a time, at `step` bytes from each other.
static int contents(long chunk, long step) {
  uint8_t *data = malloc((size_t)chunk);
  if (data == NULL) return 1;
  memset(data, 0x5a, (size_t)chunk);
  const __wasi_ciovec_t one = {data, (size_t)chunk};
  uint64_t total = 0;
  __wasi_errno_t error = 0;
  char name[32];
  for (long i = 0; error == 0 && i < 100000; i++) {
    snprintf(name, sizeof name, "c%ld", i);
    const __wasi_fd_t fd = open_below(ROOT, name, __WASI_OFLAGS_CREAT, &error);
    for (long j = 0; error == 0 && j < 16; j++) {
      __wasi_size_t written = 0;
      error = __wasi_fd_pwrite(fd, &one, 1, (uint64_t)j * (uint64_t)step, &written);
      if (error == 0 && written == 0) error = 99;
      total += written;
    }
    if (fd != 0) attempt(__wasi_fd_close(fd));
  }
  printf("%d\n%llu\n", error, (unsigned long long)total);
  return 0;
}

// Sizes and places that no file has.
static int sizes(void) {
  const uint64_t absurd[] = {1ull << 31, 1ull << 32, 1ull << 52, 1ull << 53, (1ull << 53) + 1, 1ull << 62, 1ull << 63, ~0ull};
  __wasi_errno_t error;
  const __wasi_fd_t fd = open_below(ROOT, "sized", __WASI_OFLAGS_CREAT, &error);
  const __wasi_ciovec_t one = {(const uint8_t *)"x", 1};
  for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
    __wasi_size_t written;
    __wasi_filesize_t at;
    attempt(__wasi_fd_filestat_set_size(fd, absurd[i]));
    attempt(__wasi_fd_allocate(fd, absurd[i], absurd[i]));
    attempt(__wasi_fd_advise(fd, absurd[i], absurd[i], 0));
    attempt(__wasi_fd_pwrite(fd, &one, 1, absurd[i], &written));
    attempt(__wasi_fd_seek(fd, (__wasi_filedelta_t)absurd[i], __WASI_WHENCE_SET, &at));
    attempt(__wasi_fd_write(fd, &one, 1, &written));
    attempt(__wasi_fd_seek(fd, (__wasi_filedelta_t)absurd[i], __WASI_WHENCE_END, &at));
    attempt(__wasi_fd_filestat_set_times(fd, absurd[i], absurd[i], 5));
  }
  printf("%d\n", __wasi_fd_filestat_set_size(fd, 3));
  return 0;
}

// As many open descriptors as there may be, numbers far away included.
static int descriptors(void) {
  __wasi_errno_t error = 0;
  long opened = 0;
  __wasi_fd_t last = 0;
  for (; error == 0; opened += error == 0) last = open_below(ROOT, "same", __WASI_OFLAGS_CREAT, &error);
  printf("%ld %d\n", opened, error);
  const __wasi_fd_t far[] = {1u << 20, 1u << 30, 0x7fffffff, 0x80000000, 0xffffffff};
  for (size_t i = 0; i < sizeof far / sizeof *far; i++) printf("%d", __wasi_fd_renumber(4, far[i]) != 0);
  printf("\n%d\n", __wasi_fd_close(4));
  open_below(ROOT, "same", 0, &error);
  printf("%d %d\n", error, last > 4);
  return 0;
}

// System calls that give nothing, for ever.
static int idle(void) {
  for (;;) {
    attempt(__wasi_sched_yield());
    __wasi_timestamp_t time;
    attempt(__wasi_clock_time_get(0, 1, &time));
    uint8_t bytes[16];
    attempt(__wasi_random_get(bytes, sizeof bytes));
    attempt(__wasi_fd_write(1, NULL, 0, (__wasi_size_t *)bytes));
  }
}

int main(int argc, char **argv) {
  const char *attack = argc > 1 ? argv[1] : "";
  const long first = argc > 2 ? number(argv[2]) : 0, second = argc > 3 ? number(argv[3]) : 0;
  if (strcmp(attack, "alternate") == 0) return alternate(first);
  if (strcmp(attack, "pieces") == 0) return pieces(first);
  if (strcmp(attack, "subscriptions") == 0) return subscriptions(first);
  if (strcmp(attack, "paths") == 0) return paths(first);
  if (strcmp(attack, "files") == 0) return files(first);
  if (strcmp(attack, "directories") == 0) return directories(first, second);
  if (strcmp(attack, "links") == 0) return links(first);
  if (strcmp(attack, "contents") == 0) return contents(first, second);
  if (strcmp(attack, "sizes") == 0) return sizes();
  if (strcmp(attack, "descriptors") == 0) return descriptors();
  if (strcmp(attack, "idle") == 0) return idle();
  fprintf(stderr, "no such attack: %s\n", attack);
  return 2;
}
