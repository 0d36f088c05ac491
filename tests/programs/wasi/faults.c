/*
 * Every pointer of every call, at the end of memory, before it by less than what is read or written there, beyond it, and at the
 * very end of the address space: FAULT, nothing written, and the program lives on.
 */
#include "check.h"

static uint8_t good[512];
static int file;
static __wasi_iovec_t vector = {good, 4};
static __wasi_subscription_t subscription;

static void *bad;

/* One line per pointer: how often FAULT was answered, and what else was. */
static void row(const char *what, size_t size, int (*call)(void)) {
  const uint32_t end = (uint32_t)__builtin_wasm_memory_size(0) * 65536u;
  const uint32_t starts[] = {end, end - (uint32_t)size + 1, end + 1, end + 65536, 0x7fffffff, 0x80000000, 0xffffffff - (uint32_t)size + 1, 0xffffffff};
  int faults = 0;
  printf("%s:", what);
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    bad = (void *)starts[i];
    const int errno_ = call();
    if (errno_ == __WASI_ERRNO_FAULT) faults++;
    else printf(" %s at %zu", errno_name(errno_), i);
  }
  printf(" FAULT %d times\n", faults);
}

#define ROW(what, size, call) \
  static int what(void) { return call; }
#define ROWS \
  ROW(args_get_pointers, 4, wasi_args_get(bad, good)) \
  ROW(args_get_strings, 2, wasi_args_get(good, bad)) \
  ROW(args_sizes_get_count, 4, wasi_args_sizes_get(bad, good)) \
  ROW(args_sizes_get_size, 4, wasi_args_sizes_get(good, bad)) \
  ROW(environ_get_pointers, 4, wasi_environ_get(bad, good)) \
  ROW(environ_get_strings, 2, wasi_environ_get(good, bad)) \
  ROW(environ_sizes_get_count, 4, wasi_environ_sizes_get(bad, good)) \
  ROW(environ_sizes_get_size, 4, wasi_environ_sizes_get(good, bad)) \
  ROW(clock_res_get, 8, wasi_clock_res_get(0, bad)) \
  ROW(clock_time_get_realtime, 8, wasi_clock_time_get(0, 0, bad)) \
  ROW(clock_time_get_monotonic, 8, wasi_clock_time_get(1, 0, bad)) \
  ROW(fd_fdstat_get, 24, wasi_fd_fdstat_get(file, bad)) \
  ROW(fd_filestat_get, 64, wasi_fd_filestat_get(file, bad)) \
  ROW(fd_filestat_get_stdout, 64, wasi_fd_filestat_get(1, bad)) \
  ROW(fd_pread_vectors, 8, wasi_fd_pread(file, bad, 1, 0, good)) \
  ROW(fd_pread_count, 4, wasi_fd_pread(file, &vector, 1, 0, bad)) \
  ROW(fd_pread_buffer, 4, (vector.buf = bad, wasi_fd_pread(file, &vector, 1, 0, good))) \
  ROW(fd_read_vectors, 8, wasi_fd_read(file, bad, 1, good)) \
  ROW(fd_read_count, 4, wasi_fd_read(file, &vector, 1, bad)) \
  ROW(fd_read_buffer, 4, (vector.buf = bad, wasi_fd_read(file, &vector, 1, good))) \
  ROW(fd_read_stdin_buffer, 4, (vector.buf = bad, wasi_fd_read(0, &vector, 1, good))) \
  ROW(fd_pwrite_vectors, 8, wasi_fd_pwrite(file, bad, 1, 0, good)) \
  ROW(fd_pwrite_count, 4, wasi_fd_pwrite(file, &vector, 1, 0, bad)) \
  ROW(fd_pwrite_buffer, 4, (vector.buf = bad, wasi_fd_pwrite(file, &vector, 1, 0, good))) \
  ROW(fd_write_vectors, 8, wasi_fd_write(file, bad, 1, good)) \
  ROW(fd_write_count, 4, wasi_fd_write(file, &vector, 1, bad)) \
  ROW(fd_write_buffer, 4, (vector.buf = bad, wasi_fd_write(file, &vector, 1, good))) \
  ROW(fd_write_stdout_vectors, 8, wasi_fd_write(1, bad, 1, good)) \
  ROW(fd_write_stdout_count, 4, wasi_fd_write(1, &vector, 1, bad)) \
  ROW(fd_write_stdout_buffer, 4, (vector.buf = bad, wasi_fd_write(1, &vector, 1, good))) \
  ROW(fd_prestat_get, 8, wasi_fd_prestat_get(ROOT, bad)) \
  ROW(fd_prestat_dir_name, 1, wasi_fd_prestat_dir_name(ROOT, bad, 1)) \
  ROW(fd_readdir_buffer, 100, wasi_fd_readdir(ROOT, bad, 100, 0, good)) \
  ROW(fd_readdir_used, 4, wasi_fd_readdir(ROOT, good, 100, 0, bad)) \
  ROW(fd_seek, 8, wasi_fd_seek(file, 0, 1, bad)) \
  ROW(fd_tell, 8, wasi_fd_tell(file, bad)) \
  ROW(path_create_directory, 4, wasi_path_create_directory(ROOT, bad, 4)) \
  ROW(path_filestat_get_path, 4, wasi_path_filestat_get(ROOT, 0, bad, 4, good)) \
  ROW(path_filestat_get_result, 64, wasi_path_filestat_get(ROOT, 0, "file", 4, bad)) \
  ROW(path_filestat_set_times, 4, wasi_path_filestat_set_times(ROOT, 0, bad, 4, 1, 1, 5)) \
  ROW(path_link_old, 4, wasi_path_link(ROOT, 0, bad, 4, ROOT, "link", 4)) \
  ROW(path_link_new, 4, wasi_path_link(ROOT, 0, "file", 4, ROOT, bad, 4)) \
  ROW(path_open_path, 4, wasi_path_open(ROOT, 0, bad, 4, 0, 2, 2, 0, good)) \
  ROW(path_open_result, 4, wasi_path_open(ROOT, 0, "new", 3, 1, 66, 66, 0, bad)) \
  ROW(path_readlink_path, 4, wasi_path_readlink(ROOT, bad, 4, good, 10, good + 16)) \
  ROW(path_readlink_buffer, 4, wasi_path_readlink(ROOT, "symlink", 7, bad, 10, good)) \
  ROW(path_readlink_used, 4, wasi_path_readlink(ROOT, "symlink", 7, good, 10, bad)) \
  ROW(path_remove_directory, 4, wasi_path_remove_directory(ROOT, bad, 4)) \
  ROW(path_rename_old, 4, wasi_path_rename(ROOT, bad, 4, ROOT, "new", 3)) \
  ROW(path_rename_new, 4, wasi_path_rename(ROOT, "file", 4, ROOT, bad, 4)) \
  ROW(path_symlink_target, 4, wasi_path_symlink(bad, 4, ROOT, "new", 3)) \
  ROW(path_symlink_name, 4, wasi_path_symlink("x", 1, ROOT, bad, 4)) \
  ROW(path_unlink_file, 4, wasi_path_unlink_file(ROOT, bad, 4)) \
  ROW(poll_oneoff_subscriptions, 48, wasi_poll_oneoff(bad, good, 1, good + 64)) \
  ROW(poll_oneoff_events, 32, wasi_poll_oneoff(&subscription, bad, 1, good)) \
  ROW(poll_oneoff_count, 4, wasi_poll_oneoff(&subscription, good, 1, bad)) \
  ROW(random_get, 16, wasi_random_get(bad, 16))
