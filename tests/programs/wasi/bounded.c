/* More than four gigabytes asked for in one call, through a great many buffers that are one and the same. */
#include "check.h"

static uint8_t block[65536];
static __wasi_iovec_t vectors[70000];

int main(void) {
  int zero = -1, null = -1;
  size_t done = 0;
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) vectors[i] = (__wasi_iovec_t){block, sizeof block};
  open_path(ROOT, 0, path("dev/zero"), 0, 0, __WASI_RIGHTS_FD_READ, &zero);
  open_path(ROOT, 0, path("dev/null"), 0, 0, __WASI_RIGHTS_FD_WRITE, &null);
  check(wasi_fd_read(zero, vectors, sizeof vectors / sizeof *vectors, &done), "read");
  printf("%zu bytes\n", done);
  check(wasi_fd_write(null, vectors, sizeof vectors / sizeof *vectors, &done), "write");
  printf("%zu bytes\n", done);
  return 0;
}
