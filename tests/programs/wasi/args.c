/* args_* and environ_*: counts, sizes, and how the strings lie in memory. */
#include "check.h"

static char *pointers[64];
static char strings[4096];

static void show(const char *what, int (*sizes)(void *, void *), int (*get)(void *, void *)) {
  size_t count = 0, size = 0;
  check(sizes(&count, &size), "%s_sizes_get", what);
  printf("%s: %zu strings in %zu bytes\n", what, count, size);
  memset(pointers, 0xff, sizeof pointers);
  memset(strings, '#', sizeof strings);
  check(get(pointers, strings), "%s_get", what);
  for (size_t i = 0; i < count; i++) printf("  at %zu: <%s>\n", (size_t)(pointers[i] - strings), pointers[i]);
  printf("behind: %zx %c\n", (size_t)pointers[count], strings[size]);
}

int main(void) {
  show("args", wasi_args_sizes_get, wasi_args_get);
  show("environ", wasi_environ_sizes_get, wasi_environ_get);
  return 0;
}
