/*
 * Carries out a script of raw WASI calls, and prints what each answers.
 *
 * One call a line, words parted by spaces. Descriptors are slots 0 to 15: `fresh NAME` closes them all, makes the directory
 * NAME and opens it as slot 0. Paths and data are written with %XX for what is not printable, %- for nothing at all, and
 * ~N~TEXT for N times TEXT.
 * What depends on the host (numbers of inodes, sizes of directories, the present time) is not printed.
 */
#include <stdlib.h>

#include "check.h"
#include "raw.h"

#define SLOTS 16
#define NONE (-1)
/* Times before this (the year 2017) were set by the script and are printed; later ones are the clock's. */
#define CLOCK_TIMES 1500000000000000000ull

static int slots[SLOTS];
static char line[1 << 12];
static char *rest;

static char *word(void) {
  while (*rest == ' ') rest++;
  char *start = rest;
  while (*rest != ' ' && *rest != '\n' && *rest != 0) rest++;
  if (*rest != 0) *rest++ = 0;
  return start;
}

static uint64_t number(void) { return strtoull(word(), NULL, 0); }

/* A negative number is written with its sign. */
static int64_t integer(void) { return strtoll(word(), NULL, 0); }

static int slot(void) { return slots[number() % SLOTS]; }

typedef struct {
  uint8_t *bytes;
  size_t length;
} Text;

static Text text(void) {
  static uint8_t repeated[2][1 << 16];
  static int turn;
  char *from = word();
  const size_t times = *from == '~' ? strtoul(from + 1, &from, 10) : 0;
  if (times > 0) from++;
  Text decoded = {(uint8_t *)from, 0};
  while (*from != 0) {
    if (*from == '%' && from[1] == '-') {
      from += 2;
    } else if (*from == '%') {
      const char digits[] = {from[1], from[2], 0};
      decoded.bytes[decoded.length++] = (uint8_t)strtoul(digits, NULL, 16);
      from += 3;
    } else {
      decoded.bytes[decoded.length++] = (uint8_t)*from++;
    }
  }
  if (times == 0) return decoded;
  uint8_t *to = repeated[turn ^= 1];
  for (size_t i = 0; i < times; i++) memcpy(to + i * decoded.length, decoded.bytes, decoded.length);
  return (Text){to, times * decoded.length};
}

static void print_bytes(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] > ' ' && bytes[i] < 127 && bytes[i] != '%') putchar(bytes[i]);
    else printf("%%%02x", bytes[i]);
  }
}

static void print_time(const char *name, uint64_t time) {
  if (time < CLOCK_TIMES) printf(" %s=%llu", name, (unsigned long long)time);
  else printf(" %s=clock", name);
}

static void print_filestat(const __wasi_filestat_t *stat) {
  printf(" %s", filetype_name(stat->filetype));
  if (stat->filetype != __WASI_FILETYPE_DIRECTORY) {
    printf(" size=%llu nlink=%llu", (unsigned long long)stat->size, (unsigned long long)stat->nlink);
  }
  print_time("atim", stat->atim);
  print_time("mtim", stat->mtim);
}

static void end_line(int errno_) { printf(" %s\n", errno_name(errno_)); }

static uint8_t buffer[1 << 17];

/* All entries of a directory, read through a buffer of `size` bytes, or more where one does not fit. */
typedef struct {
  __wasi_dirent_t head;
  char name[256];
} Entry;

static Entry entries[512];

static int read_directory(int fd, size_t size, int *count) {
  uint64_t cookie = 0;
  *count = 0;
  for (;;) {
    size_t used = 0;
    const int errno_ = wasi_fd_readdir(fd, buffer, size, cookie, &used);
    if (errno_ != 0) return errno_;
    size_t at = 0;
    while (at + sizeof(__wasi_dirent_t) <= used && *count < 512) {
      Entry *entry = &entries[*count];
      memcpy(&entry->head, buffer + at, sizeof entry->head);
      if (at + sizeof entry->head + entry->head.d_namlen > used || entry->head.d_namlen > 255) break;
      memcpy(entry->name, buffer + at + sizeof entry->head, entry->head.d_namlen);
      entry->name[entry->head.d_namlen] = 0;
      cookie = entry->head.d_next;
      at += sizeof entry->head + entry->head.d_namlen;
      ++*count;
    }
    if (used < size) return 0;
    // As libc does when not even one entry fits.
    if (at == 0) size = size * 2 + 16;
  }
}

