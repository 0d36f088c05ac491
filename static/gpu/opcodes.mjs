/** The words of command lists: aikernel_web/contracts/gpu.py says what each is followed by. */

export const BUFFER = 1;
export const DATA = 2;
export const DISPATCH = 3;
export const COPY = 4;
export const READ = 5;
export const FREE = 6;

/** Bytes of a word, in which lists count sizes and offsets. */
export const WORD = 4;
