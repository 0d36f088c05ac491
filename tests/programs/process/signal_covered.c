/* Its handler takes longer than the sleep it was called over, and then exits; nothing may run after that. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void rest(long milliseconds) {
    struct timespec time = {0, milliseconds * 1000000};
    nanosleep(&time, NULL);
}

static void leave(int signal) {
    (void)signal;
    rest(600);
    _Exit(3);
}

int main(void) {
    signal(SIGTERM, leave);
    puts("ready");
    fflush(stdout);
    rest(500);
    for (volatile int busy = 1; busy;) continue;
    return 1;
}
