/* Lists the trees named by its arguments, depth first and sorted: kind, size and path of everything in them. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void walk(const char *path) {
  DIR *directory = opendir(path);
  if (directory == NULL) {
    printf("%s: %s\n", path, strerror(errno));
    exit(1);
  }
  char **names = NULL;
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    names = realloc(names, (count + 1) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  closedir(directory);
  if (count > 0) qsort(names, count, sizeof *names, by_text);
  for (size_t i = 0; i < count; i++) {
    char full[4096];
    struct stat facts;
    snprintf(full, sizeof full, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", names[i]);
    if (lstat(full, &facts) != 0) {
      printf("%s: %s\n", full, strerror(errno));
      exit(1);
    }
    if (S_ISDIR(facts.st_mode)) {
      printf("d - %s\n", full);
      walk(full);
    } else {
      printf("%c %lld %s\n", S_ISREG(facts.st_mode) ? 'f' : '?', (long long)facts.st_size, full);
    }
    free(names[i]);
  }
  free(names);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) walk(argv[i]);
  return 0;
}
