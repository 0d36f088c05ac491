/* fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_filestat_set_size, on files, directories and streams. */
#include "check.h"

static char buffer[256];

static void show_read(int fd, size_t length) {
  size_t got = 99;
  const __wasi_iovec_t into = {(uint8_t *)buffer, length};
  memset(buffer, '#', sizeof buffer);
  const int errno_ = wasi_fd_read(fd, &into, 1, &got);
  check(errno_, "read %zu: <%.*s>", length, errno_ == 0 ? (int)got : 0, buffer);
  printf("  behind: %c\n", buffer[errno_ == 0 ? got : 0]);
}

static void show_pread(int fd, size_t length, uint64_t offset) {
  size_t got = 0;
  const __wasi_iovec_t into = {(uint8_t *)buffer, length};
  const int errno_ = wasi_fd_pread(fd, &into, 1, offset, &got);
  for (size_t i = 0; i < got; i++) {
    if (buffer[i] == 0) buffer[i] = '0';
  }
  check(errno_, "pread %zu at %lld: <%.*s>", length, (long long)offset, (int)got, buffer);
}

static void show_write(int fd, const char *text) {
  size_t put = 0;
  const __wasi_ciovec_t from = {(const uint8_t *)text, strlen(text)};
  check(wasi_fd_write(fd, &from, 1, &put), "write <%s>: %zu", text, put);
}

static void show_pwrite(int fd, const char *text, uint64_t offset) {
  size_t put = 0;
  const __wasi_ciovec_t from = {(const uint8_t *)text, strlen(text)};
  check(wasi_fd_pwrite(fd, &from, 1, offset, &put), "pwrite <%s> at %lld: %zu", text, (long long)offset, put);
}

static void show_seek(int fd, int64_t delta, int whence) {
  uint64_t position = 0;
  const int errno_ = wasi_fd_seek(fd, delta, whence, &position);
  check(errno_, "seek %lld from %d: %lld", (long long)delta, whence, errno_ == 0 ? (long long)position : -1);
}

static void show_tell(int fd) {
  uint64_t position = 0;
  const int errno_ = wasi_fd_tell(fd, &position);
  check(errno_, "tell: %lld", errno_ == 0 ? (long long)position : -1);
}

static void show_size(int fd) {
  __wasi_filestat_t stat;
  check(wasi_fd_filestat_get(fd, &stat), "filestat");
  printf("size %lld\n", (long long)stat.size);
}

static void files(void) {
  const int fd = fresh_file("io");
  show_write(fd, "hello");
  show_tell(fd);
  show_read(fd, 10);
  show_seek(fd, 1, __WASI_WHENCE_SET);
  show_read(fd, 3);
  show_read(fd, 0);
  show_read(fd, 100);
  show_read(fd, 100);
  show_write(fd, "");
  show_pread(fd, 3, 0);
  show_pread(fd, 3, 4);
  show_pread(fd, 3, 5);
  show_pread(fd, 3, 6);
  show_pread(fd, 3, 1ull << 62);
  show_pread(fd, 3, 1ull << 63);
  show_pread(fd, 0, 1ull << 63);
  show_tell(fd);
  show_pwrite(fd, "EL", 1);
  show_pwrite(fd, "", 100);
  show_size(fd);
  show_pwrite(fd, "tail", 10);
  show_size(fd);
  show_pread(fd, 20, 0);
  show_tell(fd);
  show_pwrite(fd, "x", 1ull << 63);
  show_pwrite(fd, "", 1ull << 63);

  for (int whence = 0; whence < 3; whence++) {
    show_seek(fd, 0, whence);
    show_seek(fd, 3, whence);
    show_seek(fd, -1, whence);
    show_seek(fd, -100, whence);
    show_seek(fd, 1000, whence);
    show_seek(fd, INT64_MIN, whence);
    show_tell(fd);
  }
  show_seek(fd, 20, __WASI_WHENCE_SET);
  show_read(fd, 5);
  show_write(fd, "sparse");
  show_pread(fd, 30, 0);
  show_size(fd);
  check(wasi_fd_filestat_set_size(fd, 3), "set_size 3");
  show_tell(fd);
  show_write(fd, "!");
  show_pread(fd, 30, 0);
  show_size(fd);
  check(wasi_fd_filestat_set_size(fd, 40), "set_size 40");
  check(wasi_fd_filestat_set_size(fd, 0), "set_size 0");
  show_size(fd);
  check(wasi_fd_filestat_set_size(fd, 5), "set_size 5");
  show_pread(fd, 30, 0);
  check(wasi_fd_filestat_set_size(fd, 1ull << 63), "set_size 2^63");
  check(wasi_fd_sync(fd), "sync");
  check(wasi_fd_datasync(fd), "datasync");
  check(wasi_fd_close(fd), "close");
  show_read(fd, 1);
  show_write(fd, "closed");
  show_seek(fd, 0, 0);
  show_tell(fd);
  check(wasi_fd_close(fd), "close again");
}

