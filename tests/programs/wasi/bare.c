/* What a program can do that was given nothing. */
#include "check.h"

int main(void) {
  int fd = -1;
  check(open_path(ROOT, 0, path("given"), 0, 0, 2, &fd), "open what nobody gave");
  check(wasi_sock_shutdown(ROOT, 1), "shut the directory down");
  check(open_path(ROOT, 0, path("made"), __WASI_OFLAGS_CREAT, 0, 66, &fd), "make a file");
  check(open_path(ROOT, 0, path("given"), 0, 0, 2, &fd), "open what is not there");
  check(wasi_sock_shutdown(ROOT, 1), "shut the directory down");
  return 0;
}
