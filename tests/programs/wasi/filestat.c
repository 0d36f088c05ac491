/* fd_filestat_*, path_filestat_*: types, sizes, links, identity, and times to the nanosecond. */
#include "check.h"

static void show_times(const char *what, const __wasi_filestat_t *stat) {
  const uint64_t clock = 1500000000000000000ull;
  printf("%s: atim %lld mtim %lld ctim %s\n", what, stat->atim < clock ? (long long)stat->atim : -1,
         stat->mtim < clock ? (long long)stat->mtim : -1, stat->ctim < clock ? "old" : "clock");
}

static void show(const char *name, int lookup) {
  __wasi_filestat_t stat;
  if (check(wasi_path_filestat_get(ROOT, lookup, name, strlen(name), &stat), "stat %s (%d)", name, lookup) != 0) return;
  printf("%s: %s", name, filetype_name(stat.filetype));
  if (stat.filetype != __WASI_FILETYPE_DIRECTORY) printf(" size %lld links %lld", (long long)stat.size, (long long)stat.nlink);
  printf("\n");
  show_times(name, &stat);
}

static __wasi_filestat_t stat_of(const char *name, int lookup) {
  __wasi_filestat_t stat;
  memset(&stat, 0, sizeof stat);
  wasi_path_filestat_get(ROOT, lookup, name, strlen(name), &stat);
  return stat;
}

static int set(const char *name, int lookup, uint64_t atim, uint64_t mtim, int flags) {
  return wasi_path_filestat_set_times(ROOT, lookup, name, strlen(name), atim, mtim, flags);
}

/* Longer than a file system's clock stands still. */
static void pass_time(void) {
  __wasi_subscription_t subscription = {.u.tag = __WASI_EVENTTYPE_CLOCK};
  __wasi_event_t event;
  size_t count;
  subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  subscription.u.u.clock.timeout = 15000000;
  wasi_poll_oneoff(&subscription, &event, 1, &count);
}

int main(void) {
  make_file("file", "five!");
  make_directory("directory");
  make_link("file", "link");
  make_link("directory", "to-directory");
  make_link("nowhere", "dangling");
  wasi_path_link(ROOT, 0, "file", 4, ROOT, "other", 5);
  static const char *const NAMES[] = {"file", "other", "directory", "directory/", "link", "link/", "to-directory",
                                      "to-directory/", "dangling", "dangling/", "nowhere", ".", "./"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
    show(NAMES[i], 0);
    show(NAMES[i], 1);
  }
  const __wasi_filestat_t file = stat_of("file", 0), other = stat_of("other", 0), followed = stat_of("link", 1);
  const __wasi_filestat_t link = stat_of("link", 0), directory = stat_of("directory", 0), root = stat_of(".", 0);
  printf("a hard link is the same file: %d\n", file.ino == other.ino && file.dev == other.dev);
  printf("a link leads to the file: %d\n", file.ino == followed.ino && file.dev == followed.dev);
  printf("all differ: %d\n", file.ino != link.ino && link.ino != directory.ino && directory.ino != root.ino);
  printf("one device: %d\n", file.dev == link.dev && link.dev == directory.dev && directory.dev == root.dev);

  static const uint64_t TIMES[] = {0, 1, 999999999, 1000000000, 1000000001, 1234567890123456789ull, 4294967296000000001ull};
  for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
    check(set("file", 0, TIMES[i], TIMES[i] / 2, 5), "set times");
    const __wasi_filestat_t now = stat_of("file", 0);
    printf("exact: %d %d\n", now.atim == TIMES[i], now.mtim == TIMES[i] / 2);
  }
  for (int flags = 1; flags < 16; flags++) {
    set("file", 0, 11, 22, 5);
    check(set("file", 0, 33, 44, flags), "set times by path with flags %d", flags);
    show("file", 0);
    int fd = -1;
    open_path(ROOT, 0, path("file"), 0, 0, RIGHTS_ALL, &fd);
    set("file", 0, 11, 22, 5);
    check(wasi_fd_filestat_set_times(fd, 55, 66, flags), "set times by descriptor with flags %d", flags);
    show("file", 0);
    check(wasi_fd_close(fd), "close");
  }
  check(set("link", 0, 7, 8, 5), "set the link's own times");
  show("link", 0);
  check(set("link", 1, 9, 10, 5), "set the times of what it leads to");
  show("link", 1);
  check(set("dangling", 0, 9, 10, 5), "set a dangling link's times");
  check(set("dangling", 1, 9, 10, 5), "set the times of what it should lead to");
  check(set("directory", 0, 9, 10, 5), "set a directory's times");
  show("directory", 0);
  check(set("nowhere", 0, 9, 10, 5), "set the times of nothing");

  /* What moves which time. */
  int fd = fresh_file("moved");
  uint64_t file_changed = 0, directory_changed = 0;
  uint8_t byte;
  size_t done;
  const __wasi_iovec_t into = {&byte, 1};
  const __wasi_ciovec_t from = {(const uint8_t *)"x", 1};
