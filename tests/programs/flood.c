/* Prints 64-byte lines, 20 MiB of them (or as many MiB as its argument says), each line with its own number. */
#include <stdio.h>
#include <stdlib.h>

static char buffer[1 << 16];

int main(int argc, char **argv) {
  long megabytes = argc > 1 ? atol(argv[1]) : 20;
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  for (long i = 0; i < megabytes * (1 << 20) / 64; i++) {
    if (printf("%010ld %-52.52s\n", i, "the quick brown fox jumps over the lazy dog, again") != 64) return 1;
  }
  return fflush(stdout) == 0 ? 0 : 2;
}
