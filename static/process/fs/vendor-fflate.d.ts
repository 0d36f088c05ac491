/** The part of fflate that zip archives need; the package itself is downloaded by the site's build. */

declare module "*/vendor/fflate/fflate.mjs" {
  export function inflateSync(data: Uint8Array, options: { out: Uint8Array }): Uint8Array;
}
