/* fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights: rights are reported, and only shrink. */
#include "check.h"

static const struct {
  const char *name;
  uint64_t right;
} RIGHTS[] = {
    {"datasync", 1 << 0}, {"read", 1 << 1}, {"seek", 1 << 2}, {"set_flags", 1 << 3}, {"sync", 1 << 4}, {"tell", 1 << 5},
    {"write", 1 << 6}, {"advise", 1 << 7}, {"allocate", 1 << 8}, {"mkdir", 1 << 9}, {"create", 1 << 10},
    {"link_source", 1 << 11}, {"link_target", 1 << 12}, {"open", 1 << 13}, {"readdir", 1 << 14}, {"readlink", 1 << 15},
    {"rename_source", 1 << 16}, {"rename_target", 1 << 17}, {"path_stat", 1 << 18}, {"path_size", 1 << 19},
    {"path_times", 1 << 20}, {"stat", 1 << 21}, {"size", 1 << 22}, {"times", 1 << 23}, {"symlink", 1 << 24},
    {"rmdir", 1 << 25}, {"unlink", 1 << 26}, {"poll", 1 << 27}, {"shutdown", 1 << 28}, {"accept", 1 << 29},
};

static void show_rights(uint64_t rights) {
  for (size_t i = 0; i < sizeof RIGHTS / sizeof *RIGHTS; i++) {
    if (rights & RIGHTS[i].right) printf(" %s", RIGHTS[i].name);
  }
  printf("\n");
}

static void show(const char *what, int fd) {
  __wasi_fdstat_t stat;
  if (check(wasi_fd_fdstat_get(fd, &stat), "fdstat of %s", what) != 0) return;
  printf("%s: %s, flags %d\n", what, filetype_name(stat.fs_filetype), stat.fs_flags);
  printf("%s has", what);
  show_rights(stat.fs_rights_base);
  printf("%s gives", what);
  show_rights(stat.fs_rights_inheriting);
}

static int opened(const char *name, uint64_t base, uint64_t inheriting, int oflags, int fdflags) {
  int fd = -1;
  check(wasi_path_open(ROOT, 0, name, strlen(name), oflags, base, inheriting, fdflags, &fd), "open %s with %llx", name,
        (unsigned long long)base);
  return fd;
}

int main(void) {
  make_file("file", "text");
  make_directory("directory");
  show("the root", ROOT);
  show("nothing", 99);
  show("a reader", opened("file", 2, 0, 0, 0));
  show("a writer", opened("file", 64, 0, 0, 0));
  show("reader and writer", opened("file", 66, 66, 0, 1));
  show("all on a file", opened("file", RIGHTS_ALL, RIGHTS_ALL, 0, 4));
  show("a directory", opened("directory", 2, 2, 2, 0));
  show("all but writing on a directory", opened("directory", RIGHTS_ALL & ~64ull, RIGHTS_ALL, 2, 0));
  opened("directory", 64, 64, 0, 0);
  opened("directory", 66, 66, 2, 0);

  const int fd = opened("file", 66, 0, 0, 0);
  for (int flags = 0; flags < 32; flags++) check(wasi_fd_fdstat_set_flags(fd, flags), "set flags %d", flags);
  const int directory = opened("directory", 2, 2, 2, 0);
  for (int flags = 0; flags < 32; flags++) check(wasi_fd_fdstat_set_flags(directory, flags), "set flags %d of a directory", flags);
  check(wasi_fd_fdstat_set_flags(99, 0), "set flags of nothing");
  show("stdin", 0);
  show("stdout", 1);
  show("stderr", 2);
  for (int flags = 0; flags < 32; flags++) check(wasi_fd_fdstat_set_flags(1, flags), "set flags %d of stdout", flags);
  return 0;
}
