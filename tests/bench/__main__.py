"""Runs the benchmarks that are named, or all.

``python build.py bench [boot|run|kill|events|doom|gpu|wgsl|wasi[:ROWS]]``
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aikernel_web.host import HostKernel, launch
from aikernel_web.host.progress import TerminalProgress

from . import boot, doom, events, gpu, kill, run, wasi, wgsl

IN_A_KERNEL = {
    "boot": boot.bench,
    "run": run.bench,
    "kill": kill.bench,
    "events": events.bench,
    "doom": doom.bench,
    "gpu": gpu.bench,
    "wgsl": wgsl.bench,
}
ON_ITS_OWN = {"wasi": wasi.bench}
NAMES = [*IN_A_KERNEL, *ON_ITS_OWN]


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks and return the exit code."""
    chosen = [argument.partition(":") for argument in arguments or NAMES]
    unknown = [name for name, _, _ in chosen if name not in NAMES]
    if unknown:
        print(f"unknown benchmark: {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    with contextlib.ExitStack() as stack:
        kernel: HostKernel | None = None
        for name, _, rows in chosen:
            if name in ON_ITS_OWN:
                ON_ITS_OWN[name](rows.split(",") if rows else [])
            else:
                kernel = kernel or stack.enter_context(launch(progress=TerminalProgress()))
                IN_A_KERNEL[name](kernel)
    return 0


sys.exit(main(sys.argv[1:]))
