/* Holds the clocks to their word: monotonic never steps back and moves on, the date is plausible, resolutions are small. */
#include <stdio.h>
#include <time.h>

static long long read_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return -1;
  return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(void) {
  long long first = read_ns(CLOCK_MONOTONIC), last = first;
  int backwards = 0;
  for (long i = 0; i < 2000000 && (i < 10000 || last == first); i++) {
    long long next = read_ns(CLOCK_MONOTONIC);
    backwards += next < last;
    last = next;
  }
  printf("monotonic %s, %s\n", backwards ? "stepped back" : "never stepped back", last > first ? "moved" : "stood still");
  /* From 2025 to 2100. */
  long long date = read_ns(CLOCK_REALTIME) / 1000000000;
  printf("realtime %s\n", date > 1735689600 && date < 4102444800 ? "plausible" : "implausible");
  struct timespec resolution = {0, 0};
  int failed = clock_getres(CLOCK_MONOTONIC, &resolution);
  printf("resolution %s\n", !failed && resolution.tv_sec == 0 && resolution.tv_nsec > 0 ? "below a second" : "odd");
  return 0;
}
