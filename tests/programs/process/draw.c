/* Draws 128 bytes in pieces, by random_get and from /dev/urandom in turns, and prints them in hexadecimal. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  const int device = open("/dev/urandom", O_RDONLY);
  unsigned char bytes[128];
  size_t drawn = 0;
  for (size_t length = 1; drawn < sizeof bytes; length++) {
    if (length > sizeof bytes - drawn) length = sizeof bytes - drawn;
    if (length % 2) getentropy(bytes + drawn, length);
    else if (read(device, bytes + drawn, length) != (ssize_t)length) return 1;
    drawn += length;
  }
  for (size_t i = 0; i < sizeof bytes; i++) printf("%02x", bytes[i]);
  return 0;
}
