/* Numbers that no enumeration and no set of flags has: INVAL, and nothing done. */
#include "check.h"

static uint8_t bytes[512];
static size_t done;
static __wasi_iovec_t vector = {bytes, 8};

int main(void) {
  int fd = fresh_file("file");
  for (int bad = 4; bad < 300; bad *= 3) {
    check(wasi_clock_res_get(bad, bytes), "clock_res_get of clock %d", bad);
    check(wasi_clock_time_get(bad, 0, bytes), "clock_time_get of clock %d", bad);
  }
  check(wasi_clock_time_get(-1, 0, bytes), "clock_time_get of clock -1");
  check(wasi_fd_seek(fd, 0, 3, bytes), "fd_seek from 3");
  check(wasi_fd_seek(fd, 0, -1, bytes), "fd_seek from -1");
  check(wasi_fd_seek(fd, 0, 256, bytes), "fd_seek from 256");
  check(wasi_fd_advise(fd, 0, 0, 6), "fd_advise 6");
  check(wasi_fd_advise(fd, 0, 0, -1), "fd_advise -1");
  check(wasi_fd_fdstat_set_flags(fd, 32), "fd_fdstat_set_flags 32");
  check(wasi_fd_fdstat_set_flags(fd, -1), "fd_fdstat_set_flags -1");
  check(wasi_fd_filestat_set_times(fd, 0, 0, 16), "fd_filestat_set_times 16");
  check(wasi_path_filestat_set_times(ROOT, 0, "file", 4, 0, 0, 16), "path_filestat_set_times 16");
  check(wasi_path_filestat_set_times(ROOT, 2, "file", 4, 0, 0, 1), "path_filestat_set_times, lookup 2");
  check(wasi_path_filestat_get(ROOT, 2, "file", 4, bytes), "path_filestat_get, lookup 2");
  check(wasi_path_link(ROOT, 2, "file", 4, ROOT, "link", 4), "path_link, lookup 2");
  check(wasi_path_open(ROOT, 2, "file", 4, 0, 2, 2, 0, &fd), "path_open, lookup 2");
  check(wasi_path_open(ROOT, 0, "file", 4, 16, 2, 2, 0, &fd), "path_open, oflags 16");
  check(wasi_path_open(ROOT, 0, "new", 3, 1, 66, 2, 32, &fd), "path_open, fdflags 32");
  check(wasi_path_filestat_get(ROOT, 0, "new", 3, bytes), "nothing was made");
  check(wasi_sock_recv(1, &vector, 1, 4, &done, bytes), "sock_recv, flags 4");
  check(wasi_sock_send(1, &vector, 1, 1, &done), "sock_send, flags 1");
  check(wasi_sock_shutdown(1, 4), "sock_shutdown 4");
  check(wasi_sock_accept(1, 32, bytes), "sock_accept, flags 32");
  __wasi_subscription_t subscription = {.u.tag = 3};
  check(wasi_poll_oneoff(&subscription, bytes, 1, &done), "poll_oneoff, type 3");
  subscription = (__wasi_subscription_t){.u.tag = 0};
  subscription.u.u.clock.id = (__wasi_clockid_t)9;
  check(wasi_poll_oneoff(&subscription, bytes, 1, &done), "poll_oneoff, clock 9");
  check(wasi_poll_oneoff(&subscription, bytes, 100000000, &done), "poll_oneoff, absurdly many");
  check(wasi_path_filestat_get(ROOT, 0, "\xff\xfe", 2, bytes), "a path that is no UTF-8");
  check(wasi_path_create_directory(ROOT, "\xc3(", 2), "nor is this");
  check(wasi_path_symlink("\xc3(", 2, ROOT, "new", 3), "nor this target");
  return 0;
}
