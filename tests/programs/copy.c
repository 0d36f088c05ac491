/* Copies the file named first to the name given second, inverting every byte on the way. */
#include <stdint.h>
#include <stdio.h>

static uint8_t buffer[65536];

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  FILE *from = fopen(argv[1], "rb");
  FILE *to = fopen(argv[2], "wb");
  if (from == NULL || to == NULL) return 1;
  size_t got;
  while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) {
    for (size_t i = 0; i < got; i++) buffer[i] = (uint8_t)~buffer[i];
    if (fwrite(buffer, 1, got, to) != got) return 2;
  }
  return fclose(to) == 0 ? 0 : 3;
}
