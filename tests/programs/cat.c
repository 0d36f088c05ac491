/* Copies standard input to standard output, chunk by chunk. */
#include <stdint.h>
#include <unistd.h>

static uint8_t buffer[65536];

int main(void) {
  ssize_t got;
  while ((got = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(STDOUT_FILENO, buffer + done, (size_t)(got - done));
      if (put < 0) return 1;
      done += put;
    }
  }
  return got < 0 ? 2 : 0;
}
