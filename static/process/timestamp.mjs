/**
 * A point in time in exact nanoseconds since the Unix epoch, split because a double holds only 53 bits and BigInt is slow
 * on hot paths. Immutable: shared between inodes.
 * @typedef {{ readonly seconds: number, readonly nanoseconds: number }} Timestamp
 */

const SECOND = 1_000_000_000n;

/**
 * @param {bigint} nanoseconds
 * @returns {Timestamp}
 */
export function timestampOf(nanoseconds) {
  const value = BigInt.asUintN(64, nanoseconds);
  return { seconds: Number(value / SECOND), nanoseconds: Number(value % SECOND) };
}

/**
 * Writes a timestamp as 64-bit nanoseconds, without BigInt.
 * @param {DataView} view
 * @param {number} pointer
 * @param {Timestamp} time
 */
export function setTimestamp(view, pointer, time) {
  // The low word is exact in 32-bit arithmetic; the double's rounding error (at most 2048) cannot reach the high one.
  const low = (Math.imul(time.seconds, 1_000_000_000) + time.nanoseconds) >>> 0;
  const high = Math.round((time.seconds * 1e9 + time.nanoseconds - low) / 0x1_0000_0000);
  view.setUint32(pointer, low, true);
  view.setUint32(pointer + 4, high, true);
}
