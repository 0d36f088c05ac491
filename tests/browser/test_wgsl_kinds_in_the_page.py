"""Results of WGSL on the CPU have the exact types of their kinds where NumPy has two integers of 32 bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

SHADERS = Path(__file__).parents[1] / "shaders"
SWEEP = """
import sys, tempfile
from pathlib import Path
folder = Path(tempfile.mkdtemp())
for name, text in {texts!r}.items():
    (folder / name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(folder))
import numpy as np
from wgsl_kinds import wrong_kinds
np.intc is not np.int32, *wrong_kinds()
"""


def test_every_result_has_the_exact_type_of_its_kind(kernel: HostKernel) -> None:
    texts = {name: (SHADERS / name).read_text("utf-8") for name in ("wgsl_expansions.py", "wgsl_kinds.py")}
    two_integers, count, wrong = kernel.python(SWEEP.format(texts=texts))
    assert two_integers
    assert not wrong
    assert count > 2000
