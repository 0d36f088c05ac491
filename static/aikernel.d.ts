/** The types of aikernel.mjs, for embedders. */

export interface BootProgress {
  stage: "worker" | "download" | "interpreter" | "packages" | "kernel" | "ready";
  /** Bytes, while the stage is "download". */
  loaded: number;
  total: number;
  message: string;
}

export interface BootOptions {
  onProgress?(progress: BootProgress): void;
  /** The longest time without any progress before booting fails; 60 000 if not given. */
  stallTimeoutMs?: number;
  signal?: AbortSignal;
}

export interface Exit {
  reason: "exited" | "trapped" | "killed" | "timeout" | "memory" | "output" | "link" | "invalid";
  /** The program's own, or 124 timeout, 126 link and invalid, 134 trapped, 137 killed and memory, 143 terminated, 153 output. */
  exitCode: number;
  code: string | null;
  message: string;
  /** The WebAssembly functions of a trap, innermost first. */
  stack: string[];
}

export interface KernelEvent {
  sequence: number;
  name: string;
  payload: any;
  /** ISO 8601, UTC. */
  time: string;
  /** The id of the process whose program published the event by itself; empty for everything else. */
  source: string;
}

/** One system call of a traced program. */
export interface TraceCall {
  /** Milliseconds since the process began. */
  time: number;
  name: string;
  /** Decoded, as text. */
  args: string;
  result: string;
  /** Microseconds. */
  duration: number;
}

/** What a program finds at a path of its own. */
export type Mount =
  /** Files by path within the mount. */
  | { kind: "memory"; files?: Record<string, Uint8Array | string>; readOnly?: boolean }
  /** A tar, tar.gz or zip, unpacked as it is read; read-only unless told otherwise. */
  | { kind: "archive"; bytes: Uint8Array | ArrayBuffer; readOnly?: boolean }
  /** A store of the browser's that lasts. */
  | { kind: "opfs"; name: string; readOnly?: boolean }
  /** A directory that the user handed over; changes stay in memory. */
  | { kind: "directory"; handle: FileSystemDirectoryHandle; readOnly?: boolean };

/** Descriptor (1 or 2), milliseconds since the Unix epoch, text without its line end. */
export type OutputLine = [fd: number, time: number, text: string];

export interface Frame {
  width: number;
  height: number;
  format: string;
  sequence: number;
  bytes: Uint8Array;
}

export interface AudioBlock {
  rate: number;
  channels: number;
  format: string;
  bytes: Uint8Array;
}

export interface SpawnOptions {
  /** After the name. */
  args?: string[];
  /** The first argument, where it is not to be the name. */
  argv0?: string;
  env?: Record<string, string>;
  /** These bytes, then end of file; left out, standard input stays open. */
  stdin?: Uint8Array | string | null;
  /** By absolute guest path; below a mount in memory they are laid over its files, below another one they are refused. */
  files?: Record<string, Uint8Array | string>;
  /** By guest path. */
  mounts?: Record<string, Mount>;
  /** Seconds of wall time. */
  timeout?: number;
  /** Bytes, both descriptors together; 256 MiB where the output is kept. */
  outputLimit?: number;
  /** Bytes of linear memory. */
  memoryLimit?: number;
  /** For files in memory: bytes of contents, number of files, descriptors open at once. */
  quota?: { bytes?: number; files?: number; descriptors?: number };
  /**
   * What the module imports of its own, by module and name; a promise holds the program back. `this` is the process: a `call`
   * made on it runs while the program waits for the import, where one made on what `spawn` answered waits for the program.
   */
  imports?: Record<string, Record<string, (this: Process, ...args: any[]) => any>>;
  /** Keeps the instance when its entry has returned, for `call`, until it is killed or terminated. */
  stay?: boolean;
  /** Records system calls. */
  trace?: boolean;
  /** Whether descriptors 0 to 2 are a terminal, and its size. */
  terminal?: boolean;
  columns?: number;
  rows?: number;
  controllable?: boolean;
  /** Takes system calls as they are made, and how many were left out before them. */
  onTrace?(calls: TraceCall[], dropped: number): void | Promise<void>;
  /** Learns when the program wants its terminal raw, and when no longer. */
  onTerminal?(raw: boolean): void;
  /** Takes the output instead of `stdout` and `stderr`; a promise holds the program back. */
  onOutput?(fd: 1 | 2, bytes: Uint8Array): void | Promise<void>;
}

