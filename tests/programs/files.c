/* The life of a file: create, append, read, seek, truncate, stat, rename, unlink. Prints each step's outcome. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *step) {
  printf("%s: errno %d (%s)\n", step, errno, strerror(errno));
  exit(1);
}

static void write_text(const char *path, const char *mode, const char *text) {
  FILE *file = fopen(path, mode);
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) fail(path);
}

static void show(const char *path) {
  char text[256];
  struct stat facts;
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path);
  size_t got = fread(text, 1, sizeof text - 1, file);
  text[got] = 0;
  fclose(file);
  if (stat(path, &facts) != 0) fail(path);
  printf("%s (%lld, %s): %s\n", path, (long long)facts.st_size, S_ISREG(facts.st_mode) ? "file" : "other", text);
}

int main(void) {
  write_text("/log.txt", "w", "one,");
  write_text("/log.txt", "a", "two,");
  write_text("/log.txt", "a", "three");
  show("/log.txt");

  int fd = open("/log.txt", O_RDWR);
  if (fd < 0) fail("open");
  if (lseek(fd, 4, SEEK_SET) != 4 || write(fd, "TWO", 3) != 3) fail("overwrite");
  char tail[6] = {0};
  if (lseek(fd, -5, SEEK_END) != 8 || read(fd, tail, 5) != 5) fail("tail");
  printf("tail %s\n", tail);
  if (read(fd, tail, 5) != 0) fail("end of file");
  close(fd);
  show("/log.txt");

  if (rename("/log.txt", "/renamed.txt") != 0) fail("rename");
  printf("old name %s\n", access("/log.txt", F_OK) == 0 ? "still there" : "gone");
  if (truncate("/renamed.txt", 7) != 0) fail("truncate");
  show("/renamed.txt");

  write_text("/short-lived", "w", "x");
  if (unlink("/short-lived") != 0) fail("unlink");
  printf("unlinked %s\n", access("/short-lived", F_OK) == 0 ? "still there" : "gone");

  fd = open("/binary", O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (fd < 0) fail("create");
  unsigned char bytes[256];
  for (int i = 0; i < 256; i++) bytes[i] = (unsigned char)i;
  if (write(fd, bytes, sizeof bytes) != sizeof bytes) fail("binary");
  close(fd);
  write_text("/empty", "w", "");
  return 0;
}
