/* A reactor whose exports use each device once: what the providers give it, and what they get from it. It has a heap of its own. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "aikernel.h"

#define EXPORT(name) __attribute__((export_name(#name))) name

/* Sum of bytes. */
int EXPORT(sum)(const unsigned char *bytes, int count) {
  int total = 0;
  for (int i = 0; i < count; i++) total += bytes[i];
  return total;
}

/* Allocates and fills a block, and never frees it. */
char *EXPORT(hoard)(int size) {
  char *block = malloc((size_t)size);
  if (block != NULL) memset(block, 0x5a, (size_t)size);
  return block;
}

/* Reads standard input, what is there: bytes, or 0 at its end. */
int EXPORT(take)(char *into, int size) { return (int)read(0, into, (size_t)size); }

/* Copies a file; returns its size, or -1. */
int EXPORT(copy)(const char *from, const char *to) {
  FILE *source = fopen(from, "rb"), *target = fopen(to, "wb");
  int count = 0;
  if (source == NULL || target == NULL) return -1;
  for (int byte; (byte = fgetc(source)) != EOF; count++) fputc(byte, target);
  fclose(source);
  fclose(target);
  return count;
}

/* Plays `milliseconds` of a sine wave at half of the full amplitude, 16 bits, mono. */
int EXPORT(tone)(int rate, int hertz, int milliseconds) {
  const int count = (int)((long long)rate * milliseconds / 1000);
  int16_t *samples = malloc((size_t)count * sizeof *samples);
  const int fd = aik_audio_open(rate, 1, AIK_AUDIO_S16LE);
  if (samples == NULL || fd < 0) return -1;
  for (int i = 0; i < count; i++) samples[i] = (int16_t)lround(16384 * sin(2 * M_PI * hertz * i / rate));
  const int failed = aik_audio_write(fd, samples, (size_t)count * sizeof *samples);
  close(fd);
  free(samples);
  return failed;
}

/* Shows a picture of one colour. */
int EXPORT(show)(int width, int height, int red, int green, int blue) {
  const int fd = aik_fb_open(width, height, AIK_FB_RGB888);
  if (fd < 0) return -1;
  for (int i = 0; i < width * height; i++) {
    const unsigned char pixel[] = {(unsigned char)red, (unsigned char)green, (unsigned char)blue};
    if (aik_write(fd, pixel, sizeof pixel) < 0) return -1;
  }
  return close(fd);
}

/* Publishes an event. */
int EXPORT(tell)(int number) {
  char line[64];
  snprintf(line, sizeof line, "{\"name\":\"Told\",\"payload\":{\"number\":%d}}", number);
  return aik_event_publish(line);
}

/* Reads a line that the host has sent, without waiting; -1 where there is none. */
int EXPORT(hear)(char *into, int size) {
  const int fd = open("/dev/event", O_RDONLY | O_NONBLOCK);
  const int count = (int)read(fd, into, (size_t)size);
  close(fd);
  return count;
}

/* Seconds since the Unix epoch. */
double EXPORT(now)(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
