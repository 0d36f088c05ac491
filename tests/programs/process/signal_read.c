/* Waits for a line of input; the handler leaves from where it stands when it is told to by the first argument. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void leave(int signal) {
    printf("handler leaves on %d\n", signal);
    fflush(stdout);
    exit(9);
}

static void note(int signal) { (void)signal; }

int main(int argc, char **argv) {
    signal(SIGTERM, argc > 1 && strcmp(argv[1], "leave") == 0 ? leave : note);
    puts("ready");
    fflush(stdout);
    char byte;
    ssize_t got = read(0, &byte, 1);
    printf("read: %zd %s\n", got, got < 0 ? strerror(errno) : "");
    return 3;
}