static int by_name(const void *a, const void *b) { return strcmp(((const Entry *)a)->name, ((const Entry *)b)->name); }

static void list(int fd, size_t size) {
  int count;
  const int errno_ = read_directory(fd, size, &count);
  qsort(entries, (size_t)count, sizeof *entries, by_name);
  for (int i = 0; i < count; i++) {
    __wasi_filestat_t stat;
    const char *name = entries[i].name;
    printf(" %s=%s", name, filetype_name(entries[i].head.d_type));
    // What `..` is depends on where the host put us.
    if (strcmp(name, "..") != 0 && wasi_path_filestat_get(fd, 0, name, strlen(name), &stat) == 0) {
      printf(stat.ino == entries[i].head.d_ino ? "" : "(another inode)");
    }
  }
  end_line(errno_);
}

/* Prints all that is below an open directory. */
static void tree(int fd, int depth) {
  int count;
  if (read_directory(fd, sizeof buffer, &count) != 0 || depth > 8) return;
  qsort(entries, (size_t)count, sizeof *entries, by_name);
  Entry *here = malloc((size_t)count * sizeof *here + 1);
  memcpy(here, entries, (size_t)count * sizeof *here);
  for (int i = 0; i < count; i++) {
    const char *name = here[i].name;
    const size_t length = strlen(name);
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    __wasi_filestat_t stat;
    int below = NONE;
    size_t used = 0;
    wasi_path_filestat_get(fd, 0, name, length, &stat);
    printf("%*s", depth * 2 + 2, "");
    print_bytes((const uint8_t *)name, length);
    print_filestat(&stat);
    if (stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK) {
      wasi_path_readlink(fd, name, length, buffer, sizeof buffer, &used);
      printf(" -> ");
      print_bytes(buffer, used);
    } else if (wasi_path_open(fd, 0, name, length, 0, __WASI_RIGHTS_FD_READ, 0, 0, &below) != 0) {
      printf(" (closed)");
    } else if (stat.filetype == __WASI_FILETYPE_REGULAR_FILE) {
      uint32_t hash = 2166136261u;
      uint64_t at = 0;
      for (;;) {
        const __wasi_iovec_t into = {buffer, sizeof buffer};
        if (wasi_fd_pread(below, &into, 1, at, &used) != 0 || used == 0) break;
        for (size_t k = 0; k < used; k++) hash = (hash ^ buffer[k]) * 16777619u;
        at += used;
      }
      printf(" #%08x", hash);
    }
    putchar('\n');
    if (stat.filetype == __WASI_FILETYPE_DIRECTORY && below != NONE) tree(below, depth + 1);
    if (below != NONE) wasi_fd_close(below);
  }
  free(here);
}

static void fresh(void) {
  for (int i = 0; i < SLOTS; i++) {
    if (slots[i] != NONE && slots[i] > ROOT) wasi_fd_close(slots[i]);
    slots[i] = NONE;
  }
  const Text name = text();
  printf(" %s", errno_name(wasi_path_create_directory(ROOT, name.bytes, name.length)));
  const uint64_t reading = RIGHTS_ALL & ~__WASI_RIGHTS_FD_WRITE;
  end_line(wasi_path_open(ROOT, 0, name.bytes, name.length, __WASI_OFLAGS_DIRECTORY, reading, RIGHTS_ALL, 0, &slots[0]));
}

