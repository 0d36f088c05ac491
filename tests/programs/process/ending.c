/* Receives no signals; has something to do at its end: standard output is not flushed before. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
    fputs("ready\n", stderr);
    FILE *left = fopen("/left", "w");
    if (left == NULL) return 1;
    fputs("kept", left);
    fclose(left);
    printf("not flushed yet");
    for (;;) sleep(3600);
}
