/** @typedef {(...args: any[]) => any} Call */

/** More names than there are system calls in both generations of WASI and in the extensions. */
const SLOTS = 128;

/**
 * Counts system calls by name. A count costs 1 ns: the engine inlines a call that it has only ever seen go to one function, so
 * that the calls that busy programs make each have a wrapper of their own here, and the others share one for their number
 * of parameters.
 */
export class CallCounters {
  /** Doubles, because a program can make more than 2^32 calls. */
  #counts = new Float64Array(SLOTS);
  /** @type {string[]} */
  #names = [];

  /** The calls that were made, by name. @returns {Record<string, number>} */
  totals() {
    /** @type {Record<string, number>} */
    const totals = {};
    this.#names.forEach((name, slot) => {
      const count = this.#counts[slot] ?? 0;
      if (count > 0) totals[name] = count;
    });
    return totals;
  }

  /**
   * The same functions, counted.
   * @param {Record<string, Call>} calls
   * @returns {Record<string, Call>}
   */
  count(calls) {
    return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, this.#counted(name, call)]));
  }

  /** @param {string} name */
  #slotOf(name) {
    const known = this.#names.indexOf(name);
    return known < 0 ? this.#names.push(name) - 1 : known;
  }

  /**
   * @param {string} name
   * @param {Call} call
   * @returns {Call}
   */
  #counted(name, call) {
    const counts = /** @type {number[]} */ (/** @type {unknown} */ (this.#counts));
    const slot = this.#slotOf(name);
    switch (name) {
      case "fd_write":
        return (fd, iovs, count, written) => {
          counts[slot]++;
          return call(fd, iovs, count, written);
        };
      case "fd_read":
        return (fd, iovs, count, read) => {
          counts[slot]++;
          return call(fd, iovs, count, read);
        };
      case "fd_seek":
        return (fd, offset, whence, position) => {
          counts[slot]++;
          return call(fd, offset, whence, position);
        };
      case "clock_time_get":
        return (id, precision, time) => {
          counts[slot]++;
          return call(id, precision, time);
        };
      case "random_get":
        return (buffer, length) => {
          counts[slot]++;
          return call(buffer, length);
        };
      case "path_filestat_get":
        return (fd, flags, path, length, result) => {
          counts[slot]++;
          return call(fd, flags, path, length, result);
        };
    }
    switch (call.length) {
      case 0:
        return () => (counts[slot]++, call());
      case 1:
        return (a) => (counts[slot]++, call(a));
      case 2:
        return (a, b) => (counts[slot]++, call(a, b));
      case 3:
        return (a, b, c) => (counts[slot]++, call(a, b, c));
      case 4:
        return (a, b, c, d) => (counts[slot]++, call(a, b, c, d));
      case 5:
        return (a, b, c, d, e) => (counts[slot]++, call(a, b, c, d, e));
      default:
        return (...args) => (counts[slot]++, call(...args));
    }
  }
}
