/* Shows frames: `dev_display WIDTH HEIGHT FORMAT COUNT`, the n-th with all its bytes n. With `reach` as fifth argument in two
 * writes each. */
#include <stdlib.h>

#include "aikernel.h"

int main(int argc, char **argv) {
  const int width = atoi(argv[1]), height = atoi(argv[2]), count = atoi(argv[4]);
  const int fd = aik_fb_open(width, height, argv[3]);
  if (fd < 0) {
    perror("aik_fb_open");
    return 1;
  }
  const size_t size = (size_t)lseek(fd, 0, SEEK_END);
  unsigned char *pixels = malloc(size);
  for (int frame = 1; frame <= count; frame++) {
    memset(pixels, frame, size);
    if (argc > 5) {
      lseek(fd, 0, SEEK_SET);
      if (aik_write(fd, pixels, 3) < 0 || aik_write(fd, pixels + 3, size - 3) < 0) return 2;
    } else if (aik_fb_present(fd, pixels, size) < 0) {
      return 3;
    }
  }
  printf("%zu bytes\n", size);
  return 0;
}
