/* Plays a sine of half the loudness in pieces of 10 ms, once a line of input has come, or its end:
 * `dev_tone HERTZ MILLISECONDS RATE CHANNELS FORMAT [MODE]`. Prints `played N`, in milliseconds of its clock. `gaps`: waits 120 ms
 * after every 100 ms of sound. `nonblocking`: prints how many writes there was no room for, and does not wait. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "aikernel.h"

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void put(unsigned char *at, const char *format, double sample) {
  if (format[0] == 'f') {
    const float value = (float)sample;
    memcpy(at, &value, 4);
  } else if (format[0] == 's') {
    const int16_t value = (int16_t)lrint(sample * 32767);
    memcpy(at, &value, 2);
  } else {
    *at = (unsigned char)lrint(128 + sample * 127);
  }
}

int main(int argc, char **argv) {
  const double hertz = atof(argv[1]);
  const int milliseconds = atoi(argv[2]), rate = atoi(argv[3]), channels = atoi(argv[4]);
  const char *format = argv[5], *mode = argc > 6 ? argv[6] : "";
  const size_t sample = format[0] == 'f' ? 4 : format[0] == 's' ? 2 : 1;
  const int frames = rate / 100;
  unsigned char *piece = malloc((size_t)(frames * channels) * sample);
  int audio = aik_audio_open(rate, channels, format), refused = 0;
  if (audio < 0) return 1;
  if (strcmp(mode, "nonblocking") == 0) fcntl(audio, F_SETFL, O_NONBLOCK);
  for (int c; (c = getchar()) != EOF && c != '\n';) {}
  const double begin = now();
  long count = 0;
  for (int done = 0; done < milliseconds; done += 10) {
    for (int frame = 0; frame < frames; frame++, count++) {
      const double value = 0.5 * sin(2 * M_PI * hertz * (double)count / rate);
      for (int channel = 0; channel < channels; channel++) put(piece + (size_t)(frame * channels + channel) * sample, format, value);
    }
    if (aik_audio_write(audio, piece, (size_t)(frames * channels) * sample) < 0) {
      if (errno != EAGAIN) return 2;
      refused++;
    }
    if (strcmp(mode, "gaps") == 0 && done % 100 == 90) usleep(120000);
  }
  printf("played %.0f\n", now() - begin);
  if (refused) printf("refused %d\n", refused);
  return 0;
}
