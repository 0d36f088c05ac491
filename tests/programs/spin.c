/* Says so, then loops for ever without another call: nothing but the end of its worker stops it. */
#include <stdio.h>

int main(void) {
  volatile int always = 1;
  puts("spinning");
  fflush(stdout);
  while (always) {
  }
  return 0;
}
