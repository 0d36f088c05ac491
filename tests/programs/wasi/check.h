/* What the programs of this folder share: the names of errnos, and one line of output per check. */
#ifndef CHECK_H
#define CHECK_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The first preopened directory. */
#define ROOT 3

static const char *const ERRNO_NAMES[] = {
    "ok", "2BIG", "ACCES", "ADDRINUSE", "ADDRNOTAVAIL", "AFNOSUPPORT", "AGAIN", "ALREADY", "BADF", "BADMSG", "BUSY",
    "CANCELED", "CHILD", "CONNABORTED", "CONNREFUSED", "CONNRESET", "DEADLK", "DESTADDRREQ", "DOM", "DQUOT", "EXIST",
    "FAULT", "FBIG", "HOSTUNREACH", "IDRM", "ILSEQ", "INPROGRESS", "INTR", "INVAL", "IO", "ISCONN", "ISDIR", "LOOP",
    "MFILE", "MLINK", "MSGSIZE", "MULTIHOP", "NAMETOOLONG", "NETDOWN", "NETRESET", "NETUNREACH", "NFILE", "NOBUFS",
    "NODEV", "NOENT", "NOEXEC", "NOLCK", "NOLINK", "NOMEM", "NOMSG", "NOPROTOOPT", "NOSPC", "NOSYS", "NOTCONN",
    "NOTDIR", "NOTEMPTY", "NOTRECOVERABLE", "NOTSOCK", "NOTSUP", "NOTTY", "NXIO", "OVERFLOW", "OWNERDEAD", "PERM",
    "PIPE", "PROTO", "PROTONOSUPPORT", "PROTOTYPE", "RANGE", "ROFS", "SPIPE", "SRCH", "STALE", "TIMEDOUT", "TXTBSY",
    "XDEV", "NOTCAPABLE"};

static inline const char *errno_name(int number) {
  return number >= 0 && number < (int)(sizeof ERRNO_NAMES / sizeof *ERRNO_NAMES) ? ERRNO_NAMES[number] : "unknown";
}

static const char *const FILETYPE_NAMES[] = {"unknown", "block", "character", "directory",
                                             "file", "dgram", "stream", "symlink"};

static inline const char *filetype_name(int type) { return type >= 0 && type < 8 ? FILETYPE_NAMES[type] : "invalid"; }

/* Prints `what: errno`, and returns the errno. */
static inline int check(int number, const char *what, ...) __attribute__((format(printf, 2, 3)));
static inline int check(int number, const char *what, ...) {
  va_list arguments;
  va_start(arguments, what);
  vprintf(what, arguments);
  va_end(arguments);
  printf(": %s\n", errno_name(number));
  return number;
}

#include "raw.h"

/* A path with its length: NULs may be in it. */
typedef struct {
  const char *bytes;
  size_t length;
} Path;

#define PATH(literal) {literal, sizeof literal - 1}

static inline Path path(const char *text) { return (Path){text, strlen(text)}; }

/* Shows bytes that are not printable as \xx, and long paths by their length. */
static inline const char *shown(Path path) {
  static char texts[4][160];
  static int turn;
  char *text = texts[turn = (turn + 1) % 4], *to = text;
  for (size_t i = 0; i < path.length && i < 32; i++) {
    const unsigned char byte = (unsigned char)path.bytes[i];
    if (byte >= ' ' && byte < 127) *to++ = (char)byte;
    else to += sprintf(to, "\\%02x", byte);
  }
  *to = 0;
  if (path.length > 32) sprintf(to, "...(%zu)", path.length);
  return text;
}

static inline int open_path(int directory, int lookup, Path path, int oflags, int fdflags, uint64_t rights, int *opened) {
  return wasi_path_open(directory, lookup, path.bytes, path.length, oflags, rights, rights, fdflags, opened);
}

/* Makes a file with the contents given, and returns whether that worked. */
static inline int make_file(const char *name, const char *contents) {
  int fd = -1;
  const uint64_t rights = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE;
  if (open_path(ROOT, 0, path(name), __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC, 0, rights, &fd) != 0) return 0;
  const __wasi_ciovec_t from = {(const uint8_t *)contents, strlen(contents)};
  size_t written = 0;
  const int failed = wasi_fd_write(fd, &from, 1, &written);
  return wasi_fd_close(fd) == 0 && failed == 0 && written == strlen(contents);
}

static inline int make_directory(const char *name) {
  return wasi_path_create_directory(ROOT, name, strlen(name)) == 0;
}

static inline int make_link(const char *target, const char *name) {
  return wasi_path_symlink(target, strlen(target), ROOT, name, strlen(name)) == 0;
}

static inline int remove_file(const char *name) { return wasi_path_unlink_file(ROOT, name, strlen(name)) == 0; }

static inline int remove_directory(const char *name) {
  return wasi_path_remove_directory(ROOT, name, strlen(name)) == 0;
}

/* A fresh file opened for reading and writing, or -1. */
static inline int fresh_file(const char *name) {
  int fd = -1;
  const int oflags = __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC;
  open_path(ROOT, 0, path(name), oflags, 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE, &fd);
  return fd;
}

#endif
