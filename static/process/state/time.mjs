import { flag, integer, invalid, list, nullable, record, signed64, size, text, word } from "./shapes.mjs";

/** @typedef {import("./state.mjs").StatePart} StatePart */

const SCALE_LENGTH_MAX = 32;
const KEY_WORDS = 8;

const clockShape = record({
  mode: word("real", "virtual", "manual"),
  scale: text(SCALE_LENGTH_MAX),
  paused: flag,
  monotonic: signed64,
  now: signed64,
  host: signed64,
  waited: signed64,
  origin: signed64,
});

/** The clock that the program sees. @type {StatePart} */
export const clock = {
  tag: "TIME",
  save({ process }) {
    const saved = process.clock.save();
    // The host's time counts for a clock that runs with it alone: the same run has the same state.
    return saved.mode === "real" ? saved : { ...saved, host: "0" };
  },
  check({ process }, value) {
    const { mode, scale, paused, monotonic, now, host, waited, origin } = clockShape(value, "TIME");
    if (!(Number(scale) >= 0) || String(Number(scale)) !== scale) throw invalid("TIME.scale is no number that is not negative");
    if (monotonic < 0n) throw invalid("TIME.monotonic is before its beginning");
    const times = { monotonic: String(monotonic), now: String(now), host: String(host) };
    const saved = { mode, scale, paused, ...times, waited: String(waited), origin: String(origin) };
    return () => process.clock.restore(saved);
  },
};

const streamShape = nullable(record({ key: list(integer(0, 0xffff_ffff), KEY_WORDS), position: size }));

/** The place in the stream of a seed's randomness. Randomness of the host's has no state. @type {StatePart} */
export const randomness = {
  tag: "RAND",
  save: ({ process }) => process.random.save(),
  check({ process }, value) {
    const saved = streamShape(value, "RAND");
    if (saved !== null && saved.key.length !== KEY_WORDS) throw invalid("RAND has a key of another length");
    return () => process.random.restore(saved);
  },
};
