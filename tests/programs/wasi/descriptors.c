/* fd_close, fd_renumber, fd_advise, fd_allocate, fd_prestat_*, and which numbers are given. */
#include "check.h"

static uint8_t bytes[64];

static void show(int fd) {
  __wasi_filestat_t stat;
  check(wasi_fd_filestat_get(fd, &stat), "descriptor %d", fd);
}

int main(void) {
  make_file("one", "1");
  make_file("three", "333");
  int first = -1, second = -1, third = -1;
  open_path(ROOT, 0, path("one"), 0, 0, RIGHTS_ALL, &first);
  open_path(ROOT, 0, path("three"), 0, 0, RIGHTS_ALL, &second);
  printf("numbers count up: %d\n", second == first + 1);
  check(wasi_fd_close(first), "close");
  open_path(ROOT, 0, path("three"), 0, 0, RIGHTS_ALL, &third);
  printf("the number is used again: %d\n", third == first);
  check(wasi_fd_close(third), "close");

  open_path(ROOT, 0, path("one"), 0, 0, RIGHTS_ALL, &first);
  check(wasi_fd_renumber(first, second), "renumber");
  show(first);
  __wasi_filestat_t stat;
  wasi_fd_filestat_get(second, &stat);
  printf("size %d\n", (int)stat.size);
  check(wasi_fd_renumber(second, second), "renumber to itself");
  check(wasi_fd_renumber(second, 1000), "renumber to what is not open");
  check(wasi_fd_renumber(1000, second), "renumber from what is not open");
  check(wasi_fd_renumber(1000, 1001), "renumber among what is not open");
  check(wasi_fd_renumber(-1, second), "renumber from a negative number");
  show(second);
  open_path(ROOT, 0, path("three"), 0, 0, RIGHTS_ALL, &third);
  check(wasi_fd_renumber(third, 0), "renumber to stdin");
  size_t got = 0;
  const __wasi_iovec_t into = {bytes, sizeof bytes};
  check(wasi_fd_read(0, &into, 1, &got), "read stdin: %.*s", 3, "...");
  printf("got %zu\n", got);
  check(wasi_fd_close(0), "close stdin");
  show(0);
  check(wasi_fd_close(1000), "close what is not open");
  check(wasi_fd_close(-1), "close a negative number");

  for (int advice = 0; advice < 6; advice++) check(wasi_fd_advise(second, 0, 10, advice), "advice %d", advice);
  check(wasi_fd_advise(second, 1ull << 63, 10, 0), "advice far away");
  check(wasi_fd_advise(second, 0, 1ull << 63, 0), "advice on very much");
  check(wasi_fd_advise(second, 0, 0, 0), "advice on all");
  check(wasi_fd_advise(1000, 0, 0, 0), "advice on nothing");
  check(wasi_fd_advise(1, 0, 0, 0), "advice on stdout");
  check(wasi_fd_allocate(second, 0, 10), "allocate");
  check(wasi_fd_allocate(second, 5, 0), "allocate nothing");
  check(wasi_fd_allocate(second, 1ull << 63, 1), "allocate far away");
  check(wasi_fd_allocate(1000, 0, 1), "allocate for nothing");
  check(wasi_fd_allocate(1, 0, 1), "allocate for stdout");
  check(wasi_fd_allocate(ROOT, 0, 1), "allocate for a directory");
  wasi_fd_filestat_get(second, &stat);
  printf("size %d\n", (int)stat.size);

  uint32_t prestat[3] = {9, 9, 9};
  check(wasi_fd_prestat_get(ROOT, prestat), "prestat of the root");
  printf("%u %u %u\n", prestat[0], prestat[1], prestat[2]);
  for (size_t length = 0; length < 4; length++) {
    memset(bytes, '#', sizeof bytes);
    check(wasi_fd_prestat_dir_name(ROOT, bytes, length), "name of the root into %zu", length);
    printf("%.4s\n", bytes);
  }
  check(wasi_fd_prestat_get(second, prestat), "prestat of a file");
  check(wasi_fd_prestat_get(1, prestat), "prestat of stdout");
  check(wasi_fd_prestat_get(1000, prestat), "prestat of nothing");
  check(wasi_fd_prestat_dir_name(second, bytes, 10), "name of a file");
  check(wasi_fd_prestat_dir_name(1000, bytes, 10), "name of nothing");
  int inner = -1;
  open_path(ROOT, 0, path("."), __WASI_OFLAGS_DIRECTORY, 0, 2, &inner);
  check(wasi_fd_prestat_get(inner, prestat), "prestat of a directory");
  check(wasi_fd_prestat_dir_name(inner, bytes, 10), "name of a directory");
  check(wasi_fd_renumber(inner, ROOT), "renumber over the root");
  check(wasi_fd_prestat_get(ROOT, prestat), "prestat of what is there now");
  check(wasi_fd_close(ROOT), "close it");
  check(wasi_path_filestat_get(ROOT, 0, "one", 3, &stat), "stat from there");
  return 0;
}
