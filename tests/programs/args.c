/* Prints every argument with its length in bytes, the program's name included. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  printf("argc %d\n", argc);
  for (int i = 0; i < argc; i++) printf("%d %zu <%s>\n", i, strlen(argv[i]), argv[i]);
  printf("end %s\n", argv[argc] == NULL ? "null" : "not null");
  return 0;
}
