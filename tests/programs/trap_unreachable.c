/* Says one line, then runs into an `unreachable` instruction two calls deep. */
#include <stdio.h>

__attribute__((noinline)) static void innermost(int go) {
  if (go) __builtin_trap();
}

__attribute__((noinline)) static void middle(int go) {
  innermost(go);
  puts("never printed");
}

int main(int argc, char **argv) {
  (void)argv;
  puts("before the trap");
  fflush(stdout);
  middle(argc > 0);
  return 0;
}
