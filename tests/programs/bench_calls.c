// Times system calls: bench_calls CALL COUNT BATCHES [LENGTH]. Each batch is COUNT calls; stderr gets the nanoseconds of each
// batch, one a line. LENGTH is in bytes, at most a MiB, and for `sleep` in microseconds. Speaks to the host directly, so that no library stands between.
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

#define DIRECTORY 3
#define BUFFER_BYTES (1 << 20)

static uint8_t buffer[BUFFER_BYTES];

static void check(__wasi_errno_t error, const char *call) {
  if (error == 0) return;
  fprintf(stderr, "%s: errno %d\n", call, error);
  exit(1);
}

// Monotonic where the host has such a clock, else the time of day.
static uint64_t now(void) {
  static __wasi_clockid_t clock = __WASI_CLOCKID_MONOTONIC;
  __wasi_timestamp_t time = 0;
  if (__wasi_clock_time_get(clock, 1, &time) != 0) {
    clock = __WASI_CLOCKID_REALTIME;
    check(__wasi_clock_time_get(clock, 1, &time), "clock_time_get");
  }
  return time;
}

static __wasi_fd_t open_file(const char *path, __wasi_oflags_t oflags, __wasi_fdflags_t fdflags) {
  __wasi_fd_t fd = 0;
  const __wasi_rights_t rights = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK;
  check(__wasi_path_open(DIRECTORY, 0, path, oflags, rights, 0, fdflags, &fd), "path_open");
  return fd;
}

static void write_all(__wasi_fd_t fd, size_t length) {
  const __wasi_ciovec_t vector = {buffer, length};
  __wasi_size_t written = 0;
  check(__wasi_fd_write(fd, &vector, 1, &written), "fd_write");
  if (written != length) exit(2);
}

static void do_fd_write(uint32_t count, size_t length) {
  for (uint32_t i = 0; i < count; i++) write_all(1, length);
}

static void do_clock_time_get(uint32_t count, size_t length) {
  (void)length;
  for (uint32_t i = 0; i < count; i++) now();
}

static void do_random_get(uint32_t count, size_t length) {
  for (uint32_t i = 0; i < count; i++) check(__wasi_random_get(buffer, length), "random_get");
}

static void do_path_filestat_get(uint32_t count, size_t length) {
  (void)length;
  __wasi_filestat_t stat;
  for (uint32_t i = 0; i < count; i++) {
    check(__wasi_path_filestat_get(DIRECTORY, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, "file.bin", &stat), "path_filestat_get");
  }
}

static void do_path_open(uint32_t count, size_t length) {
  (void)length;
  for (uint32_t i = 0; i < count; i++) check(__wasi_fd_close(open_file("file.bin", 0, 0)), "fd_close");
}

// Reads the file from its beginning to its end, again and again.
static void do_fd_read(uint32_t count, size_t length) {
  const __wasi_fd_t fd = open_file("file.bin", 0, 0);
  const __wasi_iovec_t vector = {buffer, length};
  for (uint32_t i = 0; i < count; i++) {
    __wasi_size_t got = 0;
    check(__wasi_fd_read(fd, &vector, 1, &got), "fd_read");
    if (got == 0) {
      __wasi_filesize_t position = 0;
      check(__wasi_fd_seek(fd, 0, __WASI_WHENCE_SET, &position), "fd_seek");
    }
  }
  check(__wasi_fd_close(fd), "fd_close");
}

static void do_stdin(uint32_t count, size_t length) {
  const __wasi_iovec_t vector = {buffer, length};
  for (uint32_t i = 0; i < count; i++) {
    __wasi_size_t got = 0;
    check(__wasi_fd_read(0, &vector, 1, &got), "fd_read");
    if (got == 0) exit(3);
  }
}

