/** The part of xterm.js 6 that the console uses; the package itself is downloaded by the site's build. */

declare module "*/vendor/xterm/xterm.mjs" {
  export interface Disposable {
    dispose(): void;
  }

  export interface FunctionIdentifier {
    prefix?: string;
    intermediates?: string;
    final: string;
  }

  export interface UnicodeVersionProvider {
    readonly version: string;
    wcwidth(code: number): 0 | 1 | 2;
    charProperties(code: number, preceding: number): number;
  }

  export class Terminal {
    constructor(options: Record<string, unknown>);
    readonly buffer: { readonly active: { readonly type: "normal" | "alternate"; readonly cursorX: number } };
    readonly cols: number;
    readonly modes: { readonly bracketedPasteMode: boolean };
    readonly rows: number;
    readonly parser: {
      registerCsiHandler(id: FunctionIdentifier, handler: (parameters: (number | number[])[]) => boolean): Disposable;
      registerDcsHandler(id: FunctionIdentifier, handler: (data: string) => boolean): Disposable;
      registerOscHandler(id: number, handler: (data: string) => boolean): Disposable;
    };
    readonly textarea: HTMLTextAreaElement | undefined;
    readonly unicode: { activeVersion: string; register(provider: UnicodeVersionProvider): void };
    options: Record<string, unknown>;
    attachCustomKeyEventHandler(handler: (event: KeyboardEvent) => boolean): void;
    clearSelection(): void;
    focus(): void;
    hasSelection(): boolean;
    loadAddon(addon: object): void;
    onData(listener: (data: string) => void): Disposable;
    open(parent: HTMLElement): void;
    resize(columns: number, rows: number): void;
    scrollToBottom(): void;
    write(data: string | Uint8Array, callback?: () => void): void;
  }
}

declare module "*/vendor/xterm/addon-fit.mjs" {
  export class FitAddon {
    fit(): void;
  }
}
