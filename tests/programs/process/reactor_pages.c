/* A reactor without a heap: whoever wants a block of its memory must make room for it. */
static unsigned char picture[64];

__attribute__((export_name("draw"))) unsigned char *draw(int shade) {
  for (int i = 0; i < 64; i++) picture[i] = (unsigned char)(shade + i);
  return picture;
}

__attribute__((export_name("sum"))) int sum(const unsigned char *bytes, int count) {
  int total = 0;
  for (int i = 0; i < count; i++) total += bytes[i];
  return total;
}
