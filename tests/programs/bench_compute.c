// Computes as CoreMark does, with code of its own: list processing, a matrix product, a state machine over text, and a CRC that
// each result goes through. bench_compute ROUNDS BATCHES: stderr gets the nanoseconds of each batch, stdout the checksum.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIST_LENGTH 200
#define MATRIX_SIZE 24

struct item {
  struct item *next;
  int16_t key;
  int16_t value;
};

static struct item items[LIST_LENGTH];
static int32_t left[MATRIX_SIZE][MATRIX_SIZE], right[MATRIX_SIZE][MATRIX_SIZE], product[MATRIX_SIZE][MATRIX_SIZE];

static uint16_t crc16(uint16_t crc, uint32_t value) {
  for (int bit = 0; bit < 32; bit++) {
    const uint16_t mix = (uint16_t)((crc ^ value) & 1);
    crc = (uint16_t)(crc >> 1);
    value >>= 1;
    if (mix) crc ^= 0xa001;
  }
  return crc;
}

static struct item *merge(struct item *a, struct item *b, int by_value) {
  struct item head = {NULL, 0, 0}, *last = &head;
  while (a != NULL && b != NULL) {
    const int first = by_value ? a->value <= b->value : a->key <= b->key;
    struct item **from = first ? &a : &b;
    last->next = *from;
    last = *from;
    *from = (*from)->next;
  }
  last->next = a != NULL ? a : b;
  return head.next;
}

static struct item *sort(struct item *list, int by_value) {
  if (list == NULL || list->next == NULL) return list;
  struct item *slow = list;
  for (struct item *fast = list->next; fast != NULL && fast->next != NULL; fast = fast->next->next) slow = slow->next;
  struct item *back = slow->next;
  slow->next = NULL;
  return merge(sort(list, by_value), sort(back, by_value), by_value);
}

static uint16_t lists(uint32_t seed, uint16_t crc) {
  for (int i = 0; i < LIST_LENGTH; i++) {
    seed = seed * 1664525 + 1013904223;
    items[i] = (struct item){i + 1 < LIST_LENGTH ? &items[i + 1] : NULL, (int16_t)(seed >> 16), (int16_t)i};
  }
  struct item *list = sort(items, 0), *reversed = NULL;
  while (list != NULL) {
    struct item *next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  for (struct item *item = sort(reversed, 1); item != NULL; item = item->next) crc = crc16(crc, (uint16_t)item->key);
  return crc;
}

static uint16_t matrices(uint32_t seed, uint16_t crc) {
  for (int row = 0; row < MATRIX_SIZE; row++) {
    for (int column = 0; column < MATRIX_SIZE; column++) {
      seed = seed * 1664525 + 1013904223;
      left[row][column] = (int32_t)(seed >> 20);
      right[row][column] = (int32_t)((seed >> 8) & 0xfff);
    }
  }
  uint32_t sum = 0;
  for (int row = 0; row < MATRIX_SIZE; row++) {
    for (int column = 0; column < MATRIX_SIZE; column++) {
      uint32_t cell = 0;
      for (int i = 0; i < MATRIX_SIZE; i++) cell += (uint32_t)left[row][i] * (uint32_t)right[i][column];
      product[row][column] = (int32_t)cell;
      sum += cell >> (cell & 7);
    }
  }
  return crc16(crc, sum);
}

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES };

static enum state step(enum state state, char letter) {
  const int digit = letter >= '0' && letter <= '9', sign = letter == '+' || letter == '-';
  switch (state) {
    case START: return digit ? INTEGER : sign ? SIGN : letter == '.' ? POINT : INVALID;
    case SIGN: return digit ? INTEGER : letter == '.' ? POINT : INVALID;
    case INTEGER: return digit ? INTEGER : letter == '.' ? POINT : letter == 'e' ? EXPONENT : INVALID;
    case POINT:
    case FRACTION: return digit ? FRACTION : letter == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return sign ? EXPONENT_SIGN : digit ? SCIENTIFIC : INVALID;
    case EXPONENT_SIGN:
    case SCIENTIFIC: return digit ? SCIENTIFIC : INVALID;
    default: return INVALID;
  }
}

static uint16_t states(uint32_t seed, uint16_t crc) {
  static const char *const WORDS[] = {"5012", "-874.25", "+.5e-12", "T0.3e", "1e+77", "-110.700e", "0x17", "35.54400"};
  uint32_t ends[STATES] = {0}, passages[STATES] = {0};
  for (int i = 0; i < 256; i++) {
    seed = seed * 1664525 + 1013904223;
    enum state state = START;
    for (const char *letter = WORDS[seed >> 29]; *letter != '\0' && state != INVALID; letter++) {
      state = step(state, *letter);
      passages[state]++;
    }
    ends[state]++;
  }
  for (int i = 0; i < STATES; i++) crc = crc16(crc16(crc, ends[i]), passages[i]);
  return crc;
}

static uint64_t now(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) clock_gettime(CLOCK_REALTIME, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  const uint32_t rounds = (uint32_t)strtoul(argv[1], NULL, 10), batches = (uint32_t)strtoul(argv[2], NULL, 10);
  uint16_t crc = 0;
  for (uint32_t batch = 0; batch < batches; batch++) {
    const uint64_t from = now();
    for (uint32_t i = 0; i < rounds; i++) crc = states(i, matrices(i, lists(i, crc)));
    fprintf(stderr, "%llu\n", (unsigned long long)(now() - from));
  }
  printf("%04x\n", crc);
  return 0;
}
