// A library with state of every kind: what it answers depends on all that it was asked before.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define SLOTS 8
#define BIG (300 * 1024)

struct item {
  struct item *next;
  int value;
};

typedef int (*operation)(int, int);

static int plus(int a, int b) { return (int)((unsigned)a + (unsigned)b); }
static int minus(int a, int b) { return (int)((unsigned)a - (unsigned)b); }
static int times(int a, int b) { return (int)((unsigned)a * (unsigned)b); }

static operation operations[3] = {plus, minus, times};
static struct item *items;
static FILE *log_file;
static FILE *input;
static DIR *listing;
static int files[SLOTS];
static char *big[SLOTS];
static int accumulator;
static double ratio = 1.0;
static char text[512];

__attribute__((constructor)) static void begin(void) {
  for (int i = 0; i < SLOTS; i++) files[i] = -1;
  log_file = fopen("log", "w+");
  input = fdopen(0, "r");
  mkdir("made", 0755);
}

static uint64_t mixed(uint64_t hash, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
  return hash;
}

static const char *named(int slot) {
  static char name[32];
  snprintf(name, sizeof name, "made/file %d", slot);
  return name;
}

static uint64_t stat_of(const char *path) {
  struct stat found;
  if (lstat(path, &found) != 0) return (uint64_t)errno;
  uint64_t hash = mixed(found.st_ino, &found.st_size, sizeof found.st_size);
  hash = mixed(hash, &found.st_nlink, sizeof found.st_nlink);
  hash = mixed(hash, &found.st_mtim, sizeof found.st_mtim);
  hash = mixed(hash, &found.st_ctim, sizeof found.st_ctim);
  return mixed(hash, &found.st_atim, sizeof found.st_atim);
}

static uint64_t act(int what, int x) {
  int slot = x & (SLOTS - 1);
  switch (what) {
    case 0: {
      struct item *item = malloc(sizeof *item);
      item->next = items;
      item->value = x;
      items = item;
      return (uint64_t)(uintptr_t)item;
    }
    case 1: {
      struct item *item = items;
      if (item == NULL) return 1;
      int value = item->value;
      items = item->next;
      free(item);
      return (uint64_t)value;
    }
    case 2: return (uint64_t)fprintf(log_file, "line %d of %d\n", x, accumulator);
    case 3: return (uint64_t)fflush(log_file) + stat_of("log");
    case 4: {
      fseek(log_file, x % 64, SEEK_SET);
      size_t count = fread(text, 1, 40, log_file);
      fseek(log_file, 0, SEEK_END);
      return mixed(count, text, count);
    }
    case 5: {
      operation first = operations[0];
      operations[0] = operations[x & 1 ? 1 : 2];
      operations[x & 1 ? 1 : 2] = first;
      return 5;
    }
    case 6: return (uint64_t)(accumulator = operations[(unsigned)x % 3](accumulator, x));
    case 7:
      if (files[slot] >= 0) return 7;
      return (uint64_t)(files[slot] = open(named(slot), O_RDWR | O_CREAT | (x & 8 ? O_APPEND : 0), 0644));
    case 8: return (uint64_t)write(files[slot], &x, sizeof x) ^ (uint64_t)errno;
    case 9: {
      int got = 0;
      int64_t at = lseek(files[slot], -4, SEEK_CUR);
      int64_t count = read(files[slot], &got, sizeof got);
      return (uint64_t)(at * 31 + count + got);
    }
    case 10: {
      int closed = close(files[slot]);
      files[slot] = -1;
      return (uint64_t)closed;
    }
    case 11: return (uint64_t)unlink(named(slot)) ^ (uint64_t)errno;
    case 12: {
      char other[32];
      strcpy(other, named(slot));
      return (uint64_t)link(other, named((x >> 3) & (SLOTS - 1))) ^ (uint64_t)errno;
    }
    case 13: {
      char other[32];
      strcpy(other, named(slot));
      return (uint64_t)rename(other, named((x >> 3) & (SLOTS - 1))) ^ (uint64_t)errno;
    }
    case 14: {
      char target[32];
      snprintf(target, sizeof target, "file %d", x & 3);
      return (uint64_t)symlink(target, named(slot)) ^ (uint64_t)errno;
    }
    case 15: {
      if (listing == NULL) listing = opendir("made");
      struct dirent *entry = readdir(listing);
      if (entry != NULL) return mixed(entry->d_ino, entry->d_name, strlen(entry->d_name));
      closedir(listing);
      listing = NULL;
      return 15;
    }
    case 16:
      if (big[slot] == NULL) {
        big[slot] = malloc(BIG);
        memset(big[slot], x, BIG);
      } else {
        free(big[slot]);
        big[slot] = NULL;
      }
      return (uint64_t)(uintptr_t)big[slot];
    case 17: {
      unsigned char bytes[8];
      getentropy(bytes, sizeof bytes);
      return mixed(17, bytes, sizeof bytes);
    }
    case 18: {
      struct timespec now[2];
      clock_gettime(CLOCK_REALTIME, &now[0]);
      clock_gettime(CLOCK_MONOTONIC, &now[1]);
      return mixed(18, now, sizeof now);
    }
    case 19: {
      char *got = fgets(text, sizeof text, input);
      return got == NULL ? (uint64_t)feof(input) : mixed(19, got, strlen(got));
    }
    case 20: return (uint64_t)ftruncate(files[slot], x * 100) ^ stat_of(named(slot));
    case 21: return (uint64_t)printf("%d ", x);
    case 22: {
      ratio = ratio * 1.000123 + x;
      return mixed(22, &ratio, sizeof ratio);
    }
    case 23: {
      uint64_t hash = 23;
      for (struct item *item = items; item != NULL; item = item->next) hash = mixed(hash, &item->value, sizeof item->value);
      for (int i = 0; i < SLOTS; i++) hash = mixed(hash, big[i], big[i] == NULL ? 0 : BIG);
      for (int i = 0; i < SLOTS; i++) hash = hash * 31 + stat_of(named(i));
      return hash;
    }
    default: {
      struct timespec nap = {0, x * 1000};
      return (uint64_t)nanosleep(&nap, NULL);
    }
  }
}

// One deed and what came of it, with errno.
EXPORT(step) int64_t step(int what, int x) {
  errno = 0;
  uint64_t answer = act(what, x);
  return (int64_t)(mixed(answer, &errno, sizeof errno) ^ (uint64_t)sbrk(0));
}
