/* Sleeps for as many milliseconds as its argument says, between two lines. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  long ms = argc > 1 ? atol(argv[1]) : 1000;
  struct timespec span = {ms / 1000, (ms % 1000) * 1000000};
  puts("asleep");
  fflush(stdout);
  nanosleep(&span, NULL);
  puts("awake");
  return 0;
}
