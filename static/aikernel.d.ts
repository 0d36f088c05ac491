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

/** `virtual`: sleeps take no time, and nothing else moves it. `manual`: moved by `Process.time` alone. */
export type ClockMode = "real" | "virtual" | "manual";

export interface ClockStart {
  mode?: ClockMode;
  /** Nanoseconds since the Unix epoch; not heeded by a real clock. */
  start?: bigint | number;
  /** How many seconds pass in one of the host's. */
  scale?: number;
  paused?: boolean;
}

/** Descriptor (1 or 2), milliseconds since the Unix epoch, text without its line end. */
export type OutputLine = [fd: number, time: number, text: string];

export interface Frame {
  width: number;
  height: number;
  format: string;
  sequence: number;
  /** Rows from the top, without gaps; `data` and `bytes` are one and the same. */
  data: Uint8Array;
  bytes: Uint8Array;
}

export interface AudioBlock {
  rate: number;
  channels: number;
  format: string;
  /** `data` and `bytes` are one and the same. */
  data: Uint8Array;
  bytes: Uint8Array;
}

export type FileKind = "file" | "directory" | "symlink" | "device";

/** What stands behind a path; `target` is where a symbolic link leads. */
export interface FileInfo {
  path: string;
  kind: FileKind;
  size: number;
  links: number;
  accessed: Date;
  modified: Date;
  changed: Date;
  target: string | null;
}

/** A name in a directory; a symbolic link is not followed. */
export interface DirectoryEntry {
  name: string;
  kind: FileKind;
  size: number;
  modified: Date;
}

/** What a program's writable files take, and may take; null for no limit. */
export interface FileQuota {
  bytes: number;
  bytesLimit: number | null;
  files: number;
  filesLimit: number | null;
}

/** The files of a running program; paths are absolute. What is refused, by a code, has changed nothing. */
export interface ProcessFiles {
  /** The paths of all files and symbolic links below it, sorted. */
  list(path?: string): Promise<string[]>;
  /** What is directly in a directory, sorted. */
  entries(path?: string): Promise<DirectoryEntry[]>;
  /** Of a symbolic link: the link's own. */
  stat(path: string): Promise<FileInfo>;
  read(path: string): Promise<Uint8Array>;
  /** Replaces a file's contents; what is missing of the path is made. */
  write(path: string, data: Uint8Array | string): Promise<void>;
  delete(path: string, options?: { recursive?: boolean }): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  /** Mounts over what is there; what the program has open stays open. */
  mount(path: string, mount: Mount): Promise<void>;
  quota(): Promise<FileQuota>;
  /** Packs a directory, or one file: the same files give the same bytes. */
  export(path?: string, format?: "tar" | "tar.gz" | "zip"): Promise<Uint8Array>;
  /** Unpacks a tar, tar.gz or zip, all of it or nothing, and answers how many names it has. */
  importArchive(path: string, archive: Uint8Array | ArrayBuffer): Promise<number>;
}

export interface ClockState {
  mode: ClockMode;
  paused: boolean;
  scale: number;
  now: Date;
  /** `now`, whole: nanoseconds since the Unix epoch. */
  nanoseconds: bigint;
  /** When the first of `waiting` sleepers wakes. */
  next: Date | null;
  waiting: number;
}

/** What a program's clocks and sleeps go by; durations are in seconds. */
export interface ProcessTime {
  now(): Promise<Date>;
  state(): Promise<ClockState>;
  setMode(mode: ClockMode): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** How many seconds pass in one of the host's. */
  scale(factor: number): Promise<void>;
  /** Moves the clock by so much times its scale, below 0 back; a paused one stays. */
  advance(seconds: number): Promise<Date>;
  /** Moves to when the first sleeper wakes; null, and no move, where nothing sleeps. */
  step(): Promise<Date | null>;
}

