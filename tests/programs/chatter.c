/* Prints numbered lines for ever. */
#include <stdio.h>

int main(void) {
  for (unsigned long long i = 0;; i++) {
    printf("line %llu\n", i);
    fflush(stdout);
  }
}