static void open_call(void) {
  const int to = (int)number() % SLOTS;
  const int directory = slot(), flags = (int)number(), oflags = (int)number(), fdflags = (int)number();
  const uint64_t rights = number();
  const Text path = text();
  int opened = NONE;
  const int errno_ = wasi_path_open(directory, flags, path.bytes, path.length, oflags, rights, rights, fdflags, &opened);
  if (errno_ == 0) {
    if (slots[to] != NONE) wasi_fd_close(slots[to]);
    slots[to] = opened;
  }
  end_line(errno_);
}

static void read_call(int positioned) {
  const int fd = slot();
  const size_t wanted = number() % sizeof buffer;
  const uint64_t offset = positioned ? number() : 0;
  const __wasi_iovec_t into = {buffer, wanted};
  size_t got = 0;
  const int errno_ = positioned ? wasi_fd_pread(fd, &into, 1, offset, &got) : wasi_fd_read(fd, &into, 1, &got);
  printf(" %zu ", got);
  print_bytes(buffer, got < 64 ? got : 64);
  end_line(errno_);
}

static void write_call(int positioned) {
  const int fd = slot();
  const uint64_t offset = positioned ? number() : 0;
  const Text data = text();
  const __wasi_ciovec_t from = {data.bytes, data.length};
  size_t put = 0;
  const int errno_ = positioned ? wasi_fd_pwrite(fd, &from, 1, offset, &put) : wasi_fd_write(fd, &from, 1, &put);
  printf(" %zu", put);
  end_line(errno_);
}

static void stat_call(int by_path) {
  __wasi_filestat_t stat;
  int errno_;
  const int fd = slot();
  if (by_path) {
    const int flags = (int)number();
    const Text path = text();
    errno_ = wasi_path_filestat_get(fd, flags, path.bytes, path.length, &stat);
  } else {
    errno_ = wasi_fd_filestat_get(fd, &stat);
  }
  if (errno_ == 0) print_filestat(&stat);
  end_line(errno_);
}

/* Whether two names stand for the same file. */
static void same_call(void) {
  __wasi_filestat_t a, b;
  const int from = slot();
  const Text old = text();
  const int to = slot();
  const Text new = text();
  const int errno_ = wasi_path_filestat_get(from, 1, old.bytes, old.length, &a) | wasi_path_filestat_get(to, 1, new.bytes, new.length, &b) << 8;
  if (errno_ == 0) printf(a.ino == b.ino ? " same" : " different");
  if (errno_ == 0) printf(a.dev == b.dev ? " device" : " devices");
  printf(" %s %s\n", errno_name(errno_ & 255), errno_name(errno_ >> 8));
}

static void times_call(int by_path) {
  const int fd = slot();
  if (by_path) {
    const int flags = (int)number();
    const Text path = text();
    const uint64_t atim = number(), mtim = number();
    end_line(wasi_path_filestat_set_times(fd, flags, path.bytes, path.length, atim, mtim, (int)number()));
  } else {
    const uint64_t atim = number(), mtim = number();
    end_line(wasi_fd_filestat_set_times(fd, atim, mtim, (int)number()));
  }
}

static void path_call(int (*call)(int, const void *, size_t)) {
  const int fd = slot();
  const Text path = text();
  end_line(call(fd, path.bytes, path.length));
}

static void two_path_call(const char *name) {
  const int from = slot();
  const Text old = text();
  const int to = slot();
  const Text new = text();
  end_line(strcmp(name, "rename") == 0
               ? wasi_path_rename(from, old.bytes, old.length, to, new.bytes, new.length)
               : wasi_path_link(from, 0, old.bytes, old.length, to, new.bytes, new.length));
}