static void appending(void) {
  int fd = -1, other = -1;
  make_file("log", "begin");
  check(open_path(ROOT, 0, path("log"), 0, __WASI_FDFLAGS_APPEND, RIGHTS_ALL, &fd), "open to append");
  check(open_path(ROOT, 0, path("log"), 0, 0, RIGHTS_ALL, &other), "open");
  show_tell(fd);
  show_read(fd, 3);
  show_write(fd, "+one");
  show_tell(fd);
  show_seek(fd, 0, __WASI_WHENCE_SET);
  show_write(other, "BEGIN and more");
  show_write(fd, "+two");
  show_tell(fd);
  show_pwrite(fd, "+three", 0);
  show_tell(fd);
  show_pread(fd, 60, 0);
  check(wasi_fd_fdstat_set_flags(fd, 0), "append no more");
  show_seek(fd, 0, __WASI_WHENCE_SET);
  show_write(fd, "over");
  check(wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND), "append again");
  show_write(fd, "end");
  show_pread(fd, 60, 0);
  check(wasi_fd_close(fd), "close");
  check(wasi_fd_close(other), "close");
}

static void one_way(void) {
  int reader = -1, writer = -1;
  make_file("way", "contents");
  check(open_path(ROOT, 0, path("way"), 0, 0, __WASI_RIGHTS_FD_READ, &reader), "open to read");
  check(open_path(ROOT, 0, path("way"), 0, 0, __WASI_RIGHTS_FD_WRITE, &writer), "open to write");
  show_read(writer, 3);
  show_pread(writer, 3, 0);
  show_write(writer, "CON");
  show_pwrite(writer, "!", 8);
  show_write(reader, "x");
  show_pwrite(reader, "x", 0);
  check(wasi_fd_filestat_set_size(reader, 1), "set_size of a reader");
  check(wasi_fd_filestat_set_size(writer, 5), "set_size of a writer");
  show_read(reader, 20);
  check(wasi_fd_close(reader), "close");
  check(wasi_fd_close(writer), "close");
}

static void elsewhere(int fd, const char *what) {
  printf("%s\n", what);
  show_pread(fd, 1, 0);
  show_pwrite(fd, "x", 0);
  show_seek(fd, 0, 0);
  show_seek(fd, 0, 1);
  show_tell(fd);
  check(wasi_fd_filestat_set_size(fd, 0), "set_size");
  check(wasi_fd_filestat_set_times(fd, 1, 1, 5), "set_times");
  check(wasi_fd_sync(fd), "sync");
  check(wasi_fd_datasync(fd), "datasync");
  check(wasi_fd_advise(fd, 0, 0, 0), "advise");
  check(wasi_fd_readdir(fd, buffer, 24, 0, &(size_t){0}), "readdir");
  check(wasi_fd_prestat_get(fd, buffer), "prestat");
  int opened = -1;
  check(open_path(fd, 0, path("x"), 0, 0, 2, &opened), "open below");
  check(wasi_path_create_directory(fd, "x", 1), "mkdir below");
  check(wasi_path_filestat_get(fd, 0, "x", 1, buffer), "stat below");
}

int main(void) {
  files();
  appending();
  one_way();
  int directory = -1;
  make_directory("folder");
  open_path(ROOT, 0, path("folder"), __WASI_OFLAGS_DIRECTORY, 0, __WASI_RIGHTS_FD_READ, &directory);
  show_read(directory, 1);
  show_write(directory, "x");
  printf("directory: advise %s\n", errno_name(wasi_fd_advise(directory, 0, 0, 0)));
  show_seek(directory, 0, 0);
  show_tell(directory);
  show_pread(directory, 1, 0);
  show_pwrite(directory, "x", 0);
  check(wasi_fd_filestat_set_size(directory, 0), "set_size of a directory");
  check(wasi_fd_sync(directory), "sync of a directory");
  check(wasi_fd_datasync(directory), "datasync of a directory");
  const int file = fresh_file("plain");
  elsewhere(file, "file");
  elsewhere(77, "never opened");
  elsewhere(-1, "negative");
  elsewhere(0, "stdin");
  elsewhere(1, "stdout");
  show_read(1, 1);
  show_write(0, "x");
  return 0;
}
