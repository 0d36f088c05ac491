/* Fills /store with batches of small files, each of which the host has saved before the next; or adds one file and reads the
   small ones, turn by turn, while the host has them put together. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCHES = 65, FILES = 100 };

static int write_file(const char *path) {
    int file = open(path, O_WRONLY | O_CREAT, 0644);
    return file >= 0 && write(file, "x", 1) == 1 && close(file) == 0;
}

static const char *name_of(int batch, int i) {
    static char path[64];
    snprintf(path, sizeof path, "/store/%d-%d", batch, i);
    return path;
}

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

int main(int argc, char **argv) {
    int filling = argc > 1 && strcmp(argv[1], "fill") == 0;
    if (!filling) {
        if (!write_file("/store/more")) return 1;
        say("added");
    }
    int failed = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
        for (int i = 0; i < FILES; i++) {
            const char *path = name_of(batch, i);
            if (filling) {
                if (!write_file(path)) return 2;
                continue;
            }
            for (int turn = 0; turn < 20; turn++) sched_yield();
            int file = open(path, O_RDONLY);
            char byte;
            if (file < 0 || read(file, &byte, 1) != 1 || byte != 'x') failed++;
            close(file);
        }
        if (!filling) continue;
        say("batch");
        getchar();
    }
    printf("%d failed\n", failed);
    return 0;
}
