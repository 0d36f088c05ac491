/*
 * Devices of aikernel_web, for programs in C and C++ on wasi-libc. Devices are files: everything here can be done with open,
 * read and write alone, from any language, and this header only names things and spares typing. To build with it, in the folder
 * above it: zig cc --target=wasm32-wasi -Iinclude prog.c -o prog.wasm, or clang of the WASI SDK with the same -I.
 *
 * In every program: /dev/null, /dev/zero, /dev/full, /dev/random, /dev/urandom, /dev/stdin, /dev/stdout, /dev/stderr.
 *
 *   /dev/tty            the terminal: reads what standard input reads, writes to standard output. ENXIO where there is none.
 *   /dev/consctl        its control file. Write `rawon` to get every key as it is struck (no echo, no editing; Enter is CR,
 *                       arrows and the like are the escape sequences of a VT; Ctrl-C is byte 3), `rawoff` to give line editing
 *                       back; both end with the process. Ctrl-\ ends a raw program from the keyboard and never reaches it;
 *                       F6 leaves the terminal. A line feed that is written still begins a new line at its left.
 *                       Reading gives lines: `size COLUMNS ROWS`, `raw on|off`. poll() finds it readable again when the size
 *                       has changed since it was read; seek to 0 first. ENXIO where there is no terminal.
 *   /dev/fb/ctl         the display. Write lines `size WIDTH HEIGHT` (1 to 4096 each), `format NAME`, `palette INDEX RRGGBB[AA]`
 *                       (hexadecimal, for indexed8), `present`. Reading gives size, format, stride, bytes, sequence. It begins
 *                       with 640 by 480 in rgba8888, all zeros; `size` and `format` begin a new picture.
 *   /dev/fb/data        its pixels, rows from the top, without padding. A write that reaches the end of the picture presents it
 *                       and goes on at the beginning. Writing beyond the end is ENOSPC. A program never waits for its display:
 *                       a frame that comes before the last was taken replaces the one that waits. (Unless its host wants
 *                       every frame, as it does of a deterministic program.)
 *   /dev/audio/ctl      the loudspeaker. Write lines `rate HERTZ` (8000 to 96000), `channels COUNT` (1 to 8), `format NAME`.
 *                       Reading gives rate, channels, format and `frame` (bytes). It begins with 44100, 2, s16le.
 *   /dev/audio/data     samples, interleaved. A write waits while too much is on its way (EAGAIN with O_NONBLOCK, or where a
 *                       program cannot be made to wait): 200 ms of sound while somebody listens, who sets the pace.
 *   /dev/input/events   struct aik_input_event, as people use keyboard, pointer and gamepad; one queue for all who read.
 *   /dev/event          a line of JSON each way. What is written must be an object with a string `name` that is not empty:
 *                       EINVAL otherwise, and nothing of that write is published. It waits as sound does. Reading gives
 *                       lines that the host sent.
 *
 * A line of a control file that is not understood, or asks for more than there is, fails its write with EINVAL. One write to a
 * control file is whole lines (the last line break may be left out), at most AIK_CONTROL_BYTES_MAX (EMSGSIZE).
 */
#ifndef AIKERNEL_H
#define AIKERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __cplusplus
#define AIK_STATIC_ASSERT(condition, message) static_assert(condition, message)
#else
#define AIK_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#endif

/* The most that one write to a control file may be, in bytes. */
#define AIK_CONTROL_BYTES_MAX 16384

/* ---- Display ---- */

/* The longest side of the picture, in pixels. */
#define AIK_FB_SIDE_MAX 4096
/* Colours of the palette. */
#define AIK_FB_PALETTE_ENTRIES 256

/* Pixel formats: bytes in the order of the name. rgb565 is a little-endian word with red in the upper bits. */
#define AIK_FB_RGBA8888 "rgba8888"
#define AIK_FB_BGRA8888 "bgra8888"
#define AIK_FB_RGB888 "rgb888"
#define AIK_FB_RGB565 "rgb565"
#define AIK_FB_GRAY8 "gray8"
#define AIK_FB_INDEXED8 "indexed8"

