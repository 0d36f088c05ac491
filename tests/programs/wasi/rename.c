/* path_rename: everything onto everything. */
#include "check.h"

static const char *const KINDS[] = {"file", "file/", "other", "empty", "empty/", "full", "full/", "full/inner", "full/inner/..",
                                    "full/inner/new", "to-file", "to-empty", "to-empty/", "dangling", "missing", "missing/",
                                    "missing/new", "hard", ".", "..", "full/.", "file/x"};
#define COUNT (sizeof KINDS / sizeof *KINDS)

static void set_up(void) {
  make_file("file", "file");
  make_file("other", "other");
  wasi_path_link(ROOT, 0, "file", 4, ROOT, "hard", 4);
  make_directory("empty");
  make_directory("full");
  make_directory("full/inner");
  make_link("file", "to-file");
  make_link("empty", "to-empty");
  make_link("nowhere", "dangling");
}

static void tear_down(void) {
  static const char *const NAMES[] = {"full/inner/new", "full/inner", "full/file", "full", "file",  "other",   "hard",
                                      "empty/inner",    "empty",      "to-file",   "to-empty", "dangling", "missing"};
  for (int round = 0; round < 4; round++) {
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
      if (!remove_file(NAMES[i])) remove_directory(NAMES[i]);
    }
  }
}

static const char *kind(const char *name) {
  __wasi_filestat_t stat;
  return wasi_path_filestat_get(ROOT, 0, name, strlen(name), &stat) == 0 ? filetype_name(stat.filetype) : "none";
}

int main(void) {
  for (size_t from = 0; from < COUNT; from++) {
    for (size_t to = 0; to < COUNT; to++) {
      set_up();
      const char *old = KINDS[from], *new = KINDS[to];
      const int errno_ = wasi_path_rename(ROOT, old, strlen(old), ROOT, new, strlen(new));
      check(errno_, "rename %s to %s (%s, %s)", old, new, kind(old), kind(new));
      tear_down();
      int fd = -1;
      size_t used = 0;
      static uint8_t page[4096];
      // Whatever is left would be in the way of the next.
      if (open_path(ROOT, 0, path("."), __WASI_OFLAGS_DIRECTORY, 0, 2, &fd) == 0) wasi_fd_readdir(fd, page, 4096, 0, &used);
      if (used > 51) printf("something is left\n");
      if (wasi_fd_close(fd) != 0) return 1;
    }
  }
  /* An open file and an open directory go along. */
  set_up();
  int file = -1, directory = -1;
  size_t done;
  open_path(ROOT, 0, path("file"), 0, 0, 66, &file);
  open_path(ROOT, 0, path("full"), __WASI_OFLAGS_DIRECTORY, 0, 2, &directory);
  check(wasi_path_rename(ROOT, "file", 4, directory, "moved", 5), "into an open directory");
  check(wasi_path_rename(ROOT, "full", 4, ROOT, "empty", 5), "the directory onto an empty one");
  check(wasi_path_rename(directory, "moved", 5, ROOT, "back", 4), "and out again");
  const __wasi_ciovec_t from = {(const uint8_t *)"FILE", 4};
  check(wasi_fd_write(file, &from, 1, &done), "write to the file");
  check(wasi_path_rename(directory, "inner", 5, directory, "renni", 5), "within it");
  check(wasi_path_remove_directory(directory, "renni", 5), "rmdir within it");
  check(wasi_path_remove_directory(ROOT, "empty", 5), "rmdir it");
  check(wasi_path_create_directory(directory, "x", 1), "mkdir in what is gone");
  check(wasi_path_rename(ROOT, "back", 4, directory, "x", 1), "rename into what is gone");
  check(wasi_path_link(ROOT, 0, "back", 4, directory, "x", 1), "link into what is gone");
  check(wasi_path_symlink("x", 1, directory, "x", 1), "symlink in what is gone");
  check(open_path(directory, 0, path("x"), 1, 0, 66, &file), "create in what is gone");
  check(open_path(directory, 0, path("."), 0, 0, 2, &file), "open what is gone");
  __wasi_filestat_t stat;
  check(wasi_path_filestat_get(directory, 0, ".", 1, &stat), "stat what is gone");
  return 0;
}
