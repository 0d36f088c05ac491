/* poll_oneoff on what cannot be polled. */
#include "check.h"

static __wasi_subscription_t subscription;
static __wasi_event_t event;

static void show(const char *what, int type, int fd) {
  size_t got = 0;
  subscription = (__wasi_subscription_t){.userdata = 7, .u.tag = (uint8_t)type};
  subscription.u.u.fd_read.file_descriptor = fd;
  event.error = 0;
  const int errno_ = wasi_poll_oneoff(&subscription, &event, 1, &got);
  check(errno_ != 0 ? errno_ : event.error, "%s", what);
}

int main(void) {
  int directory = -1;
  open_path(ROOT, 0, path("."), __WASI_OFLAGS_DIRECTORY, 0, 2, &directory);
  show("nothing to read", 1, 99);
  show("nothing to write", 2, 99);
  show("a directory to read", 1, directory);
  show("a directory to write", 2, directory);
  show("stdout to read", 1, 1);
  show("stdin to write", 2, 0);
  return 0;
}
