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
  /** The program's own, or 124 timeout, 126 link and invalid, 134 trapped, 137 killed, 153 output. */
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
}

export interface SpawnOptions {
  /** After the name. */
  args?: string[];
  /** The first argument, where it is not to be the name. */
  argv0?: string;
  env?: Record<string, string>;
  /** These bytes, then end of file; left out, standard input stays open. */
  stdin?: Uint8Array | string | null;
  /** By absolute guest path. */
  files?: Record<string, Uint8Array | string>;
  /** Seconds of wall time. */
  timeout?: number;
  /** Bytes, both descriptors together; 256 MiB where the output is kept. */
  outputLimit?: number;
  controllable?: boolean;
  /** Takes the output instead of `stdout` and `stderr`; a promise holds the program back. */
  onOutput?(fd: 1 | 2, bytes: Uint8Array): void | Promise<void>;
}

export type ModuleSource = Uint8Array | ArrayBuffer | Response | URL;

export interface Completed extends Exit {
  stdout: Uint8Array;
  stderr: Uint8Array;
  files(path?: string): Promise<Record<string, Uint8Array>>;
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
  openShell(terminal: { write(bytes: Uint8Array): void | Promise<void> }): Promise<Shell>;
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
  readonly exit: Promise<Exit>;
  kill(): Promise<void>;
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
  complete(line: string): Promise<string[]>;
  close(): Promise<void>;
}
