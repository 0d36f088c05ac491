/* Prints the whole environment, sorted, then what getenv says about each argument. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
  size_t count = 0;
  while (environ != NULL && environ[count] != NULL) count++;
  if (count > 0) qsort(environ, count, sizeof *environ, by_text);
  for (size_t i = 0; i < count; i++) printf("%s\n", environ[i]);
  for (int i = 1; i < argc; i++) {
    const char *value = getenv(argv[i]);
    printf("getenv %s: %s\n", argv[i], value == NULL ? "(unset)" : value);
  }
  return 0;
}
