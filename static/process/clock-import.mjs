/** @typedef {import("./binary/types.mjs").Signature} Signature */
/** @typedef {import("./binary/types.mjs").ValueType} ValueType */
/** @typedef {import("./process.mjs").Process} Process */
/** @typedef {import("./protocol.mjs").WasmValue} WasmValue */

/**
 * An import that tells the program's own clock, for modules that have a function for that instead of WASI's: answered here, without
 * a trip to the host. All numbers are nanoseconds.
 * @typedef {object} ClockImport
 * @property {number} unit one of what is told
 * @property {"start" | "epoch"} since
 * @property {number} passes by which a clock that stands moves on with each look, before it is told
 */

/** How time becomes a value of each type; integers wrap. @type {Partial<Record<ValueType, (time: bigint, unit: bigint) => WasmValue>>} */
const CONVERSIONS = {
  i32: (time, unit) => Number(BigInt.asIntN(32, time / unit)),
  i64: (time, unit) => BigInt.asIntN(64, time / unit),
  f32: (time, unit) => Number(time) / Number(unit),
  f64: (time, unit) => Number(time) / Number(unit),
};

/**
 * The function to link, or why it cannot be linked.
 * @param {Process} process
 * @param {ClockImport} how
 * @param {Signature} signature
 * @returns {((...args: WasmValue[]) => WasmValue) | string}
 */
export function clockImport({ clock }, { unit, since, passes }, { results }) {
  const [type] = results;
  const converted = type === undefined || results.length > 1 ? undefined : CONVERSIONS[type];
  if (converted === undefined) return "a clock, which answers one number";
  const [one, moved] = [BigInt(unit), BigInt(passes)];
  return () => {
    clock.read();
    clock.looked(moved);
    const time = since === "epoch" ? clock.ofDay() : clock.monotonic() - clock.origin;
    return converted(time, one);
  };
}
