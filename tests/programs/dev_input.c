/* Prints `dev_input COUNT [wait]` records as they come; without `wait` those that are there when standard input has ended. */
#include <stdlib.h>

#include "aikernel.h"

int main(int argc, char **argv) {
  const int fd = aik_input_open(argc < 3);
  if (fd < 0) return 1;
  if (argc < 3) while (getchar() != EOF) {}
  struct aik_input_event event;
  for (int left = atoi(argv[1]); left > 0; left--) {
    const int got = aik_input_read(fd, &event);
    if (got < 0) return 2;
    if (got == 0) break;
    printf("%s type=%u action=%u code=%u modifiers=%u device=%u x=%d y=%d value=%d\n", event.time > 1000000000ull ? "now" : "then",
           event.type, event.action, event.code, event.modifiers, event.device, event.x, event.y, event.value);
    fflush(stdout);
  }
  return 0;
}
