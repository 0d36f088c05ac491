/* Takes no notice of signals, or has no handler for them when told so by the first argument. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void ignore(int signal) { (void)signal; }

int main(int argc, char **argv) {
    (void)argv;
    if (argc == 1) signal(SIGTERM, ignore);
    puts("ready");
    fflush(stdout);
    for (;;) sleep(3600);
}
