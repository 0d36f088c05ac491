import {
  ADVICE_NAMES, CLOCK_NAMES, FDFLAG_NAMES, LOOKUP_NAMES, OPEN_NAMES, RECEIVE_NAMES, SHUTDOWN_NAMES, TIME_NAMES,
} from "./names.mjs";
import {
  directoryEntries, events, fdstat, filestat, flags, named, number32, number64, prestat, rights, signal, subscriptions, text,
  unsigned, vectors, whence,
} from "./trace-values.mjs";

/** @typedef {import("../guest-memory.mjs").GuestMemory} GuestMemory */
/** @typedef {import("./filestat.mjs").Layout} Layout */

/**
 * How some parameters of a call, one after another, are shown.
 * @typedef {object} Kind
 * @property {number} width parameters
 * @property {(memory: GuestMemory, layout: Layout, ...args: any[]) => string} [before] what the program gave
 * @property {(memory: GuestMemory, layout: Layout, ...args: any[]) => string} [after] what it was given
 */

/** @param {(value: any) => string} show @returns {Kind} */
const plain = (show) => ({ width: 1, before: (memory, layout, value) => show(value) });
/** @param {(memory: GuestMemory, pointer: number, layout: Layout) => string} show @returns {Kind} */
const result = (show) => ({ width: 1, after: (memory, layout, pointer) => show(memory, pointer, layout) });

const FD = plain((value) => String(value | 0));
const U32 = plain(unsigned);
const U64 = plain(unsigned);
const S64 = plain((value) => String(value));
const RIGHTS = plain(rights);
const FDFLAGS = plain((value) => flags(FDFLAG_NAMES, value));
const LOOKUP = plain((value) => flags(LOOKUP_NAMES, value));
const OFLAGS = plain((value) => flags(OPEN_NAMES, value));
const FSTFLAGS = plain((value) => flags(TIME_NAMES, value));
const CLOCK = plain((value) => named(CLOCK_NAMES, value));
const ADVICE = plain((value) => named(ADVICE_NAMES, value));
const SIGNAL = plain(signal);
/** @type {Kind} */
const WHENCE = { width: 1, before: (memory, layout, value) => whence(value, layout) };
/** @type {Kind} */
const PATH = { width: 2, before: (memory, layout, pointer, length) => text(memory, pointer, length) };
/** @type {Kind} */
const DATA_OUT = { width: 2, before: (memory, layout, iovs, count) => vectors(memory, iovs, count) };
/** Pointers that say nothing. @type {Kind} */
const POINTER = { width: 1 };
const RESULT_U32 = result(number32);
const RESULT_U64 = result(number64);
const FILESTAT = result(filestat);
const FDSTAT = result(fdstat);
const PRESTAT = result(prestat);
/** A buffer, of which the length is shown. @type {Kind} */
const BUFFER = { width: 2, before: (memory, layout, pointer, length) => unsigned(length) };
/** @type {Kind} */
const NAME_BUFFER = { ...BUFFER, after: (memory, layout, pointer, length) => text(memory, pointer, length) };

/** Buffers to be filled, something in between (an offset), and where it is written how much was: `between` is its kind. */
/** @param {Kind} [between] @returns {Kind} */
const dataIn = (between) => ({
  width: between === undefined ? 3 : 4,
  before: (memory, layout, iovs, count, ...rest) =>
    [`${unsigned(count)} iovs`, ...(between?.before === undefined ? [] : [between.before(memory, layout, rest[0])])].join(", "),
  after: (memory, layout, iovs, count, ...rest) => {
    const read = number32(memory, rest[rest.length - 1]);
    return `${read} ${vectors(memory, iovs, count, Number(read))}`;
  },
});
/** @type {Kind} */
const READLINK = {
  width: 3,
  before: BUFFER.before,
  after: (memory, layout, pointer, length, used) => {
    const count = number32(memory, used);
    return `${count} ${text(memory, pointer, Number(count))}`;
  },
};
/** @type {Kind} */
const READDIR = {
  width: 4,
  before: (memory, layout, pointer, length, cookie) => `${unsigned(length)}, ${unsigned(cookie)}`,
  after: (memory, layout, pointer, length, cookie, used) => {
    const count = number32(memory, used);
    return `${count} ${directoryEntries(memory, pointer, Number(count))}`;
  },
};
/** @type {Kind} */
const POLL = {
  width: 4,
  before: (memory, layout, pointer, out, count) => subscriptions(memory, pointer, count, layout),
  after: (memory, layout, pointer, out, count, found) => {
    const number = number32(memory, found);
    return `${number} ${events(memory, out, Number(number))}`;
  },
};

