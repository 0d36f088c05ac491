/* Reads standard input as bytes and prints how many there were, their sum and their FNV-1a hash. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static uint8_t buffer[65536];

int main(void) {
  uint64_t count = 0, sum = 0;
  uint32_t hash = 2166136261u;
  ssize_t got;
  while ((got = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < got; i++) {
      sum += buffer[i];
      hash = (hash ^ buffer[i]) * 16777619u;
    }
    count += (uint64_t)got;
  }
  printf("%llu bytes, sum %llu, fnv %08x, end %zd\n", count, sum, hash, got);
  return 0;
}
