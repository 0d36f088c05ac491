/* Divides an integer by zero. */
__attribute__((noinline)) static int divide(volatile int *a, volatile int *b) { return *a / *b; }

int main(void) {
  volatile int dividend = 7, divisor = 0;
  return divide(&dividend, &divisor);
}