/* ---- Sound ---- */

#define AIK_AUDIO_RATE_MIN 8000
#define AIK_AUDIO_RATE_MAX 96000
#define AIK_AUDIO_CHANNELS_MAX 8

/* Sample formats: signed 16 bits, IEEE 754 single precision from -1 to 1, unsigned 8 bits; little-endian. */
#define AIK_AUDIO_S16LE "s16le"
#define AIK_AUDIO_F32LE "f32le"
#define AIK_AUDIO_U8 "u8"

/* ---- Input ---- */

/* A record of /dev/input/events; little-endian, as WebAssembly's memory is. */
struct aik_input_event {
  uint64_t time;      /* nanoseconds since the Unix epoch: CLOCK_REALTIME */
  uint16_t type;      /* AIK_INPUT_KEY ... */
  uint16_t action;    /* AIK_INPUT_UP ... */
  uint16_t code;      /* key: its usage on page 7 of the USB HID Usage Tables, the place on the keyboard whatever the layout;
                         pointer: the button that went up or down (0 left, 1 middle, 2 right); gamepad: button or axis */
  uint16_t modifiers; /* AIK_INPUT_SHIFT ... of keys and pointers */
  uint32_t device;    /* which pointer or gamepad; 0 for keys */
  int32_t x;          /* pointer: column of the picture; wheel: pixels to the right */
  int32_t y;          /* pointer: row of the picture; wheel: pixels downwards */
  int32_t value;      /* key: the Unicode code point it types, 0 for none; pointer: what buttons are down (bit 0 left, 1 right,
                         2 middle); gamepad button: 0 to 32767; gamepad axis: -32767 to 32767; overflow: records lost here */
};

AIK_STATIC_ASSERT(sizeof(struct aik_input_event) == 32, "a record of /dev/input/events is 32 bytes");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, type) == 8, "type is at 8");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, action) == 10, "action is at 10");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, code) == 12, "code is at 12");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, modifiers) == 14, "modifiers is at 14");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, device) == 16, "device is at 16");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, x) == 20, "x is at 20");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, y) == 24, "y is at 24");
AIK_STATIC_ASSERT(offsetof(struct aik_input_event, value) == 28, "value is at 28");

enum aik_input_type {
  AIK_INPUT_OVERFLOW = 0, /* records were lost before this one, because nobody read them */
  AIK_INPUT_KEY = 1,
  AIK_INPUT_POINTER = 2,
  AIK_INPUT_WHEEL = 3,
  AIK_INPUT_GAMEPAD_BUTTON = 4,
  AIK_INPUT_GAMEPAD_AXIS = 5
};

enum aik_input_action { AIK_INPUT_UP = 0, AIK_INPUT_DOWN = 1, AIK_INPUT_REPEAT = 2, AIK_INPUT_MOVE = 3 };

enum aik_input_modifier { AIK_INPUT_SHIFT = 1, AIK_INPUT_CONTROL = 2, AIK_INPUT_ALT = 4, AIK_INPUT_META = 8 };

/* Records that wait to be read; when more come the oldest make room, and a record of type overflow takes their place. */
#define AIK_INPUT_QUEUE_RECORDS 1024

/* ---- Events ---- */

/* The longest line of /dev/event in bytes, without its line break (EMSGSIZE). */
#define AIK_EVENT_LINE_BYTES_MAX 65536
/* Lines that wait to be read; when more come the oldest make room, and {"name":"overflow","lost":N} takes their place. */
#define AIK_EVENT_QUEUE_LINES 1024

/* ---- Functions: each answers -1 and sets errno when it fails ---- */

/* Writes `length` bytes, whatever pieces they are taken in. Returns 0. */
static inline int aik_write(int fd, const void *bytes, size_t length) {
  const char *at = (const char *)bytes;
  while (length > 0) {
    ssize_t written = write(fd, at, length);
    if (written < 0) return -1;
    at += written;
    length -= (size_t)written;
  }
  return 0;
}

