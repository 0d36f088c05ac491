/* Receives no signals; has something to do at its end: standard output is not flushed before. Says that it is ready when it
   stands in no function of stdio's any more: one that is ended within fclose writes its buffer again at its end. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
    FILE *left = fopen("/left", "w");
    if (left == NULL) return 1;
    fputs("kept", left);
    fclose(left);
    printf("not flushed yet");
    fputs("ready\n", stderr);
    for (;;) sleep(3600);
}
