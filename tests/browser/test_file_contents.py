"""The contents of files against a plain array: random writes, cuts, reservations and reads, counted by a quota."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mount_operations import run

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

# A linear congruential generator (Numerical Recipes, 7.1) makes each run the same.
FUZZ = """async ([seed, files]) => {
  const at = (name) => import(`/static/process/fs/${name}.mjs`);
  const [{ FileInode }, { Volume }, { Quota }, { ContentCache }] = await Promise.all(
    ["file-inode", "volume", "quota", "content-cache"].map(at));
  const random = (limit) => Math.floor(((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32) * limit);
  const one = (...choices) => choices[random(choices.length)];
  const now = { seconds: 0, nanoseconds: 0 };
  const model = new Uint8Array(8_000_000);
  for (let number = 0; number < files; number++) {
    const limit = one(Infinity, 3_000_000, 300_000, 5_000);
    const quota = new Quota({ bytes: limit });
    const volume = new Volume({ dev: 1, quota, cache: new ContentCache(1000) });
    const file = new FileInode(volume.takeIno(), now, volume);
    let size = 0;
    let log = "";
    model.fill(0);
    const check = (truth, what) => {
      if (!truth) throw new Error(`${what}, file ${number}: ${log}`);
    };
    const same = (bytes, from, what) => {
      for (let i = 0; i < bytes.length; i++) if (bytes[i] !== model[from + i]) check(false, `${what} at ${from + i}`);
    };
    if (random(2) === 0) {
      const source = Uint8Array.from({ length: random(6000) }, () => random(256));
      const shared = random(2) === 0;
      file.attach({ size: source.length, shared, load: () => (shared ? source : source.slice()) });
      model.set(source);
      size = source.length;
    }
    for (let step = 0; step < 30; step++) {
      const kind = random(7);
      if (kind < 3) {
        const position = one(random(size + 1), size, random(200_000), random(3_000_000));
        const length = Math.min(one(random(20), random(3000), random(200_000)), model.length - position);
        const bytes = new Uint8Array(length + 8).fill(1 + random(255));
        const written = file.write(position, bytes, 4, length);
        log += `write ${position} ${length} = ${written}; `;
        check(written === length || limit !== Infinity, "a write without a quota was refused");
        if (written > 0) model.set(bytes.subarray(4, 4 + written), position);
        if (written > 0) size = Math.max(size, position + written);
      } else if (kind === 3) {
        const to = one(random(size + 1), random(4_000_000), 0);
        const errno = file.resize(to);
        log += `resize ${to} = ${errno}; `;
        if (errno === 0 && to < size) model.fill(0, to, size);
        if (errno === 0) size = to;
      } else if (kind === 4) {
        const end = 1 + one(random(10_000), random(3_000_000));
        const free = quota.bytesFree;
        const errno = file.allocate(end);
        check(errno === 0 || quota.bytesFree === free, "a refused reservation took of the quota");
        log += `allocate ${end} = ${errno}; `;
        if (errno === 0) size = Math.max(size, end);
      } else if (kind === 5 && file.pristine) {
        file.evict();
      }
      check(file.size === size, "the size");
      check(quota.bytesFree >= 0, "more than the quota");
      const from = random(size + 10);
      const target = new Uint8Array(random(50_000)).fill(99);
      const got = file.read(from, target, 0, target.length);
      check(got === Math.max(0, Math.min(target.length, size - from)), "the length of a read");
      same(target.subarray(0, got), from, "a read");
    }
    if (file.pristine) {
      file.discard();
    } else {
      const saved = new Uint8Array(size);
      for (const { position, bytes } of file.extents()) saved.set(bytes, position);
      same(saved, 0, "what is saved");
      const left = file.release();
      check(left.length === size, "the length of what is left");
      same(left, 0, "what is left");
    }
    check(quota.bytesUsed === 0, "what came back to the quota");
  }
}"""


@pytest.mark.parametrize("seed", range(1, 5))
def test_contents_are_those_of_an_array_and_count_exactly(kernel: HostKernel, seed: int) -> None:
    kernel.page.evaluate(FUZZ, [seed, 60])


def test_a_file_with_a_hole_is_left_whole(kernel: HostKernel) -> None:
    done = run(kernel, ["write|/f|begin", "poke|/f|3000000|end", "truncate|/f|3000005"])
    assert done.files("/") == {"/f": b"begin".ljust(3_000_000, b"\0") + b"end\0\0"}
