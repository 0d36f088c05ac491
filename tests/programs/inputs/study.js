// Computes, keeps files in two ways, and prints what came of it.
import * as std from "std";
import * as fs from "_node:fs";

class Matrix {
  #rows;
  constructor(rows) {
    this.#rows = rows;
  }
  static identity(size) {
    return new Matrix(Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => BigInt(i === j))));
  }
  times(other) {
    return new Matrix(
      this.#rows.map((row) => other.#rows[0].map((_, j) => row.reduce((sum, x, k) => sum + x * other.#rows[k][j], 0n))),
    );
  }
  power(exponent) {
    let result = Matrix.identity(this.#rows.length);
    for (let base = this; exponent > 0; exponent >>= 1, base = base.times(base)) if (exponent & 1) result = result.times(base);
    return result;
  }
  at(i, j) {
    return this.#rows[i][j];
  }
}

function* primes(limit) {
  const composite = new Uint8Array(limit + 1);
  for (let n = 2; n <= limit; n++) {
    if (composite[n]) continue;
    yield n;
    for (let m = n * n; m <= limit; m += n) composite[m] = 1;
  }
}

function queens(size, row = 0, columns = 0, left = 0, right = 0) {
  if (row === size) return 1;
  let count = 0;
  for (let free = ~(columns | left | right) & ((1 << size) - 1); free !== 0; free &= free - 1) {
    const bit = free & -free;
    count += queens(size, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

print("fibonacci 300:", new Matrix([[1n, 1n], [1n, 0n]]).power(300).at(0, 1));
print("primes below 200000:", [...primes(200_000)].length);
print("queens on 8:", queens(8));
print("words:", JSON.stringify(Object.entries(Object.groupBy?.([1, 2, 3], (n) => n % 2) ?? { none: 0 })));
print("unicode:", "Stra\u00dfe \u{1f600}".normalize("NFD").toUpperCase(), [..."a\u{1f600}b"].length, /\p{L}+/u.exec("1\u00e9t\u00e92")[0]);
print("dates:", new Date(Date.UTC(2024, 1, 29)).toISOString(), "floats:", 0.1 + 0.2, (1e21).toString(), (255).toString(36));
print("sorted:", [5, 1, 4].sort((a, b) => a - b).join(), "proxy:", new Proxy({}, { get: (_, name) => `no ${String(name)}` }).thing);

const file = std.open("/data/numbers.txt", "w");
for (let i = 0; i < 2000; i++) file.printf("%05d %x %s\n", i, i * 7919, i % 2 ? "odd" : "even");
file.close();
const again = std.open("/data/numbers.txt", "r+");
again.seek(6 * 3, std.SEEK_SET);
print("at 18:", again.getline());
again.seek(0, std.SEEK_END);
print("length:", again.tell());
again.puts("the end\n");
again.flush();
print("eof:", again.eof(), "missing:", std.open("/data/none", "r"));
again.close();
const bytes = new Uint8Array(256).map((_, i) => i);
const binary = std.open("/data/bytes", "wb");
print("wrote:", binary.write(bytes.buffer, 0, 256));
binary.close();
print("environment:", std.getenv("MODE"), std.getenv("NONE"));
print("loaded:", std.loadFile("/data/numbers.txt").split("\n").length);

const attempt = (what, act) => {
  try {
    print(what, JSON.stringify(act() ?? "done"));
  } catch (error) {
    print(what, "refused:", error.message ?? error);
  }
};
attempt("mkdir", () => fs.mkdirSync("/data/sub", false, 0o777));
attempt("mkdir again", () => fs.mkdirSync("/data/sub", false, 0o777));
attempt("symlink", () => fs.symlinkSync("../numbers.txt", "/data/sub/link"));
attempt("readlink", () => fs.readlinkSync("/data/sub/link").replace(/\0+$/, ""));
attempt("link", () => fs.linkSync("/data/bytes", "/data/sub/twin"));
attempt("rename", () => fs.renameSync("/data/bytes", "/data/sub/moved"));
attempt("rmdir of a full one", () => fs.rmdirSync("/data/sub"));
attempt("truncate", () => fs.truncateSync("/data/sub/twin", 100n));
attempt("stat size", () => String(fs.statSync("/data/sub/moved").size));
attempt("stat of nothing", () => fs.statSync("/data/nothing"));
print("seen through the link:", std.loadFile("/data/sub/link").slice(-8).trim());
attempt("unlink", () => fs.rmSync("/data/sub/link", false, true));

setTimeout(() => print("later"), 20);
Promise.allSettled([Promise.reject(new Error("no")), 1]).then((all) => print(JSON.stringify(all.map((one) => one.status))));