// Sleeps for so many microseconds.
static void do_sleep(uint32_t count, size_t length) {
  __wasi_subscription_t subscription = {0};
  subscription.u.tag = __WASI_EVENTTYPE_CLOCK;
  subscription.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  subscription.u.u.clock.timeout = (__wasi_timestamp_t)length * 1000;
  for (uint32_t i = 0; i < count; i++) {
    __wasi_event_t event;
    __wasi_size_t events = 0;
    check(__wasi_poll_oneoff(&subscription, &event, 1, &events), "poll_oneoff");
  }
}

// Reads standard input to its end.
static void do_drain(uint32_t count, size_t length) {
  (void)count;
  const __wasi_iovec_t vector = {buffer, length};
  for (__wasi_size_t got = 1; got > 0;) check(__wasi_fd_read(0, &vector, 1, &got), "fd_read");
}

// Lists a directory as the C library does, in pieces of `length` bytes.
static void do_fd_readdir(uint32_t count, size_t length) {
  const char *path = "names";
  for (uint32_t i = 0; i < count; i++) {
    __wasi_fd_t fd = 0;
    check(__wasi_path_open(DIRECTORY, 0, path, __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0, 0, &fd), "path_open");
    __wasi_dircookie_t cookie = 0;
    for (;;) {
      __wasi_size_t used = 0;
      check(__wasi_fd_readdir(fd, buffer, length, cookie, &used), "fd_readdir");
      size_t at = 0;
      while (at + sizeof(__wasi_dirent_t) <= used) {
        __wasi_dirent_t entry;
        memcpy(&entry, buffer + at, sizeof entry);
        if (at + sizeof entry + entry.d_namlen > used) break;
        at += sizeof entry + entry.d_namlen;
        cookie = entry.d_next;
      }
      if (used < length) break;
    }
    check(__wasi_fd_close(fd), "fd_close");
  }
}

static void do_append(uint32_t count, size_t length) {
  const __wasi_fd_t fd = open_file("log.bin", __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, __WASI_FDFLAGS_APPEND);
  for (uint32_t i = 0; i < count; i++) write_all(fd, length);
  check(__wasi_fd_close(fd), "fd_close");
}

// Goes on in the same file, so that later batches work on a larger one.
static void do_grow(uint32_t count, size_t length) {
  const __wasi_fd_t fd = open_file("log.bin", __WASI_OFLAGS_CREAT, __WASI_FDFLAGS_APPEND);
  for (uint32_t i = 0; i < count; i++) write_all(fd, length);
  check(__wasi_fd_close(fd), "fd_close");
}

// Makes new names in one directory, which later batches make larger.
static void do_create(uint32_t count, size_t length) {
  (void)length;
  static uint32_t made = 0;
  char name[32];
  for (uint32_t i = 0; i < count; i++) {
    snprintf(name, sizeof name, "new-%u", made++);
    check(__wasi_fd_close(open_file(name, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, 0)), "fd_close");
  }
}

static const struct {
  const char *name;
  void (*run)(uint32_t count, size_t length);
} CALLS[] = {
    {"append", do_append},
    {"clock_time_get", do_clock_time_get},
    {"create", do_create},
    {"drain", do_drain},
    {"fd_read", do_fd_read},
    {"fd_readdir", do_fd_readdir},
    {"fd_write", do_fd_write},
    {"grow", do_grow},
    {"path_filestat_get", do_path_filestat_get},
    {"path_open", do_path_open},
    {"random_get", do_random_get},
    {"sleep", do_sleep},
    {"stdin", do_stdin},
};

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  const uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
  const uint32_t batches = (uint32_t)strtoul(argv[3], NULL, 10);
  const size_t length = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
  memset(buffer, 'x', sizeof buffer);
  if (length > 0 && length <= sizeof buffer) buffer[length - 1] = '\n';
  for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
    if (strcmp(CALLS[i].name, argv[1]) != 0) continue;
    for (uint32_t batch = 0; batch < batches; batch++) {
      const uint64_t from = now();
      CALLS[i].run(count, length);
      fprintf(stderr, "%llu\n", (unsigned long long)(now() - from));
    }
    return 0;
  }
  return 64;
}
