/* Calls a function through a pointer of another type. */
__attribute__((noinline)) static long long takes_two(long long a, int b) { return a + b; }

__attribute__((noinline)) static int call(void *volatile *target) { return ((int (*)(int))*target)(1); }

int main(void) {
  void *volatile target = (void *)takes_two;
  return call(&target);
}
