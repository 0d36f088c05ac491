// A library over WASI: files, streams, the clock, sleeping and exit, each an export.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXPORT(name) __attribute__((export_name(#name)))

static volatile int initialized;
static char path[256];
static char text[256];

__attribute__((constructor)) static void begin(void) { initialized = 1; }

EXPORT(is_initialized) int is_initialized(void) { return initialized; }
EXPORT(path_buffer) char *path_buffer(void) { return path; }
EXPORT(text_buffer) char *text_buffer(void) { return text; }

EXPORT(write_file) int write_file(void) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return -errno;
  ssize_t written = write(fd, text, strlen(text));
  close(fd);
  return (int)written;
}

EXPORT(read_file) int read_file(void) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -errno;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got >= 0) text[got] = 0;
  return (int)got;
}

EXPORT(read_line) int read_line(void) {
  ssize_t got = read(0, text, sizeof text - 1);
  if (got < 0) return -errno;
  text[got] = 0;
  return (int)got;
}

EXPORT(read_line_entry) void read_line_entry(void) { read_line(); }

EXPORT(say) void say(int number) {
  printf("number %d\n", number);
  fflush(stdout);
}

EXPORT(complain) void complain(void) { fputs("oh\n", stderr); }

EXPORT(now) int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

EXPORT(nap) void nap(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  nanosleep(&time, 0);
}

EXPORT(leave) int leave(int code) {
  printf("leaving");
  exit(code);
}

EXPORT(take) uint8_t *take(int bytes) { return malloc((size_t)bytes); }
