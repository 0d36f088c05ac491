/* Tells everything that could differ from one run to the next: clocks, sleeps, what polling answers, randomness, times and
 * numbers of files, the order of names, what the devices answer; and shows pictures and plays sound up to its last moment. */
#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <wasi/api.h>

#include "aikernel.h"

extern char **environ;

#define WIDTH 16
#define HEIGHT 8
#define FRAMES 12

static void clocks(const char *when) {
  printf("%s:", when);
  for (__wasi_clockid_t id = 0; id < 4; id++) {
    __wasi_timestamp_t time = 0, resolution = 0;
    if (__wasi_clock_time_get(id, 1, &time) || __wasi_clock_res_get(id, &resolution)) exit(3);
    printf(" %llu/%llu", (unsigned long long)time, (unsigned long long)resolution);
  }
  printf("\n");
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void compute(void) {
  static volatile unsigned sink;
  for (unsigned i = 0; i < 3000000; i++) sink = sink * 1664525u + i;
}

static void sleeps(void) {
  clocks("begin");
  compute();
  clocks("computed");
  const long long from = now();
  int looks = 0;
  while (now() - from < 2000000) looks++;
  printf("busy for 2 ms: %d looks\n", looks);
  nanosleep(&(struct timespec){.tv_nsec = 1234567}, NULL);
  clocks("slept 1.234567 ms");
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &(struct timespec){.tv_sec = 5, .tv_nsec = 7}, NULL);
  clocks("slept until 5.000000007 s");
  for (int i = 0; i < 200; i++) nanosleep(&(struct timespec){.tv_nsec = 999999999}, NULL);
  clocks("slept 200 times");
}

static void polls(int sound) {
  struct pollfd all[] = {
    {.fd = 0, .events = POLLIN}, {.fd = 1, .events = POLLOUT}, {.fd = sound, .events = POLLOUT},
  };
  const int keys = aik_input_open(1);
  for (int timeout = 0; timeout < 3; timeout++) {
    const int ready = poll(all, 3, timeout);
    printf("poll: %d %x %x %x\n", ready, all[0].revents, all[1].revents, all[2].revents);
  }
  struct pollfd key = {.fd = keys, .events = POLLIN};
  const int ready = poll(&key, 1, 250);
  clocks("polled for keys for 250 ms");
  struct aik_input_event event;
  printf("keys: %d %x, read %d\n", ready, key.revents, aik_input_read(keys, &event));
  char text[64];
  ssize_t got, pieces = 0, sum = 0;
  while ((got = read(0, text, sizeof text)) > 0) {
    pieces++;
    sum += got;
  }
  printf("stdin: %zd bytes in %zd pieces, then %zd\n", sum, pieces, got);
}

static void randomness(void) {
  unsigned char bytes[100];
  unsigned sum = 0;
  for (size_t length = 0; length <= sizeof bytes; length += 25) {
    if (getentropy(bytes, length)) exit(4);
    for (size_t i = 0; i < length; i++) sum = sum * 31 + bytes[i];
  }
  FILE *device = fopen("/dev/urandom", "rb");
  if (fread(bytes, 1, sizeof bytes, device) != sizeof bytes) exit(5);
  fclose(device);
  for (size_t i = 0; i < sizeof bytes; i++) sum = sum * 31 + bytes[i];
  printf("random: %u\n", sum);
}

static void describe(const char *path) {
  struct stat state;
  if (lstat(path, &state)) {
    printf("%s: %d\n", path, errno);
    return;
  }
  printf("%s: dev %llu ino %llu links %llu size %lld times %lld.%09ld %lld.%09ld %lld.%09ld\n", path,
         (unsigned long long)state.st_dev, (unsigned long long)state.st_ino, (unsigned long long)state.st_nlink,
         (long long)state.st_size, (long long)state.st_atim.tv_sec, state.st_atim.tv_nsec, (long long)state.st_mtim.tv_sec,
         state.st_mtim.tv_nsec, (long long)state.st_ctim.tv_sec, state.st_ctim.tv_nsec);
}

static void list(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) return;
  printf("%s lists:", path);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    printf(" %s#%llu", entry->d_name, (unsigned long long)entry->d_ino);
  }
  printf("\n");
  closedir(directory);
}

static void files(void) {
  mkdir("/made", 0777);
  for (int i = 0; i < 40; i++) {
    char path[32];
    snprintf(path, sizeof path, "/made/%d", (i * 7919) % 101);
    FILE *file = fopen(path, "w");
    fprintf(file, "%lld\n", now());
    fclose(file);
    if (i % 9 == 0) remove(path);
    if (i % 10 == 3) symlink(path, "/made/link");
  }
  rename("/made/41", "/made/renamed");
  link("/made/renamed", "/made/again");
  static const char *const PATHS[] = {"/", "/given", "/given/a", "/archive", "/archive/old", "/made", "/made/renamed",
                                      "/made/link", "/dev", "/dev/null", "/dev/fb/data"};
  for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) describe(PATHS[i]);
  list("/");
  list("/given");
  list("/archive");
  list("/made");
  list("/dev");
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  for (char **variable = environ; *variable != NULL; variable++) printf("variable %s\n", *variable);
  const int sound = aik_audio_open(8000, 1, AIK_AUDIO_U8);
  fcntl(sound, F_SETFL, O_NONBLOCK);
  sleeps();
  polls(sound);
  randomness();
  files();
  for (int i = 0; i < 300; i++) {
    fprintf(i % 3 ? stdout : stderr, "line %d\n", i);
    fflush(stdout);
  }
  static unsigned char samples[40000];
  int taken = 0, refused = 0;
  for (int i = 0; i < 60; i++) {
    memset(samples, i, sizeof samples);
    const ssize_t written = write(sound, samples, sizeof samples);
    if (written < 0) refused++;
    else taken += (int)written;
    if (i % 5 == 0) aik_event_publish("{\"name\": \"Beat\"}");
  }
  printf("sound: %d taken, %d times refused\n", taken, refused);
  clocks("end");
  fflush(stdout);
  unsigned char pixels[WIDTH * HEIGHT * 4];
  const int display = aik_fb_open(WIDTH, HEIGHT, AIK_FB_RGBA8888);
  for (int frame = 1; frame <= FRAMES; frame++) {
    getentropy(pixels, sizeof pixels);
    pixels[0] = (unsigned char)frame;
    if (frame % 4 == 0) nanosleep(&(struct timespec){.tv_nsec = 16666667}, NULL);
    if (aik_fb_present(display, pixels, sizeof pixels)) return 6;
  }
  return aik_control("/dev/fb/ctl", "present") ? 7 : 0;
}
