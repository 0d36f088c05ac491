/*
 * Every call of WASI as the module has it: numbers and addresses, nothing in between. wasi-libc's own declarations measure
 * paths by their NUL and know preview 1 only.
 *
 * Define WASI_MODULE as "wasi_unstable" before including this for preview 0.
 * https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md
 */
#ifndef RAW_H
#define RAW_H

#include <stddef.h>
#include <stdint.h>
#include <wasi/api.h>

#ifndef WASI_MODULE
#define WASI_MODULE "wasi_snapshot_preview1"
#endif

#define CALL(name, ...)                                                                    \
  __attribute__((import_module(WASI_MODULE), import_name(#name))) int wasi_##name(__VA_ARGS__)

CALL(args_get, void *, void *);
CALL(args_sizes_get, void *, void *);
CALL(environ_get, void *, void *);
CALL(environ_sizes_get, void *, void *);
CALL(clock_res_get, int, void *);
CALL(clock_time_get, int, uint64_t, void *);
CALL(fd_advise, int, uint64_t, uint64_t, int);
CALL(fd_allocate, int, uint64_t, uint64_t);
CALL(fd_close, int);
CALL(fd_datasync, int);
CALL(fd_fdstat_get, int, void *);
CALL(fd_fdstat_set_flags, int, int);
CALL(fd_fdstat_set_rights, int, uint64_t, uint64_t);
CALL(fd_filestat_get, int, void *);
CALL(fd_filestat_set_size, int, uint64_t);
CALL(fd_filestat_set_times, int, uint64_t, uint64_t, int);
CALL(fd_pread, int, const void *, size_t, uint64_t, void *);
CALL(fd_prestat_get, int, void *);
CALL(fd_prestat_dir_name, int, void *, size_t);
CALL(fd_pwrite, int, const void *, size_t, uint64_t, void *);
CALL(fd_read, int, const void *, size_t, void *);
CALL(fd_readdir, int, void *, size_t, uint64_t, void *);
CALL(fd_renumber, int, int);
CALL(fd_seek, int, int64_t, int, void *);
CALL(fd_sync, int);
CALL(fd_tell, int, void *);
CALL(fd_write, int, const void *, size_t, void *);
CALL(path_create_directory, int, const void *, size_t);
CALL(path_filestat_get, int, int, const void *, size_t, void *);
CALL(path_filestat_set_times, int, int, const void *, size_t, uint64_t, uint64_t, int);
CALL(path_link, int, int, const void *, size_t, int, const void *, size_t);
CALL(path_open, int, int, const void *, size_t, int, uint64_t, uint64_t, int, void *);
CALL(path_readlink, int, const void *, size_t, void *, size_t, void *);
CALL(path_remove_directory, int, const void *, size_t);
CALL(path_rename, int, const void *, size_t, int, const void *, size_t);
CALL(path_symlink, const void *, size_t, int, const void *, size_t);
CALL(path_unlink_file, int, const void *, size_t);
CALL(poll_oneoff, const void *, void *, size_t, void *);
CALL(proc_raise, int);
CALL(random_get, void *, size_t);
CALL(sched_yield, void);
CALL(sock_accept, int, int, void *);
CALL(sock_recv, int, const void *, size_t, int, void *, void *);
CALL(sock_send, int, const void *, size_t, int, void *);
CALL(sock_shutdown, int, int);

#undef CALL

/* All rights there are. */
#define RIGHTS_ALL 0x3fffffffull

#endif
