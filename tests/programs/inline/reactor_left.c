// A library that leaves behind what is hard to keep: directories in directories, holes, and one file by many names.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT(name) __attribute__((export_name(#name)))

EXPORT(dig) int dig(int depth) {
  int at = open("/", O_RDONLY | O_DIRECTORY);
  for (int i = 0; i < depth; i++) {
    if (mkdirat(at, "a", 0777) != 0) return -1;
    int next = openat(at, "a", O_RDONLY | O_DIRECTORY);
    close(at);
    if (next < 0) return -1;
    at = next;
  }
  return close(at);
}

EXPORT(leave) int leave(int size) {
  FILE *kept = fopen("/kept", "w");
  if (kept == NULL || fputs("kept", kept) < 0 || fclose(kept) != 0) return -1;
  int hole = open("/hole", O_WRONLY | O_CREAT, 0666);
  if (hole < 0 || ftruncate(hole, size) != 0 || close(hole) != 0) return -1;
  return link("/hole", "/name");
}

EXPORT(crash) void crash(void) { __builtin_trap(); }
