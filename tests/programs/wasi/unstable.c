/* Preview 0: a filestat of 56 bytes with 32 bits of links, and whence counted CUR, END, SET. */
#define WASI_MODULE "wasi_unstable"
#include "check.h"

typedef struct {
  uint64_t dev, ino;
  uint8_t filetype;
  uint32_t nlink;
  uint64_t size, atim, mtim, ctim;
} OldFilestat;

_Static_assert(sizeof(OldFilestat) == 56, "the layout of preview 0");

static struct {
  OldFilestat stat;
  uint64_t behind;
} room;

static void show(int errno_, const char *what) {
  const OldFilestat *stat = &room.stat;
  if (check(errno_, "%s", what) != 0) return;
  printf("%s, %u links, size %llu, atim %llu, mtim %llu, ino %d, dev %d, behind %llx\n", filetype_name(stat->filetype),
         (unsigned)stat->nlink, (unsigned long long)stat->size, (unsigned long long)stat->atim, (unsigned long long)stat->mtim,
         stat->ino != 0, stat->dev != 0, (unsigned long long)room.behind);
}

int main(void) {
  const int fd = fresh_file("file");
  const __wasi_ciovec_t from = {(const uint8_t *)"0123456789", 10};
  size_t done = 0;
  check(wasi_fd_write(fd, &from, 1, &done), "write: %zu", done);
  check(wasi_path_link(ROOT, 0, "file", 4, ROOT, "other", 5), "link");
  check(wasi_fd_filestat_set_times(fd, 1234567890123456789ull, 987654321ull, 5), "set times");
  room.behind = 0x1122334455667788ull;
  show(wasi_fd_filestat_get(fd, &room.stat), "fd_filestat_get");
  memset(&room.stat, 0xff, sizeof room.stat);
  show(wasi_path_filestat_get(ROOT, 0, "other", 5, &room.stat), "path_filestat_get");
  show(wasi_path_filestat_get(ROOT, 0, "missing", 7, &room.stat), "path_filestat_get of nothing");

  static const char *const WHENCES[] = {"current", "end", "beginning"};
  uint64_t position = 0;
  for (int whence = 0; whence < 3; whence++) {
    check(wasi_fd_seek(fd, 5, 2, &position), "to 5");
    const int errno_ = wasi_fd_seek(fd, 3, whence, &position);
    check(errno_, "3 from the %s: %d", WHENCES[whence], (int)position);
    check(wasi_fd_seek(fd, -20, whence, &position), "-20 from the %s", WHENCES[whence]);
  }
  check(wasi_fd_tell(fd, &position), "tell: %d", (int)position);

  uint8_t page[512];
  size_t used = 0;
  check(wasi_fd_readdir(ROOT, page, sizeof page, 0, &used), "readdir: %zu", used);
  uint64_t time = 0;
  check(wasi_clock_time_get(1, 0, &time), "clock");
  check(wasi_random_get(page, 16), "random");
  uint32_t prestat[2];
  check(wasi_fd_prestat_get(ROOT, prestat), "prestat: %u %u", prestat[0], prestat[1]);
  __wasi_fdstat_t stat;
  check(wasi_fd_fdstat_get(fd, &stat), "fdstat");
  printf("%s, flags %d\n", filetype_name(stat.fs_filetype), stat.fs_flags);
  check(wasi_path_rename(ROOT, "other", 5, ROOT, "renamed", 7), "rename");
  check(wasi_path_unlink_file(ROOT, "file", 4), "unlink");
  check(wasi_fd_close(fd), "close");
  return 0;
}
