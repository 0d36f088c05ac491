/* Draws 32 bytes twice: the draws differ, and neither is all zeros. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  unsigned char a[32] = {0}, b[32] = {0}, zeros[32] = {0};
  if (getentropy(a, sizeof a) != 0 || getentropy(b, sizeof b) != 0) return 1;
  printf("draws %s\n", memcmp(a, b, sizeof a) == 0 ? "equal" : "differ");
  printf("zeros %s\n", memcmp(a, zeros, sizeof a) == 0 || memcmp(b, zeros, sizeof b) == 0 ? "yes" : "no");
  return 0;
}