static void run(const char *name) {
  if (strcmp(name, "fresh") == 0) return fresh();
  if (strcmp(name, "open") == 0) return open_call();
  if (strcmp(name, "read") == 0) return read_call(0);
  if (strcmp(name, "pread") == 0) return read_call(1);
  if (strcmp(name, "write") == 0) return write_call(0);
  if (strcmp(name, "pwrite") == 0) return write_call(1);
  if (strcmp(name, "stat") == 0) return stat_call(1);
  if (strcmp(name, "fstat") == 0) return stat_call(0);
  if (strcmp(name, "same") == 0) return same_call();
  if (strcmp(name, "times") == 0) return times_call(1);
  if (strcmp(name, "ftimes") == 0) return times_call(0);
  if (strcmp(name, "mkdir") == 0) return path_call(wasi_path_create_directory);
  if (strcmp(name, "rmdir") == 0) return path_call(wasi_path_remove_directory);
  if (strcmp(name, "unlink") == 0) return path_call(wasi_path_unlink_file);
  if (strcmp(name, "rename") == 0 || strcmp(name, "link") == 0) return two_path_call(name);
  if (strcmp(name, "symlink") == 0) {
    const Text target = text();
    const int fd = slot();
    const Text path = text();
    return end_line(wasi_path_symlink(target.bytes, target.length, fd, path.bytes, path.length));
  }
  if (strcmp(name, "readlink") == 0) {
    const int fd = slot();
    const size_t length = number() % sizeof buffer;
    const Text path = text();
    size_t used = 0;
    const int errno_ = wasi_path_readlink(fd, path.bytes, path.length, buffer, length, &used);
    printf(" ");
    print_bytes(buffer, errno_ == 0 ? used : 0);
    return end_line(errno_);
  }
  if (strcmp(name, "list") == 0) {
    const int fd = slot();
    return list(fd, number() % sizeof buffer);
  }
  if (strcmp(name, "tree") == 0) {
    end_line(0);
    return tree(slots[0], 0);
  }
  const int which = (int)number() % SLOTS;
  const int fd = slots[which];
  if (strcmp(name, "close") == 0) {
    const int errno_ = wasi_fd_close(fd);
    slots[which] = NONE;
    return end_line(errno_);
  }
  if (strcmp(name, "sync") == 0) return end_line(wasi_fd_sync(fd));
  if (strcmp(name, "datasync") == 0) return end_line(wasi_fd_datasync(fd));
  if (strcmp(name, "setsize") == 0) return end_line(wasi_fd_filestat_set_size(fd, number()));
  if (strcmp(name, "setflags") == 0) return end_line(wasi_fd_fdstat_set_flags(fd, (int)number()));
  if (strcmp(name, "renumber") == 0) {
    const int to = (int)number() % SLOTS;
    const int errno_ = wasi_fd_renumber(fd, slots[to]);
    if (errno_ == 0 && to != which) slots[which] = NONE;
    return end_line(errno_);
  }
  if (strcmp(name, "advise") == 0) {
    const uint64_t offset = number(), length = number();
    return end_line(wasi_fd_advise(fd, offset, length, (int)number()));
  }
  uint64_t position = 0;
  if (strcmp(name, "seek") == 0) {
    const int64_t delta = integer();
    const int errno_ = wasi_fd_seek(fd, delta, (int)number(), &position);
    printf(" %llu", (unsigned long long)position);
    return end_line(errno_);
  }
  if (strcmp(name, "tell") == 0) {
    const int errno_ = wasi_fd_tell(fd, &position);
    printf(" %llu", (unsigned long long)position);
    return end_line(errno_);
  }
  if (strcmp(name, "fdstat") == 0) {
    __wasi_fdstat_t stat;
    const int errno_ = wasi_fd_fdstat_get(fd, &stat);
    if (errno_ == 0) printf(" %s flags=%d", filetype_name(stat.fs_filetype), stat.fs_flags);
    return end_line(errno_);
  }
  printf(" no such call\n");
}

int main(void) {
  for (int i = 0; i < SLOTS; i++) slots[i] = NONE;
  for (int at = 1; fgets(line, sizeof line, stdin) != NULL; at++) {
    rest = line;
    const char *name = word();
    printf("%d %s", at, name);
    run(name);
  }
  return 0;
}
