/* sock_* where there are no sockets. */
#include "check.h"

static uint8_t bytes[16];
static const __wasi_iovec_t VECTOR = {bytes, sizeof bytes};

static void show(const char *what, int fd) {
  size_t done = 0;
  uint16_t flags = 0;
  int accepted = -1;
  check(wasi_sock_accept(fd, 0, &accepted), "accept from %s", what);
  check(wasi_sock_recv(fd, &VECTOR, 1, 0, &done, &flags), "recv from %s", what);
  check(wasi_sock_send(fd, &VECTOR, 1, 0, &done), "send to %s", what);
  for (int how = 1; how < 4; how++) check(wasi_sock_shutdown(fd, how), "shutdown %d of %s", how, what);
}

int main(void) {
  const int file = fresh_file("file");
  show("a file", file);
  show("stdin", 0);
  show("stdout", 1);
  show("nothing", 99);
  show("a negative number", -1);
  show("a directory", ROOT);
  return 0;
}
