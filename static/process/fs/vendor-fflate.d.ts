/** The part of fflate that archives need; the package itself is downloaded by the site's build. */

declare module "*/vendor/fflate/fflate.mjs" {
  export function inflateSync(data: Uint8Array, options: { out: Uint8Array }): Uint8Array;
  export function deflateSync(data: Uint8Array, options: { level: number }): Uint8Array;
  export function gzipSync(data: Uint8Array, options: { level: number; mtime: 0 }): Uint8Array<ArrayBuffer>;
}
