/* Memory grows between calls and while calls stand still: every call sees the memory that is there. */
#include "check.h"

static uint8_t *grown(void) {
  const size_t pages = __builtin_wasm_memory_grow(0, 3);
  return pages == (size_t)-1 ? NULL : (uint8_t *)(pages * 65536);
}

int main(void) {
  const int fd = fresh_file("file");
  for (int round = 0; round < 20; round++) {
    uint8_t *new = grown();
    if (new == NULL) return printf("memory does not grow\n");
    uint8_t *end = new + 3 * 65536;
    const __wasi_ciovec_t from = {end - 5, 5};
    const __wasi_iovec_t into = {end - 64, 5};
    size_t *done = (size_t *)(end - 4 - 16);
    memcpy(end - 5, "grown", 5);
    check(wasi_fd_pwrite(fd, &from, 1, (uint64_t)round * 5, done), "pwrite: %zu", *done);
    check(wasi_fd_pread(fd, &into, 1, (uint64_t)round * 5, done), "pread: %.5s", (char *)end - 64);
    check(wasi_random_get(new, 3 * 65536), "random_get");
    check(wasi_fd_filestat_get(fd, end - 64), "filestat");
    check(wasi_clock_time_get(1, 0, end - 8), "clock");
    new = grown();
    end = new + 3 * 65536;
    __wasi_subscription_t *subscription = (__wasi_subscription_t *)(end - 48);
    __wasi_event_t *event = (__wasi_event_t *)(end - 48 - 32);
    *subscription = (__wasi_subscription_t){.userdata = 7, .u.tag = __WASI_EVENTTYPE_CLOCK};
    subscription->u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    subscription->u.u.clock.timeout = 2000000;
    check(wasi_poll_oneoff(subscription, event, 1, new), "poll: %d", *(int *)new);
    printf("%d\n", (int)event->userdata);
    check(wasi_sched_yield(), "yield");
    uint8_t *path_ = grown() + 3 * 65536 - 4;
    memcpy(path_, "file", 4);
    check(wasi_path_filestat_get(ROOT, 0, path_, 4, end - 64), "stat by the last four bytes");
    printf("size %d\n", (int)((__wasi_filestat_t *)(end - 64))->size);
  }
  return 0;
}
