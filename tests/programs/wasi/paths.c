/* Odd paths, given to every call that takes one. */
#include "check.h"

static char long_name[256], longer_name[257], long_path[4096], many_dots[4001], too_long[5000];

static uint8_t buffer[8192];

static void each(Path path) {
  int fd = -1;
  size_t used = 0;
  const char *text = shown(path);
  for (int lookup = 0; lookup < 2; lookup++) {
    check(wasi_path_filestat_get(ROOT, lookup, path.bytes, path.length, buffer), "stat %d <%s>", lookup, text);
    check(wasi_path_filestat_set_times(ROOT, lookup, path.bytes, path.length, 1, 2, 5), "times %d <%s>", lookup, text);
    if (check(open_path(ROOT, lookup, path, 0, 0, 2, &fd), "open %d <%s>", lookup, text) == 0 && wasi_fd_close(fd) != 0) return;
    if (check(open_path(ROOT, lookup, path, 2, 0, 2, &fd), "open directory %d <%s>", lookup, text) == 0 && wasi_fd_close(fd) != 0) return;
    if (check(open_path(ROOT, lookup, path, 1, 0, 66, &fd), "create %d <%s>", lookup, text) == 0 && wasi_fd_close(fd) != 0) return;
  }
  check(wasi_path_readlink(ROOT, path.bytes, path.length, buffer, sizeof buffer, &used), "readlink <%s>", text);
  check(wasi_path_create_directory(ROOT, path.bytes, path.length), "mkdir <%s>", text);
  check(wasi_path_symlink("target", 6, ROOT, path.bytes, path.length), "symlink <%s>", text);
  check(wasi_path_link(ROOT, 0, "plain", 5, ROOT, path.bytes, path.length), "link to <%s>", text);
  check(wasi_path_link(ROOT, 0, path.bytes, path.length, ROOT, "linked", 6), "link from <%s>", text);
  remove_file("linked");
  check(wasi_path_rename(ROOT, path.bytes, path.length, ROOT, "renamed", 7), "rename from <%s>", text);
  wasi_path_rename(ROOT, "renamed", 7, ROOT, path.bytes, path.length);
  check(wasi_path_rename(ROOT, "movable", 7, ROOT, path.bytes, path.length), "rename to <%s>", text);
  make_directory("movable");
  check(wasi_path_unlink_file(ROOT, path.bytes, path.length), "unlink <%s>", text);
  // With a slash at the end it is a matter of its own: below.
  if (path.length == 0 || path.bytes[path.length - 1] != '/') {
    check(wasi_path_remove_directory(ROOT, path.bytes, path.length), "rmdir <%s>", text);
  }
  check(wasi_path_unlink_file(ROOT, path.bytes, path.length), "unlink again <%s>", text);
}

int main(void) {
  memset(long_name, 'n', 255);
  memset(longer_name, 'n', 256);
  memset(too_long, 'x', sizeof too_long - 1);
  for (size_t i = 0; i < 4000; i++) many_dots[i] = i % 2 ? '/' : '.';
  for (size_t i = 0; i < 4095; i++) long_path[i] = i % 2 ? '/' : '.';
  make_directory("directory");
  make_directory("directory/inner");
  make_directory("movable");
  make_file("plain", "text");
  make_link("directory", "to-directory");
  make_link("plain", "to-plain");
  make_link("nowhere", "dangling");
  make_link("loop", "loop");
  make_link("..", "upwards");
  make_link("directory/inner/../..", "around");
  const Path paths[] = {
      PATH(""), PATH("."), PATH(".."), PATH("/"), PATH("//"), PATH("/plain"), PATH("./"), PATH("../"), PATH("./."), PATH("./.."),
      PATH("directory"), PATH("directory/."), PATH("directory/./"), PATH("directory/.."), PATH("directory/../"),
      PATH("directory/../.."), PATH("directory//inner"), PATH("directory/inner/../../plain"), PATH("directory/inner/../../../plain"),
      PATH("plain/"), PATH("plain/."), PATH("plain/.."), PATH("plain/x"), PATH("plain//x"), PATH("missing/x"), PATH("missing/."),
      PATH("missing/.."), PATH("missing/../plain"), PATH("to-plain"), PATH("to-plain/"), PATH("to-plain/x"), PATH("to-directory"),
      PATH("to-directory/."), PATH("to-directory/.."), PATH("to-directory/inner"), PATH("dangling"), PATH("dangling/x"),
      PATH("loop"), PATH("loop/"), PATH("loop/x"), PATH("upwards"), PATH("upwards/"), PATH("upwards/plain"), PATH("around"),
      PATH("around/plain"), PATH("with\0nul"), PATH("\0"), PATH("directory/\0"), PATH("plain\0"), PATH(" "), PATH("..."),
      PATH("\\"), PATH("a:b"), PATH("new\nline"), PATH("\xc3\xbc\xe2\x98\x83"), {long_name, 255}, {longer_name, 256},
      {long_path, 4095}, {many_dots, 4000}, {too_long, 4999},
  };
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) each(paths[i]);
  make_directory("slash");
  make_file("file", "");
  make_link("slash", "to-slash");
  check(wasi_path_remove_directory(ROOT, "file/", 5), "rmdir file/");
  check(wasi_path_remove_directory(ROOT, "none/", 5), "rmdir none/");
  check(wasi_path_remove_directory(ROOT, "to-slash/", 9), "rmdir to-slash/");
  check(wasi_path_remove_directory(ROOT, "slash/", 6), "rmdir slash/");
  return 0;
}
