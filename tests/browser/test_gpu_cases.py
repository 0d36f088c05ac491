"""The shared cases of GPU compute (tests/gpu_cases) on the page's GPU, and without one those that hold there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from gpu_cases import FOLDER, Found, find_cases

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

CARRY = """
import sys, tempfile
from pathlib import Path
folder = Path(tempfile.mkdtemp())
(folder / "gpu_cases").mkdir()
for name, text in {texts!r}.items():
    (folder / "gpu_cases" / name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(folder))
"""


@pytest.fixture(scope="session")
def carried(kernel_session: HostKernel) -> None:
    """The modules with the cases, as files that the kernel's interpreter can import (and show lines of)."""
    kernel_session.python(CARRY.format(texts={file.name: file.read_text("utf-8") for file in FOLDER.glob("*.py")}))


CASES = tuple(find_cases())


@pytest.mark.usefixtures("carried")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_in_the_page(kernel: HostKernel, case: Found) -> None:
    _tell(
        kernel.python(f"""
from gpu_cases import run_case
await run_case(kernel.gpu, {case.module!r}, {case.name!r})
""")
    )


@pytest.mark.usefixtures("carried")
@pytest.mark.parametrize("case", [case for case in CASES if case.on_cpu], ids=str)
def test_on_the_cpu(kernel: HostKernel, case: Found) -> None:
    _tell(
        kernel.python(f"""
from aikernel_web import WebGpuComputeProvider
from aikernel_web.compute.settings import WebGpuComputeSettings
from gpu_cases import run_case
gpu = WebGpuComputeProvider(WebGpuComputeSettings(force_cpu_fallback=True))
await run_case(gpu, {case.module!r}, {case.name!r}, on_cpu=True)
""")
    )


def _tell(answer: tuple[str, str]) -> None:
    outcome, why = answer
    if outcome == "skipped":
        pytest.skip(why)
    if outcome == "failed":
        pytest.fail(why, pytrace=False)