export type ModuleSource = Uint8Array | ArrayBuffer | Response | URL;

export interface Completed extends Exit {
  /** What the program has used, and how often it made each system call. */
  counters: Record<string, number>;
  stdout: Uint8Array;
  stderr: Uint8Array;
  files(path?: string): Promise<Record<string, Uint8Array>>;
  trace(): Promise<TraceCall[]>;
  lines(): Promise<OutputLine[]>;
  release(): Promise<void>;
}

/** An error of the kernel; `code` is the machine-readable part. */
export class KernelError extends Error {
  constructor(message: string, code: string);
  static from(error: unknown, code: string): KernelError;
  readonly code: string;
}

/** Boots a kernel: a worker, Python in it, and the engine for processes. Rejects with a code that starts with `BOOT_`. */
export function boot(options?: BootOptions): Promise<Kernel>;

/** A running kernel. Made by `boot`. */
export class Kernel {
  private constructor();
  readonly versions: { version: string; pyodide: string };
  readonly events: { on(pattern: string, listener: (event: KernelEvent) => void): () => void };
  readonly programs: {
    add(name: string, bytes: Uint8Array | ArrayBuffer): Promise<void>;
    list(): Promise<{ name: string; bytes: number; source: "site" | "user"; summary: string }[]>;
  };
  readonly processes: {
    list(): Promise<{ id: string; name: string; state: string; startedAt: string | null; exit: Exit | null }[]>;
    kill(id: string): Promise<void>;
  };
  spawn(name: string, module: ModuleSource, options?: SpawnOptions): Promise<Process>;
  run(name: string, module: ModuleSource, options?: Omit<SpawnOptions, "onOutput">): Promise<Completed>;
  python(code: string): Promise<any>;
  openShell(
    terminal: {
      write(bytes: Uint8Array): void | Promise<void>;
      /** The program in the foreground wants keys as they come, or lines again. */
      raw?(on: boolean): void;
    },
    size?: { columns?: number; rows?: number },
  ): Promise<Shell>;
  attachHost(token: string): Promise<void>;
  dispose(): void;
}

/** One program of a kernel. */
export class Process {
  private constructor();
  readonly id: string;
  readonly name: string;
  readonly stdin: { write(data: Uint8Array | string): Promise<void>; close(): Promise<void> };
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly exit: Promise<Exit & { counters: Record<string, number> }>;
  /** The program's linear memory, while it runs or stays. */
  readonly memory: {
    read(offset: number, length: number): Promise<Uint8Array>;
    write(offset: number, bytes: Uint8Array): Promise<void>;
    size(): Promise<number>;
  };
  kill(): Promise<void>;
  /** Asks the program to end by its own exit path, and kills it after `grace` seconds (5). */
  terminate(grace?: number): Promise<Exit>;
  /**
   * Calls an exported function, when the program's entry and all calls before this one have returned; on the `this` of an
   * import at once. Several results are an array.
   */
  call(name: string, ...args: (number | bigint)[]): Promise<any>;
  /** Waits until everything written to `opfs` mounts is stored. */
  flush(): Promise<void>;
  frame(): Promise<Frame | null>;
  audio(): Promise<AudioBlock | null>;
  /** Records for /dev/input/events, see include/aikernel.h. */
  sendInput(bytes: Uint8Array): Promise<void>;
  /** A line of JSON for readers of /dev/event. */
  sendEvent(event: any): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  trace(): Promise<TraceCall[]>;
  lines(): Promise<OutputLine[]>;
  counters(): Promise<Record<string, number>>;
  files(path?: string): Promise<Record<string, Uint8Array>>;
  release(): Promise<void>;
}

/** An `aik` shell. */
export class Shell {
  private constructor();
  execute(line: string): Promise<number>;
  input(bytes: Uint8Array | string): Promise<boolean>;
  endOfInput(): Promise<boolean>;
  interrupt(): Promise<boolean>;
  resize(columns: number, rows: number): Promise<void>;
  complete(line: string): Promise<string[]>;
  close(): Promise<void>;
}
