/* Writes to stdout and stderr in turns, each write on its way before the next one. */
#include <stdio.h>

int main(void) {
  for (int i = 0; i < 4; i++) {
    printf("out %d\n", i);
    fflush(stdout);
    fprintf(stderr, "err %d\n", i);
  }
  return 0;
}
