/* Preview 0: a subscription of 56 bytes, with an identifier before the clock's own number. */
#define WASI_MODULE "wasi_unstable"
#include "check.h"

typedef struct {
  uint64_t userdata;
  uint8_t type;
  union {
    struct {
      uint64_t identifier;
      uint32_t id;
      uint64_t timeout, precision;
      uint16_t flags;
    } clock;
    uint32_t fd;
  } u;
} OldSubscription;

_Static_assert(sizeof(OldSubscription) == 56, "the layout of preview 0");

int main(void) {
  OldSubscription subscriptions[3];
  __wasi_event_t events[3];
  size_t got = 0;
  uint64_t before = 0, after = 0;
  memset(subscriptions, 0, sizeof subscriptions);
  for (int i = 0; i < 2; i++) {
    subscriptions[i].userdata = 10 + (uint64_t)i;
    subscriptions[i].u.clock.identifier = 0xfefefefefefefefeull;
    subscriptions[i].u.clock.id = (uint32_t)i;
    subscriptions[i].u.clock.timeout = i == 0 ? 20000000 : 3600000000000ull;
  }
  wasi_clock_time_get(1, 0, &before);
  check(wasi_poll_oneoff(subscriptions, events, 2, &got), "poll two clocks");
  wasi_clock_time_get(1, 0, &after);
  printf("%zu events, the first of %d, after a while: %d\n", got, (int)events[0].userdata, after - before >= 19000000);
  subscriptions[2].userdata = 12;
  subscriptions[2].type = __WASI_EVENTTYPE_FD_WRITE;
  subscriptions[2].u.fd = 1;
  check(wasi_poll_oneoff(subscriptions + 1, events, 2, &got), "poll a late clock and stdout");
  printf("%zu events, the first of %d\n", got, (int)events[0].userdata);
  subscriptions[0].u.clock.flags = 1;
  check(wasi_poll_oneoff(subscriptions, events, 1, &got), "poll until long ago");
  printf("%zu events\n", got);
  return 0;
}
