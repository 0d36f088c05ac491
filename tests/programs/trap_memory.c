/* Reads far outside its memory. */
#include <stdint.h>

__attribute__((noinline)) static int reach(volatile uintptr_t *address) { return *(volatile int *)*address; }

int main(void) {
  volatile uintptr_t address = 0xfffffff0u;
  return reach(&address);
}