/** What a module exports, or imports. Types are named as in the text format, `ref` stands for all references. */
export interface ModuleItem {
  name: string;
  kind: "function" | "memory" | "table" | "global" | "tag";
  params: string[];
  results: string[];
  /** A memory's pages or a table's elements. */
  initial?: number;
  maximum?: number | null;
  /** A table's. */
  element?: string;
  /** A global's. */
  type?: string;
  mutable?: boolean;
  [more: string]: unknown;
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
  /** Of `Process.saveState`, to start from: the module's start and entry are not run. */
  state?: Uint8Array;
  /** Keeps the instance when its entry has returned, for `call`, until it is killed or terminated. */
  stay?: boolean;
  /** Records system calls. */
  trace?: boolean;
  /** Whether descriptors 0 to 2 are a terminal, and its size. */
  terminal?: boolean;
  columns?: number;
  rows?: number;
  controllable?: boolean;
  /** What its clocks and sleeps go by; the host's clock, if not given. */
  clock?: ClockMode | ClockStart;
  /** What its randomness is generated from: a whole number below 2**53. */
  seed?: number;
  /**
   * Makes every run with the same module, arguments, files and input the same: a virtual clock that begins at the epoch, the
   * seed 0 and no input, unless given, and a program that waits for its display.
   */
  deterministic?: boolean;
  /** Whether the program waits for its display and its sound, so that all of both arrives. */
  lossless?: boolean;
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
    /** Watches and hears a process of any origin. The answer ends it. */
    watch(id: string, watcher: Watcher): Promise<() => void>;
    /** Records for /dev/input/events of a process of any origin. */
    sendInput(id: string, bytes: Uint8Array): Promise<void>;
  };
  /** Where the sound goes that Python plays, such as by its audio provider; nowhere before an output was attached. */
  readonly speaker: { attach(output: AudioOutput | null): Promise<void> };
  /** Where Python shows pictures: `await kernel.gpu.present(array, kernel.canvases["name"])` there. */
  readonly canvases: {
    /** Shows there what Python presents, of the pictures' own size; nothing else draws in it. The answer ends it. */
    attach(name: string, canvas: HTMLCanvasElement): Promise<() => void>;
  };
  /** Pictures of ready kernels in an attached canvas, as the console page shows them. */
  readonly gallery: {
    draw(canvas: string, request: GalleryRequest): Promise<GalleryPicture>;
    /** Lets go of what is kept between pictures. */
    close(): Promise<void>;
  };
  spawn(name: string, module: ModuleSource, options?: SpawnOptions): Promise<Process>;
  run(name: string, module: ModuleSource, options?: Omit<SpawnOptions, "onOutput">): Promise<Completed>;
  python(code: string): Promise<any>;
  openShell(
    terminal: {
      write(bytes: Uint8Array): void | Promise<void>;
      /** The program in the foreground wants keys as they come, or lines again. */
      raw?(on: boolean): void;
      /** The program that the terminal belongs to from now on; null when there is none. */
      foreground?(process: { id: string; name: string } | null): void;
    },
    size?: { columns?: number; rows?: number },
  ): Promise<Shell>;
  attachHost(token: string): Promise<void>;
  dispose(): void;
}

/** What the gallery is to draw. Edits of the game of life are places and states by turns: 0 dead, 1 alive, 2 the other. */
export type GalleryRequest =
  | {
      scene: "mandelbrot";
      columns: number;
      rows: number;
      centre: [number, number];
      /** The plane's units between neighbouring pixels. */
      step: number;
      /** The most iterations. */
      limit: number;
      /** The asker's own. */
      grain?: number;
    }
  | { scene: "life"; columns: number; rows: number; steps: number; fill: "random" | "clear" | null; edits: number[] };

/** What was drawn, and who has computed it: the GPU of that name, or the CPU, for that reason. A second device is there since one was lost. */
export interface GalleryPicture {
  columns: number;
  rows: number;
  /** Of the game of life. */
  generation: number | null;
  computer: { gpu: boolean; name: string; software: boolean; device: number; reason: string; code: string };
}

/** Who watches or listens to a process; a promise holds the next frame, or the program's sound, back. */
export interface Watcher {
  /** The newest frame, which others may look at as well. */
  frame?(frame: Frame): void | Promise<void>;
  /** The program plays no faster than its sound is taken. */
  sound?(sound: AudioBlock): unknown;
  /** The program has ended; its picture stays. */
  ended?(): void;
  /** The kernel has dropped the process. */
  released?(): void;
}

/** The page's loudspeaker, of `audio/output.mjs`: heard once the page's user has touched the page. */
export interface AudioOutput {
  /** From 0 to 1. */
  volume: number;
  muted: boolean;
  /** Frames a second; null before anything was played. */
  readonly rate: number | null;
  close(): Promise<void>;
}

/** The sound of a program, as it is heard in this page. */
export interface AttachedAudio {
  /** From 0 to 1. */
  volume: number;
  muted: boolean;
  /** Seconds of sound that wait to be played. */
  readonly queued: number;
  /** How often there was nothing to play in the midst of sound. */
  readonly underruns: number;
  stop(): void;
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
  /** Its files while it runs; afterwards see `files`. */
  readonly fs: ProcessFiles;
  /** The clock that it sees. */
  readonly time: ProcessTime;
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
  /** What the module exports, with types, in its order. */
  exports(): Promise<ModuleItem[]>;
  /** What the module imports. */
  imports(): Promise<(ModuleItem & { module: string })[]>;
  /** The whole state of a program that no call is running in. */
  saveState(): Promise<Uint8Array>;
  /** Returns to a saved state of the same module; refused, by a code, with nothing changed. */
  restoreState(state: Uint8Array): Promise<void>;
  /** Waits until everything written to `opfs` mounts is stored. */
  flush(): Promise<void>;
  frame(): Promise<Frame | null>;
  /** The pictures that the program shows, from the one that is there on; always the newest. Ends with the program. */
  frames(): AsyncGenerator<Frame, void, void>;
  /**
   * Shows the pictures in a canvas, each pixel of them a pixel of it. With `input` (the default) keyboard, pointer and gamepad
   * are the program's while the canvas has the focus, but for F6. The answer ends it.
   */
  attachDisplay(canvas: HTMLCanvasElement, options?: { input?: boolean }): Promise<() => void>;
  /** Plays the sound, once the page's user has touched the page; the program is then at most 200 ms ahead of it. */
  attachAudio(): Promise<AttachedAudio>;
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
