/* Leaves much to be saved in /store and returns; a handler that is called even so never comes back. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

static char megabyte[1 << 20];

static void stay(int signal) {
    (void)signal;
    for (volatile int busy = 1; busy;) continue;
}

int main(void) {
    signal(SIGTERM, stay);
    FILE *file = fopen("/store/large", "w");
    if (file == NULL) return 1;
    memset(megabyte, 'x', sizeof megabyte);
    for (int i = 0; i < 192; i++) {
        if (fwrite(megabyte, 1, sizeof megabyte, file) != sizeof megabyte) return 2;
    }
    fclose(file);
    puts("leaving");
    fflush(stdout);
    return 4;
}
