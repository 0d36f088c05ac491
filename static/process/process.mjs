import { Clock } from "./clock.mjs";
import { DescriptorTable } from "./descriptors.mjs";
import { createDevices } from "./devices/devices.mjs";
import { endingOf, unwind } from "./exit.mjs";
import { ExportCalls } from "./export-calls.mjs";
import { DirectoryDescriptor } from "./fs/directory-descriptor.mjs";
import { FileSystem } from "./fs/filesystem.mjs";
import { Quota } from "./fs/quota.mjs";
import { ensureDirectory, loadTree } from "./fs/tree.mjs";
import { GuestMemory } from "./guest-memory.mjs";
import { HostImports } from "./host-imports.mjs";
import { RandomPool } from "./random-pool.mjs";
import { StandardInput } from "./standard-input.mjs";
import { StandardOutput } from "./standard-output.mjs";
import { InputDescriptor, OutputDescriptor } from "./stdio.mjs";
import { Turnstile } from "./turnstile.mjs";
import { RIGHTS_DIRECTORY, RIGHTS_FILE } from "./wasi/abi.mjs";
import { CallCounters } from "./wasi/call-counters.mjs";
import { Tracer } from "./wasi/trace.mjs";

/** @typedef {import("./compile.mjs").Compiled} Compiled */
/** @typedef {import("./direct-imports.mjs").DirectImports} DirectImports */
/** @typedef {import("./protocol.mjs").StartMessage} StartMessage */
/** @typedef {import("./protocol.mjs").Ending} Ending */
/** @typedef {import("./protocol.mjs").Post} Post */

/** This file in a stack trace: what is outside of the first frame of it is not the program's, but its host's. */
const OUTSIDE = "process/process.mjs";

/** Everything a running program stands on: what the system calls are given. */
export class Process {
  memory = new GuestMemory();
  stdin = new StandardInput();
  exportCalls = new ExportCalls(this);
  calls = new CallCounters();
  /** The module it runs, and the instance of it; null before there is one. @type {Compiled | null} */
  compiled = null;
  /** @type {WebAssembly.Instance | null} */
  instance = null;
  /** Set by the first call of `end`. @type {Ending | null} */
  ending = null;
  /** What the module is called in its name section; looked up when something went wrong. */
  moduleName = () => "";
  /** Where the module counts the bytes of memory it was refused. @type {WebAssembly.Global | null} */
  refused = null;
  /** Called when the kernel has made room for the program's memory. */
  roomMade = () => {};
  /** Whether the end was told, or is being told. */
  finished = false;
  /** Whether anything is mounted besides the root. */
  mounted = false;

  /**
   * @param {StartMessage} start
   * @param {Post} post
   * @param {(ending: Ending) => void} finish tells the kernel that the process has ended, and how
   * @param {(process: Process) => HostImports | DirectImports} importsOf makes the functions that the host offers
   * @throws {Error} when the start message contradicts itself
   */
  constructor(start, post, finish, importsOf = (process) => new HostImports(process, start.imports)) {
    /** @readonly */
    this.start = start;
    /** @readonly */
    this.post = post;
    /** @readonly */
    this.finish = finish;
    /** @readonly */
    this.clock = new Clock(start.clock);
    /** @readonly */
    this.random = new RandomPool(start.seed);
    this.args = strings(start.args, "args");
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
    /** Null where the program is not traced. @readonly */
    this.tracer = start.trace ? new Tracer(this) : null;
    this.turnstile.beforeWait = () => {
      this.stdout.flush();
      this.tracer?.flush();
    };
    this.stdin.acknowledge = (bytes) => post({ type: "stdin-ack", bytes });
    if (start.stdin !== null) this.stdin.push(start.stdin);
    if (!start.stdinOpen) this.stdin.end();

    /** @readonly */
    this.hostImports = importsOf(this);

    this.quota = new Quota(start.quota);
    /** @readonly */
    this.fs = new FileSystem(this.clock, this.quota);
    loadTree(this.fs, start.tree);

    /** Whether the standard streams are a terminal, and its size. @readonly */
    this.terminal = start.terminal;
    this.columns = start.columns;
    this.rows = start.rows;
    /** @readonly */
    this.devices = createDevices(this);
    this.fs.hidden.set("dev", this.devices);

    /** @readonly */
    this.descriptors = new DescriptorTable(start.quota.descriptors);
    const { terminal } = start;
    this.descriptors.add(new InputDescriptor(this.stdin, terminal));
    this.descriptors.add(new OutputDescriptor(this.stdout, 1, terminal));
    this.descriptors.add(new OutputDescriptor(this.stdout, 2, terminal));
    this.fs.granted = start.preopens.length > 0;
    for (const path of this.fs.granted ? start.preopens : ["/"]) {
      const descriptor = new DirectoryDescriptor(ensureDirectory(this.fs, path), path);
      descriptor.rights = RIGHTS_DIRECTORY;
      descriptor.rightsInheriting = RIGHTS_DIRECTORY | RIGHTS_FILE;
      this.descriptors.add(descriptor);
    }
  }

  /** Bytes of memory that growth was refused for want of a higher limit. */
  get refusedBytes() {
    return Number(this.refused?.value ?? 0);
  }

  /** What the process has done and used, by name. @returns {Record<string, number>} */
  counters() {
    return {
      cpu_milliseconds: this.clock.hostCpuTime(),
      memory_bytes: this.memory.size(),
      memory_refused: this.refusedBytes,
      output_bytes: this.stdout.bytesWritten,
      output_messages: this.stdout.messages,
      stdin_bytes: this.stdin.bytesRead,
      turns: this.turnstile.turns,
      waits: this.turnstile.waits,
      ...this.calls.totals(),
    };
  }

  /**
   * Runs a function of the program's to its end, where it can stand still. What it throws ends the process.
   * @param {Function} entry
   * @param {import("./protocol.mjs").WasmValue[]} args
   * @returns {Promise<any>} what it returned; nothing when `ending` is set
   */
  async run(entry, args) {
    const { turnstile } = this;
    const promising = WebAssembly.promising;
    const suspends = WebAssembly.Suspending !== undefined && promising !== undefined;
    if (suspends) turnstile.enter();
    try {
      return suspends ? await promising(entry)(...args) : entry(...args);
    } catch (error) {
      this.ending ??= endingOf(error, this.moduleName(), OUTSIDE);
      turnstile.stop();
    } finally {
      if (suspends) turnstile.leave();
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
