/* path_open: every combination of flags on everything there is to open. */
#include "check.h"

static const char *const NAMES[] = {"file", "file/", "directory", "directory/", "new", "new/", "to-file", "to-file/",
                                    "to-directory", "to-directory/", "to-new", "dangling/", "loop", "file/below",
                                    "missing/below", "directory/..", "."};

static void set_up(void) {
  make_directory("directory");
  make_file("file", "text");
  make_link("file", "to-file");
  make_link("directory", "to-directory");
  make_link("new", "to-new");
  make_link("nowhere", "dangling");
  make_link("loop", "loop");
}

int main(void) {
  static const uint64_t RIGHTS[] = {2, 64, 66};
  set_up();
  for (size_t name = 0; name < sizeof NAMES / sizeof *NAMES; name++) {
    for (int oflags = 0; oflags < 16; oflags++) {
      for (int lookup = 0; lookup < 2; lookup++) {
        for (size_t i = 0; i < 3; i++) {
          int fd = -1;
          const int errno_ = open_path(ROOT, lookup, path(NAMES[name]), oflags, 0, RIGHTS[i], &fd);
          __wasi_filestat_t stat;
          if (errno_ == 0) wasi_fd_filestat_get(fd, &stat);
          check(errno_, "open %s%s%s%s%s%s for %d gives %s", NAMES[name], lookup ? " following" : "", oflags & 1 ? " CREAT" : "",
                oflags & 2 ? " DIRECTORY" : "", oflags & 4 ? " EXCL" : "", oflags & 8 ? " TRUNC" : "", (int)RIGHTS[i],
                errno_ == 0 ? filetype_name(stat.filetype) : "nothing");
          if (errno_ == 0 && stat.filetype == __WASI_FILETYPE_REGULAR_FILE) printf("size %d\n", (int)stat.size);
          if (errno_ == 0 && wasi_fd_close(fd) != 0) printf("not closed\n");
          remove_file("new");
          if (oflags & 8) make_file("file", "text");
        }
      }
    }
  }
  int fd = -1, file = -1;
  open_path(ROOT, 0, path("file"), 0, 0, 2, &file);
  check(open_path(file, 0, path("x"), 0, 0, 2, &fd), "below a file");
  check(open_path(file, 0, path("x"), 1, 0, 2, &fd), "make below a file");
  check(open_path(1, 0, path("x"), 0, 0, 2, &fd), "below stdout");
  check(open_path(99, 0, path("x"), 0, 0, 2, &fd), "below nothing");
  for (int flags = 0; flags < 32; flags++) {
    if (flags & ~(__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK)) continue;
    check(open_path(ROOT, 0, path("file"), 0, flags, 66, &fd), "with descriptor flags %d", flags);
    __wasi_fdstat_t stat;
    wasi_fd_fdstat_get(fd, &stat);
    printf("has flags %d\n", stat.fs_flags);
  }
  return 0;
}
