import { RestoredFiles } from "./restored-files.mjs";
import { savedFiles } from "./saved-files.mjs";

/**
 * The root's file system, those in memory that are mounted, and what was removed and is still open.
 * @type {import("./state.mjs").StatePart}
 */
export const files = {
  tag: "FILE",
  save(saving) {
    const { value, graph } = savedFiles(saving.process);
    saving.numbers = graph.numbers;
    return value;
  },
  check(restoring, value) {
    const restored = new RestoredFiles(restoring.process, value);
    restoring.inodes = restored.inodes;
    return () => restored.apply();
  },
};
