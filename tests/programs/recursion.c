/* Recurses 10 000 calls deep (or as deep as its argument says), and comes back. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int sum(volatile int *step, int n) {
  if (n == 0) return 0;
  int below = sum(step, n - *step);
  return below + n * *step;
}

int main(int argc, char **argv) {
  static volatile int step = 1;
  int depth = argc > 1 ? atoi(argv[1]) : 10000;
  printf("%d\n", sum(&step, depth));
  return 0;
}
