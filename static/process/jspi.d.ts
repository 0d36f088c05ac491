// JavaScript Promise Integration, not yet in TypeScript's own libraries. https://github.com/WebAssembly/js-promise-integration
declare namespace WebAssembly {
  /** Absent where the browser has no JSPI. */
  const Suspending: undefined | (new (fn: Function) => object);
  /** Absent where the browser has no JSPI. */
  const promising: undefined | ((fn: Function) => (...args: unknown[]) => Promise<unknown>);
}
