/* Makes, lists, renames and removes directories. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int result, const char *step) {
  if (result == 0) return;
  printf("%s: errno %d (%s)\n", step, errno, strerror(errno));
  exit(1);
}

static void touch(const char *path) {
  FILE *file = fopen(path, "w");
  check(file == NULL, path);
  check(fprintf(file, "%s", path) < 0, path);
  check(fclose(file), path);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  char *names[64];
  size_t count = 0;
  DIR *directory = opendir(path);
  check(directory == NULL, path);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL && count < 64;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char text[300];
    const char *mark = entry->d_type == DT_DIR ? "/" : entry->d_type == DT_REG ? "" : "?";
    snprintf(text, sizeof text, "%s%s", entry->d_name, mark);
    names[count++] = strdup(text);
  }
  closedir(directory);
  qsort(names, count, sizeof *names, by_text);
  printf("%s:", path);
  for (size_t i = 0; i < count; i++) printf(" %s", names[i]);
  printf("\n");
}

int main(void) {
  check(mkdir("/top", 0777), "mkdir /top");
  check(mkdir("/top/b", 0777), "mkdir /top/b");
  check(mkdir("/top/a", 0777), "mkdir /top/a");
  touch("/top/z.txt");
  touch("/top/a/deep.txt");
  list("/top");
  list("/top/a");
  check(rename("/top/a", "/top/c"), "rename a directory");
  list("/top");
  list("/top/c");
  check(chdir("/top/c"), "chdir");
  touch("relative.txt");
  list("/top/c");
  check(rmdir("/top/b"), "rmdir");
  list("/top");
  return 0;
}
