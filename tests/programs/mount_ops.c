/* Does file operations as its arguments or its input say, one a line, and prints what came of each: "ok ..." or the error's name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS 8
#define OPEN_MAX_KEPT 64

static int kept[OPEN_MAX_KEPT];

static const char *name_of(int error) {
  switch (error) {
    case EBADF: return "EBADF";
    case EBUSY: return "EBUSY";
    case EEXIST: return "EEXIST";
    case EFBIG: return "EFBIG";
    case EINVAL: return "EINVAL";
    case EIO: return "EIO";
    case EISDIR: return "EISDIR";
    case ELOOP: return "ELOOP";
    case EACCES: return "EACCES";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    case ENFILE: return "ENFILE";
    case ENOENT: return "ENOENT";
    case ENOSPC: return "ENOSPC";
    case ENOTDIR: return "ENOTDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    case ENOTSUP: return "ENOTSUP";
    case ENOTCAPABLE: return "ENOTCAPABLE";
    case EPERM: return "EPERM";
    case EROFS: return "EROFS";
    case EXDEV: return "EXDEV";
    default: return strerror(error);
  }
}

static void outcome(int result) {
  puts(result == 0 ? "ok" : name_of(errno));
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
  char *names[4096];
  size_t count = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) {
    outcome(-1);
    return;
  }
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && count < 4096) {
      names[count++] = strdup(entry->d_name);
    }
  }
  closedir(directory);
  qsort(names, count, sizeof names[0], by_name);
  printf("ok");
  for (size_t i = 0; i < count; i++) {
    printf(" %s", names[i]);
    free(names[i]);
  }
  puts("");
}

static void cat(const char *path) {
  char buffer[4096];
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    outcome(-1);
    return;
  }
  printf("ok ");
  ssize_t got;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) fwrite(buffer, 1, (size_t)got, stdout);
  puts(got < 0 ? name_of(errno) : "");
  close(fd);
}

/* Length and a sum that moves with every byte: contents too long to print. */
static void sum(const char *path) {
  static unsigned char buffer[65536];
  unsigned long long hash = 14695981039346656037ull, length = 0;
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    outcome(-1);
    return;
  }
  ssize_t got;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < got; i++) hash = (hash ^ buffer[i]) * 1099511628211ull;
    length += (unsigned long long)got;
  }
  close(fd);
  if (got < 0) outcome(-1);
  else printf("ok %llu %016llx\n", length, hash);
}

static void put(const char *path, int flags, const char *text) {
  int fd = open(path, flags, 0666);
  if (fd < 0) {
    outcome(-1);
    return;
  }
  size_t length = strlen(text);
  ssize_t done = length == 0 ? 0 : write(fd, text, length);
  if (done < 0) outcome(-1);
  else if ((size_t)done < length) printf("ok short %zd\n", done);
  else puts("ok");
  close(fd);
}

/* Writes blocks of 1024 bytes until `bytes` are there or no more goes in; says how many went in, and what stopped it. */
static void fill(const char *path, long long bytes) {
  char block[1024];
  memset(block, 'x', sizeof block);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (fd < 0) {
    outcome(-1);
    return;
  }
  long long written = 0;
  ssize_t done = 0;
  while (written < bytes) {
    size_t want = bytes - written < (long long)sizeof block ? (size_t)(bytes - written) : sizeof block;
    done = write(fd, block, want);
    if (done < 0) break;
    written += done;
  }
  printf("ok %lld %s\n", written, done < 0 ? name_of(errno) : "");
  close(fd);
}

