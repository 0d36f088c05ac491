/* poll_oneoff: clocks relative and absolute, past and far away, files, streams, and mixtures. */
#include "check.h"

#define MILLISECOND 1000000ull

static __wasi_subscription_t subscriptions[64];
static __wasi_event_t events[64];

static void clock(int at, int id, uint64_t timeout, int flags) {
  subscriptions[at] = (__wasi_subscription_t){.userdata = 100 + (uint64_t)at, .u.tag = __WASI_EVENTTYPE_CLOCK};
  subscriptions[at].u.u.clock = (__wasi_subscription_clock_t){
      .id = (__wasi_clockid_t)id, .timeout = timeout, .precision = 0, .flags = (__wasi_subclockflags_t)flags};
}

static void descriptor(int at, int type, int fd) {
  subscriptions[at] = (__wasi_subscription_t){.userdata = 100 + (uint64_t)at, .u.tag = (uint8_t)type};
  subscriptions[at].u.u.fd_read.file_descriptor = fd;
}

static uint64_t now(int id) {
  uint64_t time = 0;
  wasi_clock_time_get(id, 0, &time);
  return time;
}

static void show(const char *what, size_t count) {
  size_t got = 99;
  memset(events, 0xff, sizeof events);
  const uint64_t before = now(1);
  if (check(wasi_poll_oneoff(subscriptions, events, count, &got), "%s", what) != 0) return;
  const uint64_t took = (now(1) - before) / MILLISECOND;
  printf("%zu events%s:", got, took >= 15 ? " after a while" : " at once");
  for (uint64_t user = 0; user < 64; user++) {
    for (size_t i = 0; i < got && i < 64; i++) {
      if (events[i].userdata != 100 + user) continue;
      printf(" %d of type %d %s", (int)user, events[i].type, errno_name(events[i].error));
    }
  }
  printf("\n");
}

int main(void) {
  make_file("file", "contents");
  int reader = -1, writer = -1, directory = -1;
  open_path(ROOT, 0, path("file"), 0, 0, 2, &reader);
  open_path(ROOT, 0, path("file"), 0, 0, 64, &writer);
  open_path(ROOT, 0, path("."), __WASI_OFLAGS_DIRECTORY, 0, 2, &directory);
  const int absolute = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME;

  show("nothing", 0);
  for (int id = 0; id < 2; id++) {
    clock(0, id, 0, 0);
    show("no time", 1);
    clock(0, id, 20 * MILLISECOND, 0);
    show("twenty milliseconds", 1);
    clock(0, id, now(id) + 20 * MILLISECOND, absolute);
    show("until in twenty milliseconds", 1);
    clock(0, id, now(id) - 20 * MILLISECOND, absolute);
    show("until twenty milliseconds ago", 1);
    clock(0, id, 0, absolute);
    show("until the beginning", 1);
  }
  clock(0, 1, 20 * MILLISECOND, 0);
  clock(1, 1, 3600000 * MILLISECOND, 0);
  clock(2, 0, UINT64_MAX, 0);
  show("the first of three", 3);
  clock(0, 0, 0, 0);
  clock(1, 1, 0, 0);
  show("two at once", 2);

  descriptor(0, 1, reader);
  show("a file to read", 1);
  descriptor(0, 2, writer);
  show("a file to write", 1);
  descriptor(0, 2, 1);
  descriptor(1, 2, 2);
  show("stdout and stderr", 2);
  descriptor(0, 1, 0);
  show("stdin at its end", 1);
  clock(0, 1, 3600000 * MILLISECOND, 0);
  descriptor(1, 1, reader);
  show("a late clock and a file", 2);
  clock(0, 2, 0, 0);
  show("the process clock", 1);
  clock(0, 3, 0, 0);
  show("the thread clock", 1);
  return 0;
}
