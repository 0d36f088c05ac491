/* path_link, path_symlink, path_readlink: truncation, chains, loops, dangling ends, ways out. */
#include "check.h"

static char buffer[256];

static void show_readlink(const char *name, size_t length) {
  size_t used = 99;
  memset(buffer, '#', sizeof buffer);
  const int errno_ = wasi_path_readlink(ROOT, name, strlen(name), buffer, length, &used);
  check(errno_, "readlink %s into %zu: %zu <%.*s>", name, length, errno_ == 0 ? used : 0, errno_ == 0 ? (int)used : 0, buffer);
  printf("behind: %c\n", buffer[errno_ == 0 ? used : 0]);
}

static void symlink_(const char *target, const char *name) {
  check(wasi_path_symlink(target, strlen(target), ROOT, name, strlen(name)), "symlink %s -> %s", name, target);
}

static void link_(int lookup, const char *old, const char *new) {
  check(wasi_path_link(ROOT, lookup, old, strlen(old), ROOT, new, strlen(new)), "link %d %s as %s", lookup, old, new);
}

static void show(const char *name) {
  __wasi_filestat_t stat;
  for (int lookup = 0; lookup < 2; lookup++) {
    const int errno_ = wasi_path_filestat_get(ROOT, lookup, name, strlen(name), &stat);
    check(errno_, "stat %d %s: %s", lookup, name, errno_ == 0 ? filetype_name(stat.filetype) : "");
    if (errno_ == 0 && stat.filetype != __WASI_FILETYPE_DIRECTORY) printf("%d links, size %d\n", (int)stat.nlink, (int)stat.size);
  }
}

int main(void) {
  make_file("file", "contents");
  make_directory("d");
  make_directory("d/e");
  symlink_("file", "to-file");
  symlink_("\xc3\xbc/\xe2\x98\x83", "unicode");
  for (size_t length = 0; length < 8; length++) show_readlink("to-file", length);
  for (size_t length = 0; length < 9; length += 3) show_readlink("unicode", length);
  show_readlink("file", 10);
  show_readlink("d", 10);
  show_readlink("missing", 10);
  show_readlink("to-file/", 10);

  symlink_("", "empty");
  symlink_("/", "absolute");
  symlink_("/etc/passwd", "absolute");
  symlink_("x", "file");
  symlink_("x", "d");
  symlink_("x", "to-file");
  symlink_("x", "new/");
  symlink_("x", "d/");
  symlink_("x", "file/");
  symlink_("x", "missing/new");
  symlink_("../../out", "d/out");
  symlink_("../../../out", "d/e/further");
  symlink_("../..", "d/e/root");
  symlink_("../file", "d/back");
  show("d/out");
  show("d/e/further");
  show("d/e/root");
  show("d/back");
  show("d/e/root/file");

  char name[8], target[8] = "file";
  for (int i = 0; i < 45; i++) {
    sprintf(name, "chain%d", i);
    make_link(target, name);
    strcpy(target, name);
  }
  for (int i = 36; i < 45; i++) {
    sprintf(name, "chain%d", i);
    show(name);
  }
  symlink_("pong", "ping");
  symlink_("ping", "pong");
  symlink_("self/x", "self");
  show("ping");
  show("self");

  link_(0, "file", "hard");
  show("hard");
  link_(0, "file", "hard");
  link_(0, "file", "file");
  link_(0, "file", "d");
  link_(0, "file", "d/");
  link_(0, "file", "new/");
  link_(0, "file", "missing/new");
  link_(0, "file/", "new");
  link_(0, "d", "new");
  link_(0, "d/", "new");
  link_(0, ".", "new");
  link_(0, "missing", "new");
  link_(0, "file", "to-file");
  link_(0, "to-file", "hard-link");
  show("hard-link");
  link_(0, "ping", "hard-loop");
  show_readlink("hard-loop", 10);
  link_(0, "unicode", "hard-dangling");
  link_(1, "to-file", "followed");
  link_(1, "ping", "followed");
  link_(1, "missing", "followed");
  link_(0, "file", "d/e/root/around");
  show("around");

  check(wasi_path_unlink_file(ROOT, "file", 4), "unlink one name");
  show("hard");
  show("to-file");
  int fd = -1;
  check(open_path(ROOT, 0, path("hard"), 0, 0, 66, &fd), "open the other");
  check(wasi_path_unlink_file(ROOT, "hard", 4), "unlink it");
  __wasi_filestat_t stat;
  wasi_fd_filestat_get(fd, &stat);
  printf("%d links, size %d\n", (int)stat.nlink, (int)stat.size);
  check(wasi_path_link(fd, 0, "", 0, ROOT, "again", 5), "link it again by its descriptor");
  return 0;
}
