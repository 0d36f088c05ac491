/* Calls itself without end: the engine's call stack runs out, not the program's memory. */
__attribute__((noinline)) static int endless(volatile int *depth) {
  if (*depth < 0) return 0;
  *depth += 1;
  int below = endless(depth);
  return below + *depth;
}

int main(void) {
  static volatile int depth;
  return endless(&depth);
}
