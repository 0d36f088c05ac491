// A task with wgsl_reflect's interpreter, in the page.

import { WgslExec, WgslParser } from "./wgsl_reflect.module.js";

/** Run a shader over arrays, given by binding as [kind, numbers]; return the milliseconds, and the last array. */
export function interpret(code, arrays, groups) {
  const kinds = { f32: Float32Array, u32: Uint32Array };
  const bound = arrays.map(([kind, numbers]) => new kinds[kind](numbers));
  const bindings = Object.fromEntries(bound.map((array, at) => [at, array]));
  const exec = new WgslExec(new WgslParser().parse(code));
  const start = performance.now();
  exec.dispatchWorkgroups("main", groups, { 0: bindings });
  return [performance.now() - start, [...bound.at(-1)]];
}
