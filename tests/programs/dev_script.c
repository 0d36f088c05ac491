/*
 * Carries out a script of file operations, one an argument, and prints a line for what each answers. Descriptors are named by
 * the order of opening: 0, 1 and 2 are the standard ones. In texts \n, \\ and \xHH stand for bytes.
 */
#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "aikernel.h"

#define SLOTS 64

static int slots[SLOTS] = {0, 1, 2};
static int opened = 3;
static char buffer[1 << 20];

static char *rest;

static char *word(void) {
  char *start = rest + strspn(rest, " ");
  rest = start + strcspn(start, " ");
  if (*rest) *rest++ = 0;
  return start;
}

static long number(void) { return strtol(word(), NULL, 10); }

static int slot(void) { return slots[number() % SLOTS]; }

/* The rest of the command, decoded where it stands. */
static char *text(size_t *length) {
  char *to = rest, *start = rest;
  for (char *at = rest; *at;) {
    if (*at == '\\' && at[1] == 'x') {
      char digits[3] = {at[2], at[3], 0};
      *to++ = (char)strtol(digits, NULL, 16);
      at += 4;
    } else if (*at == '\\') {
      *to++ = at[1] == 'n' ? '\n' : at[1];
      at += 2;
    } else {
      *to++ = *at++;
    }
  }
  *length = (size_t)(to - start);
  return start;
}

static const char *name_of(int error) {
  static char other[32];
#define NAME(code) if (error == code) return #code
  NAME(EAGAIN); NAME(EBADF); NAME(EEXIST); NAME(EINVAL); NAME(EIO); NAME(EISDIR); NAME(EMSGSIZE); NAME(ENODEV); NAME(ENOENT);
  NAME(ENOSPC); NAME(ENOTCAPABLE); NAME(ENOTDIR); NAME(ENOTTY); NAME(ENXIO); NAME(EPERM); NAME(EROFS); NAME(ESPIPE); NAME(EXDEV);
  NAME(EBUSY); NAME(ENOTEMPTY); NAME(EMFILE); NAME(ENFILE);
  snprintf(other, sizeof other, "errno %d", error);
  return other;
}

static void answer(long result) {
  if (result < 0) puts(name_of(errno));
  else printf("%ld\n", result);
}

static void show(const char *bytes, ssize_t length) {
  if (length < 0) {
    puts(name_of(errno));
    return;
  }
  putchar('"');
  for (ssize_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte == '\n') printf("\\n");
    else if (byte == '\\') printf("\\\\");
    else if (byte < 32 || byte > 126) printf("\\x%02x", byte);
    else putchar(byte);
  }
  puts("\"");
}

static int flags_of(const char *letters) {
  int flags = strchr(letters, 'w') ? (strchr(letters, 'r') ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (strchr(letters, 'n')) flags |= O_NONBLOCK;
  if (strchr(letters, 'c')) flags |= O_CREAT;
  if (strchr(letters, 'x')) flags |= O_EXCL;
  if (strchr(letters, 't')) flags |= O_TRUNC;
  return flags;
}

static const char *kind(mode_t mode) { return S_ISCHR(mode) ? "character" : S_ISDIR(mode) ? "directory" : "other"; }

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  char *names[64];
  int count = 0;
  DIR *directory = opendir(path);
  if (!directory) {
    puts(name_of(errno));
    return;
  }
  for (struct dirent *entry; (entry = readdir(directory)) && count < 64;) {
    if (entry->d_name[0] != '.') names[count++] = strdup(entry->d_name);
  }
  closedir(directory);
  qsort(names, (size_t)count, sizeof *names, by_name);
  for (int i = 0; i < count; i++) printf("%s%s", i ? " " : "", names[i]);
  puts("");
}

static void obey(void) {
  struct stat status;
  size_t length;
  const char *name = word();
#define IS(command) (strcmp(name, command) == 0)
  if (IS("open")) {
    const char *path = word();
    int fd = open(path, flags_of(word()), 0666);
    if (fd >= 0 && opened < SLOTS) slots[opened++] = fd;
    answer(fd < 0 ? -1 : opened - 1);
  } else if (IS("close")) {
    answer(close(slot()));
  } else if (IS("read")) {
    int fd = slot();
    show(buffer, read(fd, buffer, (size_t)number()));
  } else if (IS("count")) { /* reads that many bytes and tells only how many there were */
    int fd = slot();
    answer(read(fd, buffer, (size_t)number()));
  } else if (IS("drain")) { /* reads to the end: how many bytes, and their Adler-32 sum (RFC 1950) */
    int fd = slot();
    unsigned long total = 0;
    unsigned long long first = 1, second = 0;
    for (ssize_t got; (got = read(fd, buffer, 65536)) > 0; total += (unsigned long)got) {
      for (ssize_t i = 0; i < got; i++) second += first += (unsigned char)buffer[i];
      first %= 65521;
      second %= 65521;
    }
    printf("%lu %llu\n", total, second << 16 | first);
  } else if (IS("pread")) {
    int fd = slot();
    size_t size = (size_t)number();
    show(buffer, pread(fd, buffer, size, number()));
  } else if (IS("write")) {
    int fd = slot();
    char *bytes = text(&length);
    answer(write(fd, bytes, length));
  } else if (IS("pwrite")) {
    int fd = slot();
    off_t offset = number();
    char *bytes = text(&length);
    answer(pwrite(fd, bytes, length, offset));
  } else if (IS("fill")) { /* writes that many of one byte */
    int fd = slot();
    int byte = (int)number();
    length = (size_t)number();
    memset(buffer, byte, length);
    answer(write(fd, buffer, length));
  } else if (IS("seek")) {
    int fd = slot();
    off_t offset = number();
    const char *whence = word();
    answer((long)lseek(fd, offset, *whence == 'e' ? SEEK_END : *whence == 'c' ? SEEK_CUR : SEEK_SET));
  } else if (IS("stat")) {
    puts(stat(word(), &status) < 0 ? name_of(errno) : kind(status.st_mode));
  } else if (IS("fstat")) {
    puts(fstat(slot(), &status) < 0 ? name_of(errno) : kind(status.st_mode));
  } else if (IS("isatty")) {
    printf("%d\n", isatty(slot()));
  } else if (IS("list")) {
    list(word());
  } else if (IS("unlink")) {
    answer(unlink(word()));
  } else if (IS("mkdir")) {
    answer(mkdir(word(), 0777));
  } else if (IS("rmdir")) {
    answer(rmdir(word()));
  } else if (IS("rename")) {
    const char *from = word();
    answer(rename(from, word()));
  } else if (IS("link")) {
    const char *from = word();
    answer(link(from, word()));
  } else if (IS("symlink")) {
    const char *target = word();
    answer(symlink(target, word()));
  } else if (IS("truncate")) {
    int fd = slot();
    answer(ftruncate(fd, number()));
  } else if (IS("sync")) {
    answer(fsync(slot()));
  } else if (IS("poll")) { /* poll FD r|w MILLISECONDS: what is ready */
    struct pollfd one = {.fd = slot(), .events = *word() == 'w' ? POLLOUT : POLLIN};
    int count = poll(&one, 1, (int)number());
    if (count < 0) puts(name_of(errno));
    else printf("%s%s%s\n", one.revents & POLLIN ? "in " : "", one.revents & POLLOUT ? "out " : "", count ? "ready" : "none");
  } else if (IS("sleep")) {
    long milliseconds = number();
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    answer(nanosleep(&time, NULL));
  } else {
    printf("unknown command %s\n", name);
  }
  fflush(stdout);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    rest = argv[i];
    obey();
  }
  return 0;
}
