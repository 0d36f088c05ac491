/* Sleeps 50 ms twice, by nanosleep and by poll without descriptors, and holds the clock beside it. */
#include <poll.h>
#include <stdio.h>
#include <time.h>

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void report(const char *how, double from) {
  double spent = now_ms() - from;
  printf("%s: %s\n", how, spent < 49.0 ? "too short" : spent > 20000.0 ? "too long" : "as asked");
}

int main(void) {
  double start = now_ms();
  struct timespec fifty = {0, 50 * 1000 * 1000};
  int failed = nanosleep(&fifty, NULL);
  report(failed ? "nanosleep failed" : "nanosleep", start);
  start = now_ms();
  failed = poll(NULL, 0, 50);
  report(failed ? "poll failed" : "poll", start);
  return 0;
}
