/* A full screen of keys: shows the bytes of every key struck and the terminal's size, until `q`. With an argument that many
 * keys are printed as lines, in raw mode but on the plain screen. */
#include <poll.h>
#include <stdlib.h>

#include "aikernel.h"

#define LINES 6

static char lines[LINES][64];
static int keys;
static int columns, rows;

static void rule(const char *left, const char *middle, const char *right, int row) {
  printf("\x1b[%d;1H\x1b[36m%s", row, left);
  for (int i = 2; i < columns; i++) printf("%s", middle);
  printf("%s\x1b[0m", right);
}

static void draw(void) {
  printf("\x1b[2J");
  rule("┌", "─", "┐", 1);
  for (int row = 2; row < rows; row++) printf("\x1b[%d;1H\x1b[36m│\x1b[%d;%dH│\x1b[0m", row, row, columns);
  rule("└", "─", "┘", rows);
  printf("\x1b[1;4H\x1b[1m keys \x1b[0m\x1b[3;5Hterminal %d by %d\x1b[4;5Hkeys struck %d\x1b[%d;5Hq leaves", columns, rows, keys, rows - 2);
  for (int i = 0; i < LINES && 6 + i < rows - 3; i++) printf("\x1b[%d;5H%s%s\x1b[0m", 6 + i, i == 0 ? "\x1b[7m" : "", lines[i]);
  fflush(stdout);
}

static void describe(char *line, size_t size, const unsigned char *bytes, ssize_t length) {
  size_t used = 0;
  for (ssize_t i = 0; i < length; i++) used += (size_t)snprintf(line + used, size - used, "%02x ", bytes[i]);
  for (ssize_t i = 0; i < length; i++) {
    if (bytes[i] >= 32 && bytes[i] < 127) used += (size_t)snprintf(line + used, size - used, "%c", bytes[i]);
    else if (bytes[i] < 32) used += (size_t)snprintf(line + used, size - used, "^%c", bytes[i] + 64);
  }
}

int main(int argc, char **argv) {
  unsigned char bytes[12];
  if (aik_terminal_raw(1) < 0) {
    perror("aik_terminal_raw");
    return 1;
  }
  if (argc > 1) {
    printf("ready\n");
    fflush(stdout);
    for (int left = atoi(argv[1]); left > 0; left--) {
      const ssize_t length = read(0, bytes, sizeof bytes);
      if (length <= 0) return 2;
      for (ssize_t i = 0; i < length; i++) printf("%02x ", bytes[i]);
      printf("\n");
      fflush(stdout);
    }
    return 0;
  }
  const int console = open("/dev/consctl", O_RDONLY);
  printf("\x1b[?1049h\x1b[?25l");
  for (;;) {
    char state[128];
    const ssize_t told = pread(console, state, sizeof state - 1, 0);
    state[told > 0 ? told : 0] = 0;
    lseek(console, 0, SEEK_END);
    if (sscanf(state, "size %d %d", &columns, &rows) != 2) return 3;
    draw();
    struct pollfd wait[] = {{.fd = 0, .events = POLLIN}, {.fd = console, .events = POLLIN}};
    if (poll(wait, 2, -1) < 0) return 4;
    if (!(wait[0].revents & POLLIN)) continue;
    const ssize_t length = read(0, bytes, sizeof bytes);
    if (length <= 0 || bytes[0] == 'q') break;
    keys++;
    memmove(lines[1], lines[0], sizeof lines - sizeof lines[0]);
    describe(lines[0], sizeof lines[0], bytes, length);
  }
  printf("\x1b[?25h\x1b[?1049l%d keys\n", keys);
  return 0;
}
