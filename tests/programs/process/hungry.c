/* Allocates pieces of the size that the first argument says, in KiB, until there is no more; then ends as the second says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    size_t piece = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1024) * 1024;
    unsigned long got = 0;
    for (volatile char *memory; (memory = malloc(piece)) != NULL; got += piece / 1024) memory[piece - 1] = 1;
    printf("got %lu KiB\n", got);
    fflush(stdout);
    if (argc > 2 && strcmp(argv[2], "abort") == 0) abort();
    return 5;
}
