/* Ends by its own handler: the sleep it stands in is interrupted. */
#include <signal.h>
#include <stdio.h>
#include <time.h>

static volatile sig_atomic_t asked;

static void on_term(int signal) { asked = signal; }

int main(void) {
    signal(SIGTERM, on_term);
    puts("ready");
    fflush(stdout);
    while (!asked) {
        struct timespec hour = {3600, 0};
        if (nanosleep(&hour, NULL) != 0) puts("woken"); /* wasi-libc says ENOTSUP, whatever the reason */
    }
    printf("asked by %d\n", (int)asked);
    FILE *left = fopen("/left", "w");
    if (left == NULL) return 1;
    fputs("goodbye", left);
    return 7;
}
