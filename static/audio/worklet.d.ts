/** What an AudioWorkletGlobalScope has besides (Web Audio 1.1, section 1.32.2); TypeScript's DOM library does not know it. */
declare class AudioWorkletProcessor {
  constructor(options?: { processorOptions?: any });
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new (options: any) => AudioWorkletProcessor): void;
/** Frames a second of the context. */
declare const sampleRate: number;
