import { invalid, list, record, text, tuple } from "./shapes.mjs";

const LENGTH_MAX = 1 << 24;
const argumentsShape = record({ args: list(text(LENGTH_MAX)), env: list(tuple(text(LENGTH_MAX), text(LENGTH_MAX))) });

/** The program's arguments and environment, which it can ask for at any time. @type {import("./state.mjs").StatePart} */
export const programArguments = {
  tag: "ARGS",
  save: ({ process }) => ({ args: process.args, env: process.env }),
  check({ process }, value) {
    const { args, env } = argumentsShape(value, "ARGS");
    if ([...args, ...env.flat()].some((item) => item.includes("\0"))) throw invalid("ARGS has a NUL, which ends a string");
    if (env.some(([name]) => name === "" || name.includes("="))) throw invalid("ARGS has a variable without a name");
    return () => {
      process.args = args;
      process.env = env;
    };
  },
};
