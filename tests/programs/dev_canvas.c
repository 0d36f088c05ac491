/* Draws and answers: `dev_canvas WIDTH HEIGHT FORMAT [MODE]`. Byte i of the n-th picture is (i * 7 + n) % 256, but for alpha,
 * which is 255; the colours of indexed8 are as they begin, but for the 7th, which is 112233. Shows one picture,
 * and then, by its mode: without one ends; `stay` waits for the end of its input; `input` prints the records that come until the
 * key `q`; `again` shows pictures until it is ended; `grow` shows one of twice the size for each line of its input. */
#include <stdlib.h>

#include "aikernel.h"

static unsigned char *pixels;
static size_t size;
static int display, number, alpha;

static int show(void) {
  number++;
  for (size_t i = 0; i < size; i++) pixels[i] = alpha && i % 4 == 3 ? 255 : (unsigned char)(i * 7 + (size_t)number);
  return aik_fb_present(display, pixels, size);
}

static int begin(int width, int height, const char *format) {
  display = aik_fb_open(width, height, format);
  if (display < 0) return -1;
  size = (size_t)lseek(display, 0, SEEK_END);
  pixels = realloc(pixels, size);
  alpha = strstr(format, "8888") != NULL;
  if (strcmp(format, AIK_FB_INDEXED8) == 0 && aik_fb_palette(7, (uint32_t[]){0x112233}, 1) < 0) return -1;
  return show();
}

static int print_input(void) {
  const int fd = aik_input_open(0);
  struct aik_input_event event = {0};
  while (aik_input_read(fd, &event) == 1) {
    printf("%u %u %u %u %d %d %d\n", event.type, event.action, event.code, event.modifiers, event.x, event.y, event.value);
    fflush(stdout);
    if (event.type == AIK_INPUT_KEY && event.value == 'q') return 0;
  }
  return 3;
}

int main(int argc, char **argv) {
  int width = atoi(argv[1]), height = atoi(argv[2]);
  const char *mode = argc > 4 ? argv[4] : "";
  if (begin(width, height, argv[3]) < 0) return 1;
  printf("drawn\n");
  fflush(stdout);
  if (strcmp(mode, "input") == 0) return print_input();
  if (strcmp(mode, "stay") == 0) while (getchar() != EOF) {}
  if (strcmp(mode, "again") == 0) while (show() == 0) usleep(5000);
  if (strcmp(mode, "grow") == 0) {
    for (int c; (c = getchar()) != EOF;) {
      if (c != '\n') continue;
      width *= 2;
      height *= 2;
      if (begin(width, height, argv[3]) < 0) return 2;
    }
  }
  return 0;
}
