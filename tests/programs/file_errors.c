/* What file calls answer when they are refused. Expects the file /there and nothing else. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name(int code) {
  switch (code) {
    case 0: return "0";
    case EBADF: return "EBADF";
    case EEXIST: return "EEXIST";
    case EINVAL: return "EINVAL";
    case EISDIR: return "EISDIR";
    case ENOENT: return "ENOENT";
    case ENOTDIR: return "ENOTDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    default: return "other";
  }
}

static void say(const char *what, int failed) { printf("%s: %s\n", what, failed ? name(errno) : "worked"); }

int main(void) {
  struct stat facts;
  char byte;
  say("open a missing file", open("/missing", O_RDONLY) < 0);
  say("open below a missing directory", open("/missing/file", O_WRONLY | O_CREAT, 0666) < 0);
  say("open below a file", open("/there/file", O_RDONLY) < 0);
  say("create what exists", open("/there", O_WRONLY | O_CREAT | O_EXCL, 0666) < 0);
  say("open a file as a directory", open("/there", O_RDONLY | O_DIRECTORY) < 0);
  say("stat a missing file", stat("/missing", &facts) != 0);
  say("unlink a missing file", unlink("/missing") != 0);
  say("rename a missing file", rename("/missing", "/other") != 0);
  say("list a missing directory", opendir("/missing") == NULL);
  say("rmdir a missing directory", rmdir("/missing") != 0);
  say("rmdir a file", rmdir("/there") != 0);
  say("mkdir where a file is", mkdir("/there", 0777) != 0);
  say("mkdir", mkdir("/full", 0777) != 0);
  say("create in it", close(open("/full/file", O_WRONLY | O_CREAT, 0666)) != 0);
  say("rmdir a full directory", rmdir("/full") != 0);
  say("open a directory for writing", open("/full", O_WRONLY) < 0);
  say("read from a closed descriptor", read(99, &byte, 1) < 0);
  return 0;
}