/** The parameters of each call. @type {Readonly<Record<string, Kind[]>>} */
const CALLS = {
  args_get: [POINTER, POINTER],
  args_sizes_get: [RESULT_U32, RESULT_U32],
  environ_get: [POINTER, POINTER],
  environ_sizes_get: [RESULT_U32, RESULT_U32],
  clock_res_get: [CLOCK, RESULT_U64],
  clock_time_get: [CLOCK, U64, RESULT_U64],
  fd_advise: [FD, U64, U64, ADVICE],
  fd_allocate: [FD, U64, U64],
  fd_close: [FD],
  fd_datasync: [FD],
  fd_fdstat_get: [FD, FDSTAT],
  fd_fdstat_set_flags: [FD, FDFLAGS],
  fd_fdstat_set_rights: [FD, RIGHTS, RIGHTS],
  fd_filestat_get: [FD, FILESTAT],
  fd_filestat_set_size: [FD, U64],
  fd_filestat_set_times: [FD, U64, U64, FSTFLAGS],
  fd_pread: [FD, dataIn(U64)],
  fd_prestat_get: [FD, PRESTAT],
  fd_prestat_dir_name: [FD, NAME_BUFFER],
  fd_pwrite: [FD, DATA_OUT, U64, RESULT_U32],
  fd_read: [FD, dataIn()],
  fd_readdir: [FD, READDIR],
  fd_renumber: [FD, FD],
  fd_seek: [FD, S64, WHENCE, RESULT_U64],
  fd_sync: [FD],
  fd_tell: [FD, RESULT_U64],
  fd_write: [FD, DATA_OUT, RESULT_U32],
  path_create_directory: [FD, PATH],
  path_filestat_get: [FD, LOOKUP, PATH, FILESTAT],
  path_filestat_set_times: [FD, LOOKUP, PATH, U64, U64, FSTFLAGS],
  path_link: [FD, LOOKUP, PATH, FD, PATH],
  path_open: [FD, LOOKUP, PATH, OFLAGS, RIGHTS, RIGHTS, FDFLAGS, RESULT_U32],
  path_readlink: [FD, PATH, READLINK],
  path_remove_directory: [FD, PATH],
  path_rename: [FD, PATH, FD, PATH],
  path_symlink: [PATH, FD, PATH],
  path_unlink_file: [FD, PATH],
  poll_oneoff: [POLL],
  proc_exit: [U32],
  proc_raise: [SIGNAL],
  random_get: [BUFFER],
  sched_yield: [],
  sock_accept: [FD, FDFLAGS, RESULT_U32],
  sock_recv: [FD, dataIn(plain((value) => flags(RECEIVE_NAMES, value))), RESULT_U32],
  sock_send: [FD, DATA_OUT, U32, RESULT_U32],
  sock_shutdown: [FD, plain((value) => flags(SHUTDOWN_NAMES, value))],
};

/**
 * Shows the arguments and the results of calls of one name.
 * @param {string} name
 * @param {Layout} layout
 * @param {GuestMemory} memory
 * @returns {{ before: (args: any[]) => string, after: (args: any[]) => string }} `after` is for calls that succeeded
 */
export function decodersOf(name, layout, memory) {
  const kinds = CALLS[name];
  if (kinds === undefined) return { before: (args) => args.map(unsigned).join(", "), after: () => "" };
  let at = 0;
  const placed = kinds.map((kind) => {
    const place = { kind, from: at, to: at + kind.width };
    at = place.to;
    return place;
  });
  /** @param {any[]} args @param {"before" | "after"} when */
  const shown = (args, when) =>
    placed.flatMap(({ kind, from, to }) => kind[when]?.(memory, layout, ...args.slice(from, to)) ?? []).join(", ");
  return {
    before: (args) => shown(args, "before"),
    after: (args) => {
      const results = shown(args, "after");
      return results === "" ? "" : ` -> ${results}`;
    },
  };
}
