import { Clock } from "./clock.mjs";
import { DescriptorTable } from "./descriptors.mjs";
import { unwind } from "./exit.mjs";
import { DirectoryDescriptor } from "./fs/directory-descriptor.mjs";
import { FileSystem } from "./fs/filesystem.mjs";
import { ensureDirectory, loadTree } from "./fs/tree.mjs";
import { GuestMemory } from "./guest-memory.mjs";
import { RandomPool } from "./random-pool.mjs";
import { StandardInput } from "./standard-input.mjs";
import { StandardOutput } from "./standard-output.mjs";
import { InputDescriptor, OutputDescriptor } from "./stdio.mjs";
import { Turnstile } from "./turnstile.mjs";
import { RIGHTS_DIRECTORY, RIGHTS_FILE } from "./wasi/abi.mjs";

/** @typedef {import("./protocol.mjs").StartMessage} StartMessage */
/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").Post} Post */

/** Everything a running program stands on: what the system calls are given. */
export class Process {
  memory = new GuestMemory();
  clock = new Clock();
  random = new RandomPool();
  descriptors = new DescriptorTable();
  stdin = new StandardInput();
  /** Set by the first call of `end`. @type {Ending | null} */
  ending = null;

  /**
   * @param {StartMessage} start
   * @param {Post} post
   * @throws {Error} when the start message contradicts itself
   */
  constructor(start, post) {
    /** @readonly */
    this.args = strings(start.args, "args");
    /** @readonly */
    this.env = start.env;
    strings(start.env.flat(), "env");
    if (start.env.some((pair) => pair.length !== 2 || pair[0] === "" || pair[0].includes("="))) {
      throw new Error('env must be pairs of a name, not empty and without "=", and a value');
    }

    /** @param {Ending} ending @returns {never} */
    const end = (ending) => this.end(ending);
    /** @readonly */
    this.turnstile = new Turnstile(this.clock, start.controllable, end);
    /** @readonly */
    this.stdout = new StandardOutput({
      post,
      clock: this.clock,
      turnstile: this.turnstile,
      end,
      window: start.window,
      limit: start.outputLimit,
    });
    this.turnstile.beforeWait = () => this.stdout.flush();
    if (start.stdin !== null) this.stdin.push(start.stdin);
    if (!start.stdinOpen) this.stdin.end();

    /** @readonly */
    this.fs = new FileSystem(this.clock);
    loadTree(this.fs, start.tree);

    const terminal = start.terminal ?? false;
    this.descriptors.add(new InputDescriptor(this.stdin, terminal));
    this.descriptors.add(new OutputDescriptor(this.stdout, 1, terminal));
    this.descriptors.add(new OutputDescriptor(this.stdout, 2, terminal));
    for (const path of start.preopens) {
      const descriptor = new DirectoryDescriptor(ensureDirectory(this.fs, path), path);
      descriptor.rights = RIGHTS_DIRECTORY;
      descriptor.rightsInheriting = RIGHTS_DIRECTORY | RIGHTS_FILE;
      this.descriptors.add(descriptor);
    }
  }

  /**
   * Ends the process from inside one of its calls: leaves the program's stack and never returns.
   * @param {Ending} ending
   * @returns {never}
   */
  end(ending) {
    this.ending ??= ending;
    unwind();
  }
}

/**
 * @param {string[]} list
 * @param {string} what
 * @returns {string[]}
 */
function strings(list, what) {
  if (list.some((text) => typeof text !== "string" || text.includes("\0"))) {
    throw new Error(`${what} must be strings without NUL, which ends a string in the program's memory`);
  }
  return list;
}
