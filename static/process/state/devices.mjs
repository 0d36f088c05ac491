import { BATCH_BYTES, CHANNELS_MAX, RATE_MAX, RATE_MIN, SAMPLE_FORMATS } from "../devices/audio.mjs";
import { FRAME_SIDE_MAX } from "../devices/framebuffer.mjs";
import { EVENT_LINE_BYTES_MAX, EVENT_QUEUE_BYTES, EVENT_QUEUE_LINES } from "../devices/host-events.mjs";
import { INPUT_QUEUE_RECORDS, INPUT_RECORD_BYTES } from "../devices/input-format.mjs";
import { PALETTE_ENTRIES, PIXEL_FORMATS } from "../devices/pixel-formats.mjs";
import { ControlError } from "../control/control-error.mjs";
import { bytes, flag, integer, invalid, nullable, record, size, word } from "./shapes.mjs";

/** @typedef {import("../devices/audio.mjs").SampleFormat} SampleFormat */
/** @typedef {import("../devices/pixel-formats.mjs").PixelFormat} PixelFormat */
/** @typedef {import("./state.mjs").StatePart} StatePart */

const LINE_BREAK = 10;
const SIDE = integer(1, FRAME_SIDE_MAX);

const displayShape = record({
  width: SIDE,
  height: SIDE,
  generation: size,
  format: word(.../** @type {PixelFormat[]} */ (Object.keys(PIXEL_FORMATS))),
  sequence: size,
  palette: bytes(PALETTE_ENTRIES * 4),
  pixels: nullable(bytes()),
});

/** The picture of /dev/fb as it is drawn, its geometry and its colours. @type {StatePart} */
export const display = {
  tag: "DISP",
  save: ({ process }) => process.devices.display.snapshot(),
  check({ process }, value) {
    const saved = displayShape(value, "DISP");
    const { width, height, format, pixels, palette } = saved;
    if (palette.length !== PALETTE_ENTRIES * 4) throw invalid("DISP has more or fewer colours than there are");
    const whole = width * height * PIXEL_FORMATS[format];
    if (pixels !== null && pixels.length !== whole) throw invalid("DISP has another picture than it says");
    const own = pixels?.slice() ?? null;
    return () => process.devices.display.resume({ ...saved, pixels: own });
  },
};

const soundShape = record({
  rate: integer(RATE_MIN, RATE_MAX),
  channels: integer(1, CHANNELS_MAX),
  format: word(.../** @type {SampleFormat[]} */ (Object.keys(SAMPLE_FORMATS))),
  generation: size,
  batch: bytes(BATCH_BYTES),
});

/** The format of /dev/audio, and the sound that has not been sent. @type {StatePart} */
export const sound = {
  tag: "AUDI",
  save: ({ process }) => process.devices.sound.snapshot(),
  check({ process }, value) {
    const saved = soundShape(value, "AUDI");
    const frame = saved.channels * SAMPLE_FORMATS[saved.format];
    if (saved.batch.length % frame !== 0) throw invalid("AUDI ends within a sample frame");
    return () => process.devices.sound.resume(saved);
  },
};

const inputShape = record({
  records: bytes(INPUT_QUEUE_RECORDS * INPUT_RECORD_BYTES),
  lost: size,
  current: bytes(INPUT_RECORD_BYTES),
  read: integer(0, INPUT_RECORD_BYTES),
});

/** What waits in /dev/input/events. @type {StatePart} */
export const input = {
  tag: "INPU",
  save: ({ process }) => process.devices.inputEvents.snapshot(),
  check({ process }, value) {
    const saved = inputShape(value, "INPU");
    const { records, current, lost } = saved;
    if (records.length % INPUT_RECORD_BYTES !== 0 || current.length !== INPUT_RECORD_BYTES) {
      throw invalid("INPU has pieces of records");
    }
    if (lost > 0 && records.length === 0) throw invalid("INPU has lost records without having any");
    return () => process.devices.inputEvents.resume(saved);
  },
};

const eventShape = record({
  lines: bytes(EVENT_QUEUE_BYTES),
  lost: size,
  current: bytes(EVENT_LINE_BYTES_MAX + 1),
  read: integer(0, EVENT_LINE_BYTES_MAX + 1),
});

/** What waits in /dev/event. @type {StatePart} */
export const events = {
  tag: "EVEN",
  save: ({ process }) => process.devices.hostEvents.snapshot(),
  check({ process }, value) {
    const saved = eventShape(value, "EVEN");
    const { lines, current, read } = saved;
    const count = lines.reduce((sum, byte) => sum + (byte === LINE_BREAK ? 1 : 0), 0);
    if (count > EVENT_QUEUE_LINES || read > current.length) throw invalid("EVEN has more lines than can wait");
    if (lines.length > 0 && lines.at(-1) !== LINE_BREAK) throw invalid("EVEN has a piece of a line");
    return () => process.devices.hostEvents.resume(saved);
  },
};

const terminalShape = record({ terminal: flag, raw: flag });

/** How the terminal's keys are taken. Its size is that of the page, and no part of the state. @type {StatePart} */
export const terminal = {
  tag: "TERM",
  save: ({ process }) => ({ terminal: process.terminal, raw: process.devices.terminal?.raw ?? false }),
  check({ process }, value) {
    const saved = terminalShape(value, "TERM");
    if (saved.terminal !== process.terminal) {
      const [was, is] = saved.terminal ? ["with", "without"] : ["without", "with"];
      throw new ControlError("WASM_SAVE_STATE_FOREIGN", `the state is of a program ${was} a terminal, and this one runs ${is}`);
    }
    return () => process.devices.terminal?.resume(saved.raw);
  },
};
