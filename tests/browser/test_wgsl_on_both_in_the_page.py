"""The CPU's WGSL, in the page's interpreter, held against the browser's own GPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from wgsl_generator import Seeded, build_kernel
from wgsl_kernels import find_kernels

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

SHADERS = Path(__file__).parents[1] / "shaders"
PATIENCE = 600
BATCH = 20
CARRY = """
import sys, tempfile
from pathlib import Path
folder = Path(tempfile.mkdtemp())
for name, text in {texts!r}.items():
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(folder))
"""


@pytest.fixture(scope="session")
def carried(kernel_session: HostKernel) -> None:
    """What the comparisons are made with, as files that the kernel's interpreter can import."""
    packages = [SHADERS / "wgsl_builtins", SHADERS / "wgsl_kernels"]
    texts = {
        f"{folder.name}/{file.name}": file.read_text("utf-8") for folder in packages for file in folder.glob("*.py")
    }
    for module in ("wgsl_in_page.py", "wgsl_accuracy.py", "wgsl_intervals.py"):
        texts[module] = (SHADERS / module).read_text("utf-8")
    texts["wgsl_inputs.py"] = (SHADERS / "wgsl_generator/inputs.py").read_text("utf-8")
    kernel_session.python(CARRY.format(texts=texts))
    assert ask(kernel_session, "both_are_there(kernel.gpu)")


def ask(kernel: HostKernel, call: str) -> Any:
    return kernel.python(f"import wgsl_in_page\nawait wgsl_in_page.{call}", timeout=PATIENCE)


def agree(kernel: HostKernel, seeds: range) -> None:
    for start in range(seeds.start, seeds.stop, BATCH):
        made = {seed: build_kernel(Seeded(seed), wild=True) for seed in range(start, min(start + BATCH, seeds.stop))}
        rows = [(seed, each.wgsl, each.invocations, each.workgroups, each.record) for seed, each in made.items()]
        found = ask(kernel, f"generated(kernel.gpu, {rows!r})")
        told = [f"seed {seed}: {wrong}\n{made[int(seed)].wgsl}" for seed, wrong in found.items()]
        assert not told, "\n".join(told)


@pytest.mark.usefixtures("carried")
def test_kernels_made_by_chance_compute_the_same(kernel: HostKernel) -> None:
    agree(kernel, range(40))


@pytest.mark.deep
@pytest.mark.usefixtures("carried")
def test_many_kernels_made_by_chance_compute_the_same(kernel: HostKernel) -> None:
    agree(kernel, range(1000, 3000))


@pytest.mark.usefixtures("carried")
def test_builtins_compute_the_same_over_edge_values(kernel: HostKernel) -> None:
    found = ask(kernel, "builtins(kernel.gpu)")
    assert not found, found


@pytest.mark.usefixtures("carried")
@pytest.mark.parametrize(("module", "name"), tuple(find_kernels()))
def test_published_kernels_compute_the_same(kernel: HostKernel, module: str, name: str) -> None:
    wrong = ask(kernel, f"published(kernel.gpu, {module!r}, {name!r})")
    assert not wrong, wrong
