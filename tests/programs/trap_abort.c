/* Gives up by abort(). */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static void give_up(void) {
  fputs("giving up\n", stderr);
  abort();
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 0) give_up();
  return 0;
}