static void stat_line(const char *path) {
  struct stat facts;
  if (lstat(path, &facts) != 0) {
    outcome(-1);
    return;
  }
  char kind = S_ISREG(facts.st_mode) ? 'f' : S_ISDIR(facts.st_mode) ? 'd' : S_ISLNK(facts.st_mode) ? 'l' : '?';
  printf("ok %c size %lld links %llu time %lld.%09ld\n", kind, (long long)facts.st_size, (unsigned long long)facts.st_nlink,
         (long long)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
}

static void same_device(const char *a, const char *b) {
  struct stat one, other;
  if (stat(a, &one) != 0 || stat(b, &other) != 0) outcome(-1);
  else puts(one.st_dev == other.st_dev ? "ok same" : "ok different");
}

static void run(int count, char **word) {
  const char *op = word[0], *a = count > 1 ? word[1] : "", *b = count > 2 ? word[2] : "", *c = count > 3 ? word[3] : "";
  if (strcmp(op, "ls") == 0) list(a);
  else if (strcmp(op, "cat") == 0) cat(a);
  else if (strcmp(op, "sum") == 0) sum(a);
  else if (strcmp(op, "write") == 0) put(a, O_WRONLY | O_CREAT | O_TRUNC, b);
  else if (strcmp(op, "append") == 0) put(a, O_WRONLY | O_CREAT | O_APPEND, b);
  else if (strcmp(op, "overwrite") == 0) put(a, O_WRONLY, b);
  else if (strcmp(op, "create") == 0) put(a, O_WRONLY | O_CREAT | O_EXCL, b);
  else if (strcmp(op, "fill") == 0) fill(a, atoll(b));
  else if (strcmp(op, "mkdir") == 0) outcome(mkdir(a, 0777));
  else if (strcmp(op, "rmdir") == 0) outcome(rmdir(a));
  else if (strcmp(op, "rm") == 0) outcome(unlink(a));
  else if (strcmp(op, "mv") == 0) outcome(rename(a, b));
  else if (strcmp(op, "ln") == 0) outcome(link(a, b));
  else if (strcmp(op, "symlink") == 0) outcome(symlink(a, b));
  else if (strcmp(op, "truncate") == 0) outcome(truncate(a, atoll(b)));
  else if (strcmp(op, "stat") == 0) stat_line(a);
  else if (strcmp(op, "dev") == 0) same_device(a, b);
  else if (strcmp(op, "touch") == 0) {
    struct timespec times[2] = {{atoll(b), atol(c)}, {atoll(b), atol(c)}};
    outcome(utimensat(AT_FDCWD, a, times, 0));
  } else if (strcmp(op, "readlink") == 0) {
    char target[4096];
    ssize_t length = readlink(a, target, sizeof target);
    if (length < 0) outcome(-1);
    else printf("ok %.*s\n", (int)length, target);
  } else if (strcmp(op, "keep") == 0) {
    /* keep SLOT PATH: holds a file open. */
    int fd = kept[atoi(a)] = open(b, O_RDWR | O_CREAT, 0666);
    outcome(fd < 0 ? -1 : 0);
  } else if (strcmp(op, "read") == 0) {
    char text[256];
    ssize_t length = pread(kept[atoi(a)], text, sizeof text, 0);
    if (length < 0) outcome(-1);
    else printf("ok %.*s\n", (int)length, text);
  } else if (strcmp(op, "drop") == 0) {
    outcome(close(kept[atoi(a)]));
  } else if (strcmp(op, "poke") == 0) {
    /* poke PATH OFFSET TEXT: writes in the middle of a file. */
    int fd = open(a, O_WRONLY | O_CREAT, 0666);
    if (fd < 0) {
      outcome(-1);
      return;
    }
    outcome(pwrite(fd, c, strlen(c), atoll(b)) == (ssize_t)strlen(c) ? 0 : -1);
    close(fd);
  } else if (strcmp(op, "many") == 0) {
    /* many FOLDER COUNT TEXT: files f0, f1, ... with that text. */
    char path[512];
    int made = 0, wanted = atoi(b);
    for (; made < wanted; made++) {
      snprintf(path, sizeof path, "%s/f%d", a, made);
      int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
      if (fd < 0) break;
      ssize_t done = write(fd, c, strlen(c));
      close(fd);
      if (done != (ssize_t)strlen(c)) break;
    }
    printf("ok %d %s\n", made, made < wanted ? name_of(errno) : "");
  } else if (strcmp(op, "open") == 0) {
    /* open PATH COUNT: as many descriptors at once. */
    int made = 0, wanted = atoi(b);
    while (made < wanted && open(a, O_RDONLY) >= 0) made++;
    printf("ok %d %s\n", made, made < wanted ? name_of(errno) : "");
  } else if (strcmp(op, "sleep") == 0) {
    struct timespec time = {atol(a) / 1000, atol(a) % 1000 * 1000000};
    outcome(nanosleep(&time, NULL));
  } else {
    puts("?");
  }
}

int main(int count, char **arguments) {
  char line[8192];
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  if (count > 1) {
    /* One operation an argument, its words apart by '|'. */
    for (int i = 1; i < count; i++) {
      char *words[WORDS], *rest = arguments[i];
      int found = 0;
      while (rest != NULL && found < WORDS) words[found++] = strsep(&rest, "|");
      run(found, words);
    }
    return 0;
  }
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *words[WORDS], *rest = line;
    int found = 0;
    line[strcspn(line, "\n")] = 0;
    while (rest != NULL && found < WORDS) words[found++] = strsep(&rest, "|");
    run(found, words);
  }
  return 0;
}