/* Writes commands to a control file. Returns 0. */
static inline int aik_control(const char *path, const char *commands) {
  int fd = open(path, O_WRONLY);
  if (fd < 0) return -1;
  size_t length = strlen(commands);
  int failed = write(fd, commands, length) == (ssize_t)length ? 0 : errno;
  close(fd);
  errno = failed;
  return failed ? -1 : 0;
}

/* Sets the display's geometry and opens its pixels for reading and writing. Returns a descriptor. */
static inline int aik_fb_open(int width, int height, const char *format) {
  char commands[64];
  snprintf(commands, sizeof commands, "size %d %d\nformat %s\n", width, height, format);
  return aik_control("/dev/fb/ctl", commands) < 0 ? -1 : open("/dev/fb/data", O_RDWR);
}

/* Shows a whole picture of `bytes` bytes. Returns 0. */
static inline int aik_fb_present(int fd, const void *pixels, size_t bytes) {
  return lseek(fd, 0, SEEK_SET) < 0 ? -1 : aik_write(fd, pixels, bytes);
}

/* Sets `count` colours of the palette from `first` on, each 0xRRGGBB. Returns 0. */
static inline int aik_fb_palette(int first, const uint32_t *colours, int count) {
  char commands[AIK_FB_PALETTE_ENTRIES * 20];
  int used = 0;
  if (count < 0 || count > AIK_FB_PALETTE_ENTRIES) {
    errno = EINVAL;
    return -1;
  }
  commands[0] = 0;
  for (int i = 0; i < count; i++) {
    unsigned colour = (unsigned)(colours[i] & 0xffffff);
    used += snprintf(commands + used, sizeof commands - (size_t)used, "palette %d %06x\n", (first + i) & 0xffff, colour);
  }
  return aik_control("/dev/fb/ctl", commands);
}

/* Sets the loudspeaker up and opens it for writing. Returns a descriptor. */
static inline int aik_audio_open(int rate, int channels, const char *format) {
  char commands[64];
  snprintf(commands, sizeof commands, "rate %d\nchannels %d\nformat %s\n", rate, channels, format);
  return aik_control("/dev/audio/ctl", commands) < 0 ? -1 : open("/dev/audio/data", O_WRONLY);
}

/* Plays samples; waits while too much is on its way. Returns 0. */
static inline int aik_audio_write(int fd, const void *samples, size_t bytes) { return aik_write(fd, samples, bytes); }

/* Opens the input events; with `nonblocking` reading does not wait. Returns a descriptor. */
static inline int aik_input_open(int nonblocking) {
  return open("/dev/input/events", O_RDONLY | (nonblocking ? O_NONBLOCK : 0));
}

/* Reads one record. Returns 1, or 0 when there is none and the descriptor does not block. */
static inline int aik_input_read(int fd, struct aik_input_event *event) {
  ssize_t got = read(fd, event, sizeof *event);
  if (got == (ssize_t)sizeof *event) return 1;
  return got < 0 && errno == EAGAIN ? 0 : -1;
}

/* Publishes an event on the host's bus: a JSON object with a string `name`, without line breaks. Returns 0. */
static inline int aik_event_publish(const char *json) {
  int fd = open("/dev/event", O_WRONLY);
  if (fd < 0) return -1;
  int failed = aik_write(fd, json, strlen(json)) < 0 || aik_write(fd, "\n", 1) < 0 ? errno : 0;
  close(fd);
  errno = failed;
  return failed ? -1 : 0;
}

/* Takes the terminal's keys as they are struck, or gives line editing back. Returns 0. */
static inline int aik_terminal_raw(int on) { return aik_control("/dev/consctl", on ? "rawon" : "rawoff"); }

/* Tells the terminal's size in characters. Returns 0. */
static inline int aik_terminal_size(int *columns, int *rows) {
  char state[128];
  int fd = open("/dev/consctl", O_RDONLY);
  if (fd < 0) return -1;
  ssize_t length = read(fd, state, sizeof state - 1);
  close(fd);
  if (length < 0) return -1;
  state[length] = 0;
  if (sscanf(state, "size %d %d", columns, rows) == 2) return 0;
  errno = EIO;
  return -1;
}

#endif
