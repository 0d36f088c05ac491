/* fd_fdstat_set_rights: what was given up is refused, never comes back, and is not handed on. */
#include "check.h"

static uint8_t bytes[256];
static const __wasi_iovec_t VECTOR = {bytes, 4};
static size_t done;

static uint64_t rights_of(int fd, int inheriting) {
  __wasi_fdstat_t stat;
  wasi_fd_fdstat_get(fd, &stat);
  return inheriting ? stat.fs_rights_inheriting : stat.fs_rights_base;
}

static int refused_on_file(uint64_t right) {
  int fd = -1;
  open_path(ROOT, 0, path("file"), 0, 0, RIGHTS_ALL, &fd);
  wasi_fd_fdstat_set_rights(fd, rights_of(fd, 0) & ~right, rights_of(fd, 1));
  uint64_t position;
  int errno_ = -1;
  switch (right) {
    case 1 << 0: errno_ = wasi_fd_datasync(fd); break;
    case 1 << 1: errno_ = wasi_fd_read(fd, &VECTOR, 1, &done); break;
    case 1 << 2: errno_ = wasi_fd_seek(fd, 1, 0, &position); break;
    case 1 << 3: errno_ = wasi_fd_fdstat_set_flags(fd, 0); break;
    case 1 << 4: errno_ = wasi_fd_sync(fd); break;
    case 1 << 5: errno_ = wasi_fd_tell(fd, &position); break;
    case 1 << 6: errno_ = wasi_fd_write(fd, &VECTOR, 1, &done); break;
    case 1 << 7: errno_ = wasi_fd_advise(fd, 0, 0, 0); break;
    case 1 << 8: errno_ = wasi_fd_allocate(fd, 0, 1); break;
    case 1 << 21: errno_ = wasi_fd_filestat_get(fd, bytes); break;
    case 1 << 22: errno_ = wasi_fd_filestat_set_size(fd, 4); break;
    case 1 << 23: errno_ = wasi_fd_filestat_set_times(fd, 1, 1, 5); break;
  }
  return errno_;
}

static int refused_on_directory(uint64_t right) {
  int fd = -1, opened;
  open_path(ROOT, 0, path("directory"), __WASI_OFLAGS_DIRECTORY, 0, RIGHTS_ALL & ~64ull, &fd);
  wasi_fd_fdstat_set_rights(fd, rights_of(fd, 0) & ~right, rights_of(fd, 1));
  switch (right) {
    case 1 << 9: return wasi_path_create_directory(fd, "new", 3);
    case 1 << 10: return open_path(fd, 0, path("new"), __WASI_OFLAGS_CREAT, 0, 66, &opened);
    case 1 << 11: return wasi_path_link(fd, 0, "inner", 5, ROOT, "new", 3);
    case 1 << 12: return wasi_path_link(ROOT, 0, "file", 4, fd, "new", 3);
    case 1 << 13: return open_path(fd, 0, path("inner"), 0, 0, 2, &opened);
    case 1 << 14: return wasi_fd_readdir(fd, bytes, 99, 0, &done);
    case 1 << 15: return wasi_path_readlink(fd, "link", 4, bytes, 9, &done);
    case 1 << 16: return wasi_path_rename(fd, "inner", 5, ROOT, "new", 3);
    case 1 << 17: return wasi_path_rename(ROOT, "file", 4, fd, "new", 3);
    case 1 << 18: return wasi_path_filestat_get(fd, 0, "inner", 5, bytes);
    case 1 << 19: return open_path(fd, 0, path("inner"), __WASI_OFLAGS_TRUNC, 0, 66, &opened);
    case 1 << 20: return wasi_path_filestat_set_times(fd, 0, "inner", 5, 1, 1, 5);
    case 1 << 24: return wasi_path_symlink("target", 6, fd, "new", 3);
    case 1 << 25: return wasi_path_remove_directory(fd, "new", 3);
    case 1 << 26: return wasi_path_unlink_file(fd, "inner", 5);
  }
  return -1;
}

int main(void) {
  make_file("file", "text");
  make_directory("directory");
  make_file("directory/inner", "inner");
  make_link("inner", "directory/link");
  for (uint64_t right = 1; right < RIGHTS_ALL; right <<= 1) {
    const int on_file = refused_on_file(right), on_directory = refused_on_directory(right);
    if (on_file >= 0) check(on_file, "right %llx of a file given up", (unsigned long long)right);
    if (on_directory >= 0) check(on_directory, "right %llx of a directory given up", (unsigned long long)right);
  }

  int fd = -1, below = -1;
  open_path(ROOT, 0, path("file"), 0, 0, 66, &fd);
  check(wasi_fd_fdstat_set_rights(fd, 66, 66), "what one has may be kept");
  check(wasi_fd_fdstat_set_rights(fd, 2, 0), "less may be kept");
  check(wasi_fd_fdstat_set_rights(fd, 66, 0), "what was given up does not come back");
  check(wasi_fd_fdstat_set_rights(fd, 2, 2), "nor what would be handed on");
  check(wasi_fd_fdstat_set_rights(99, 0, 0), "no such descriptor");
  printf("rights are now %llx\n", (unsigned long long)rights_of(fd, 0));

  wasi_path_open(ROOT, 0, "directory", 9, __WASI_OFLAGS_DIRECTORY, RIGHTS_ALL & ~64ull, RIGHTS_ALL, 0, &fd);
  check(wasi_fd_fdstat_set_rights(fd, rights_of(fd, 0), rights_of(fd, 1) & ~64ull), "writing is not to be handed on");
  check(open_path(fd, 0, path("inner"), 0, 0, 66, &below), "open below");
  printf("can write: %d\n", (rights_of(below, 0) & 64) != 0);
  check(wasi_fd_write(below, &VECTOR, 1, &done), "write");
  check(wasi_fd_read(below, &VECTOR, 1, &done), "read");
  return 0;
}
