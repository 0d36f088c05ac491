/* Leaves text in the buffer of stdout. main's return writes it out; _Exit ("drop") loses it, as C demands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buffer[4096];

int main(int argc, char **argv) {
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  fputs("no newline at the end", stdout);
  if (argc > 1 && strcmp(argv[1], "drop") == 0) _Exit(0);
  return 0;
}