#define STEP(what, call)                                                                         \
  set("moved", 0, 100, 200, 5);                                                                  \
  set("directory", 0, 100, 200, 5);                                                              \
  file_changed = stat_of("moved", 0).ctim;                                                       \
  directory_changed = stat_of("directory", 0).ctim;                                              \
  pass_time();                                                                                   \
  check(call, what);                                                                             \
  show("moved", 0);                                                                              \
  show("directory", 0);                                                                          \
  printf("the file was changed: %d, the directory: %d\n", stat_of("moved", 0).ctim > file_changed, \
         stat_of("directory", 0).ctim > directory_changed)
  STEP("write", wasi_fd_write(fd, &from, 1, &done));
  STEP("write nothing", wasi_fd_write(fd, &from, 0, &done));
  STEP("read at the end", wasi_fd_read(fd, &into, 1, &done));
  STEP("pread", wasi_fd_pread(fd, &into, 1, 0, &done));
  STEP("pread at the end", wasi_fd_pread(fd, &into, 1, 50, &done));
  STEP("set size", wasi_fd_filestat_set_size(fd, 9));
  STEP("set the same size", wasi_fd_filestat_set_size(fd, 9));
  STEP("stat", wasi_fd_filestat_get(fd, &(__wasi_filestat_t){0}));
  STEP("seek", wasi_fd_seek(fd, 0, 0, &(uint64_t){0}));
  STEP("sync", wasi_fd_sync(fd));
  STEP("make a name in the directory", wasi_path_link(ROOT, 0, "moved", 5, ROOT, "directory/name", 14));
  STEP("rename it", wasi_path_rename(ROOT, "directory/name", 14, ROOT, "directory/eman", 14));
  STEP("remove it", wasi_path_unlink_file(ROOT, "directory/eman", 14));
  STEP("open it", open_path(ROOT, 0, path("moved"), 0, 0, 66, &fd));
  STEP("cut it", open_path(ROOT, 0, path("moved"), __WASI_OFLAGS_TRUNC, 0, 66, &fd));
  STEP("set its times", set("moved", 0, 100, 200, 5));
  STEP("set the directory's times", set("directory", 0, 100, 200, 5));
  STEP("make a directory", wasi_path_create_directory(ROOT, "directory/below", 15));
  STEP("remove the directory", wasi_path_remove_directory(ROOT, "directory/below", 15));
  STEP("make a link", wasi_path_symlink("x", 1, ROOT, "directory/link", 14));
  STEP("readlink", wasi_path_readlink(ROOT, "directory/link", 14, (uint8_t[8]){0}, 8, &done));
  STEP("unlink", wasi_path_unlink_file(ROOT, "directory/link", 14));
  STEP("rename the directory", wasi_path_rename(ROOT, "directory", 9, ROOT, "elsewhere", 9));
  STEP("and back", wasi_path_rename(ROOT, "elsewhere", 9, ROOT, "directory", 9));
  STEP("rename another file onto it", (make_file("another", ""), wasi_path_rename(ROOT, "another", 7, ROOT, "moved", 5)));
  STEP("cut it again", open_path(ROOT, 0, path("moved"), __WASI_OFLAGS_TRUNC, 0, 66, &fd));

  __wasi_filestat_t stat;
  check(wasi_fd_filestat_get(ROOT, &stat), "stat of the root");
  printf("%s\n", filetype_name(stat.filetype));
  check(wasi_fd_filestat_get(99, &stat), "stat of nothing");
  check(wasi_fd_filestat_set_times(99, 1, 1, 5), "set times of nothing");
  return 0;
}
