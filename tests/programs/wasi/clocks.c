/* clock_*, random_get and sched_yield. */
#include <stdlib.h>

#include "check.h"

static const char *const CLOCKS[] = {"realtime", "monotonic", "process", "thread"};
static uint8_t bytes[200000];

static void clocks(void) {
  for (int id = 0; id < 4; id++) {
    uint64_t resolution = 0, time = 0;
    check(wasi_clock_res_get(id, &resolution), "resolution of the %s clock", CLOCKS[id]);
    check(wasi_clock_time_get(id, 0, &time), "time of the %s clock", CLOCKS[id]);
    if (id < 2) printf("resolution within a second: %d\n", resolution > 0 && resolution < 1000000000);
    if (id == 0) printf("after 2020 and before 2200: %d\n", time > 1577836800000000000ull && time < 7258118400000000000ull);
  }
  uint64_t before = 0, after = 0;
  int backwards = 0, standing = 0;
  wasi_clock_time_get(1, 0, &before);
  for (int i = 0; i < 1000; i++) {
    wasi_clock_time_get(1, 1, &after);
    backwards += after < before;
    standing += after == before;
    before = after;
  }
  printf("monotonic time went back %d times, stood still %d times\n", backwards, standing);
}

static void random_bytes(void) {
  static const size_t LENGTHS[] = {0, 1, 3, 16, 64, 4096, 16384, 16385, 65536, 65537, 199990};
  for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
    memset(bytes, 0, sizeof bytes);
    check(wasi_random_get(bytes + 1, LENGTHS[i]), "random_get of %zu", LENGTHS[i]);
    size_t zeros = 0;
    for (size_t k = 0; k < LENGTHS[i]; k++) zeros += bytes[1 + k] == 0;
    // About one in 256: six standard deviations around it.
    if (LENGTHS[i] >= 4096) printf("zeros in the right number: %d\n", llabs((long long)zeros * 256 - (long long)LENGTHS[i]) < 6 * 16 * 450);
    printf("neighbours untouched: %d\n", bytes[0] == 0 && bytes[1 + LENGTHS[i]] == 0);
  }
  uint8_t other[16];
  wasi_random_get(bytes, 16);
  wasi_random_get(other, 16);
  printf("two draws differ: %d\n", memcmp(bytes, other, 16) != 0);
}

int main(void) {
  clocks();
  random_bytes();
  check(wasi_sched_yield(), "sched_yield");
  return 0;
}
