import { bytes, flag, record, size } from "./shapes.mjs";

/** @typedef {import("./state.mjs").StatePart} StatePart */

const inputShape = record({ unread: bytes(), ended: flag, bytesRead: size });

/** What waits in standard input. @type {StatePart} */
export const standardInput = {
  tag: "STDI",
  save({ process }) {
    const { stdin } = process;
    return { unread: stdin.unread(), ended: stdin.ended, bytesRead: stdin.bytesRead };
  },
  check({ process }, value) {
    const saved = inputShape(value, "STDI");
    return () => process.stdin.resume(saved);
  },
};

const outputShape = record({ bytesWritten: size });

/** How much was written, which counts against the limit. What was written has been sent. @type {StatePart} */
export const standardOutput = {
  tag: "OUTP",
  save({ process }) {
    process.stdout.flush();
    return { bytesWritten: process.stdout.bytesWritten };
  },
  check({ process }, value) {
    const { bytesWritten } = outputShape(value, "OUTP");
    return () => process.stdout.resume(bytesWritten);
  },
};
