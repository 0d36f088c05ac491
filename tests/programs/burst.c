/* Prints as many short lines as its argument says, one write each and as fast as it can, then loops for ever without another call. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
  const long lines = argc > 1 ? atol(argv[1]) : 1000;
  char line[32];
  for (long i = 0; i < lines; i++) {
    const int length = snprintf(line, sizeof line, "line %06ld\n", i);
    if (write(i % 1000 == 999 ? 2 : 1, line, (size_t)length) != length) return 1;
  }
  volatile int always = 1;
  while (always) {
  }
  return 0;
}
