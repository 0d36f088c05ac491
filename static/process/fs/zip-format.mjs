/** The records of a zip archive: signatures, and bytes without what varies. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */

export const LOCAL = 0x0403_4b50;
export const LOCAL_BYTES = 30;
export const CENTRAL = 0x0201_4b50;
export const CENTRAL_BYTES = 46;
export const END = 0x0605_4b50;
export const END_BYTES = 22;
export const END64 = 0x0606_4b50;
export const END64_BYTES = 56;
export const LOCATOR64 = 0x0706_4b50;
export const LOCATOR64_BYTES = 20;