ROWS
#undef ROW

int main(void) {
  make_file("file", "contents");
  make_link("file", "symlink");
  open_path(ROOT, 0, path("file"), 0, 0, 66, &file);
#define ROW(what, size, call) row(#what, size, what);
  ROWS

  /* Lengths and numbers that run over the end. */
  vector.buf = good;
  static const uint32_t LENGTHS[] = {0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  for (int i = 0; i < 4; i++) {
    vector.buf_len = LENGTHS[i];
    size_t done = 0;
    check(wasi_fd_read(file, &vector, 1, &done), "read of %x", (unsigned)LENGTHS[i]);
    check(wasi_fd_write(file, &vector, 1, &done), "write of %x", (unsigned)LENGTHS[i]);
    check(wasi_fd_write(1, &vector, 1, &done), "write of %x to stdout", (unsigned)LENGTHS[i]);
    check(wasi_fd_read(file, &vector, LENGTHS[i], &done), "read into %x buffers", (unsigned)LENGTHS[i]);
    check(wasi_fd_write(file, &vector, LENGTHS[i], &done), "write of %x buffers", (unsigned)LENGTHS[i]);
    check(wasi_random_get(good, LENGTHS[i]), "random_get of %x", (unsigned)LENGTHS[i]);
    check(wasi_fd_readdir(ROOT, good, LENGTHS[i], 0, &done), "readdir into %x", (unsigned)LENGTHS[i]);
    check(wasi_path_create_directory(ROOT, "x", LENGTHS[i]), "a path of %x", (unsigned)LENGTHS[i]);
    check(wasi_path_readlink(ROOT, "x", LENGTHS[i], good, 10, &done), "readlink of a path of %x", (unsigned)LENGTHS[i]);
  }
  __wasi_filestat_t stat;
  check(wasi_fd_filestat_get(file, &stat), "the file is as it was: %d bytes", (int)stat.size);
  check(wasi_path_filestat_get(ROOT, 0, "new", 3, &stat), "nothing new was made");
  return 0;
}
