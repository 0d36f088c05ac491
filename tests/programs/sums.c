/* A conversation: prompts with "> ", reads a number per line, answers with the running total, ends at end of file. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char line[256];
  long long total = 0;
  for (;;) {
    fputs("> ", stdout);
    fflush(stdout);
    if (fgets(line, sizeof line, stdin) == NULL) break;
    total += atoll(line);
    printf("total %lld\n", total);
  }
  printf("bye %lld\n", total);
  return 0;
}
