/* Waits as its arguments say, and tells its times in nanoseconds (time of day, monotonic) after each:
 *   sleep NS     until NS from now          until NS   until the time of day NS
 *   poll MS      for standard input, MS at most; what comes is read
 *   busy NS      reads the monotonic clock until NS have passed
 *   forever NS   sleeps of NS without end */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static struct timespec span(long long value) {
  return (struct timespec){.tv_sec = value / 1000000000, .tv_nsec = value % 1000000000};
}

static void tell(const char *what) {
  const long long day = nanoseconds(CLOCK_REALTIME), monotonic = nanoseconds(CLOCK_MONOTONIC);
  printf("%s %lld %lld\n", what, day, monotonic);
  fflush(stdout);
}

int main(int argc, char **argv) {
  tell("begin");
  for (int i = 1; i + 1 < argc; i += 2) {
    const long long value = atoll(argv[i + 1]);
    const struct timespec time = span(value);
    if (!strcmp(argv[i], "sleep")) {
      nanosleep(&time, NULL);
    } else if (!strcmp(argv[i], "until")) {
      clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL);
    } else if (!strcmp(argv[i], "poll")) {
      struct pollfd input = {.fd = 0, .events = POLLIN};
      char text[64] = "";
      const int ready = poll(&input, 1, (int)value);
      if (ready > 0) text[read(0, text, sizeof text - 1)] = 0;
      printf("ready %d %s\n", ready, text);
    } else if (!strcmp(argv[i], "busy")) {
      const long long from = nanoseconds(CLOCK_MONOTONIC);
      while (nanoseconds(CLOCK_MONOTONIC) - from < value) continue;
    } else if (!strcmp(argv[i], "forever")) {
      for (;;) {
        nanosleep(&time, NULL);
        tell("tick");
      }
    }
    tell(argv[i]);
  }
  return 0;
}
