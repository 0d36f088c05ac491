/* proc_raise: the default action of the signal named by the first argument. */
#include <stdlib.h>

#include "check.h"

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  printf("before\n");
  fflush(stdout);
  check(wasi_proc_raise(atoi(argv[1])), "proc_raise");
  return 0;
}
