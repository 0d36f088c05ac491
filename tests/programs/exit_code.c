/* Ends with the code of its first argument; the second says how: return (default), exit or _Exit. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  int code = argc > 1 ? atoi(argv[1]) : 0;
  const char *how = argc > 2 ? argv[2] : "return";
  if (strcmp(how, "exit") == 0) exit(code);
  if (strcmp(how, "_Exit") == 0) _Exit(code);
  return code;
}
