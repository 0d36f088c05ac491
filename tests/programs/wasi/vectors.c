/* Reading and writing through several buffers, and absurd numbers of them. */
#include "check.h"

static uint8_t block[65536];
static __wasi_iovec_t vectors[2000];

int main(void) {
  const int fd = fresh_file("vectors");
  size_t done = 0;
  const __wasi_ciovec_t parts[] = {{(const uint8_t *)"ab", 2}, {block, 0}, {(const uint8_t *)"cde", 3}, {(const uint8_t *)"f", 1}};
  // A host may take fewer bytes than it is given, but never none.
  for (size_t at = 0; at < 6; at += done) {
    __wasi_ciovec_t rest[4];
    size_t count = 0, skip = at;
    for (int i = 0; i < 4; i++) {
      const size_t cut = skip < parts[i].buf_len ? skip : parts[i].buf_len;
      rest[count++] = (__wasi_ciovec_t){parts[i].buf + cut, parts[i].buf_len - cut};
      skip -= cut;
    }
    if (wasi_fd_write(fd, rest, count, &done) != 0 || done == 0) return printf("no progress\n");
  }
  for (size_t at = 0; at < 6; at += done) {
    __wasi_iovec_t rest[3] = {{block + at, (6 - at) / 2}, {block + at, 0}, {block + at + (6 - at) / 2, 6 - at - (6 - at) / 2}};
    if (wasi_fd_pread(fd, rest, 3, at, &done) != 0 || done == 0) return printf("no progress\n");
  }
  printf("<%.6s>\n", block);

  check(wasi_fd_write(fd, parts, 0, &done), "write of no buffers: %zu", done);
  check(wasi_fd_pread(fd, vectors, 0, 0, &done), "pread into no buffers: %zu", done);
  for (size_t i = 0; i < 2000; i++) vectors[i] = (__wasi_iovec_t){block, 0};
  check(wasi_fd_read(fd, vectors, 2000, &done), "read into 2000 empty buffers: %zu", done);
  check(wasi_fd_write(fd, vectors, 2000, &done), "write of 2000 empty buffers: %zu", done);
  check(wasi_fd_pwrite(fd, vectors, 2000, 0, &done), "pwrite of 2000 empty buffers: %zu", done);
  for (size_t i = 0; i < 65536; i++) block[i] = (uint8_t)(i * 7);
  const __wasi_ciovec_t whole = {block, sizeof block};
  size_t total = 0;
  for (int i = 0; i < 32; i++) total += wasi_fd_write(fd, &whole, 1, &done) == 0 ? done : 0;
  printf("%zu bytes written\n", total);
  uint32_t hash = 2166136261u;
  for (uint64_t at = 0;; at += done) {
    const __wasi_iovec_t into = {block, sizeof block};
    if (wasi_fd_pread(fd, &into, 1, at, &done) != 0 || done == 0) break;
    for (size_t i = 0; i < done; i++) hash = (hash ^ block[i]) * 16777619u;
  }
  printf("hash %08x\n", hash);
  return 0;
}
