"""Cases of GPU compute that run on every WebGPU there is: the page's (tests/browser) and the native one (tests/unit).

A module of this package holds ``async def case_<sentence>(gpu)`` functions with plain asserts, ``gpu`` being a
`WebGpuComputeProvider`. It imports NumPy, `aikernel_web` and this package, and nothing else: its text travels into the
page's interpreter.
"""

from __future__ import annotations

import ast
import functools
import importlib
import traceback
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Case = Callable[[Any], Awaitable[None]]

FOLDER = Path(__file__).parent


class Skipped(Exception):  # noqa: N818 - an outcome, not an error
    """The case cannot run here; the message says what is missing."""


def also_on_cpu(case: Case) -> Case:
    """Mark a case that holds without a GPU too: it is run with ``force_cpu_fallback`` as well."""
    return case


def needs_feature(name: str) -> Callable[[Case], Case]:
    """Skip a case where the GPU has not this feature of WebGPU's."""

    def decorate(case: Case) -> Case:
        @functools.wraps(case)
        async def checked(gpu: Any) -> None:
            await gpu.initialize()
            if gpu.info is not None and name not in gpu.info.features:
                raise Skipped(f"the adapter has no {name}")
            await case(gpu)

        return checked

    return decorate


@dataclass(frozen=True, slots=True)
class Found:
    """A case, by its module and its function; ``on_cpu``: whether it is marked by `also_on_cpu`."""

    module: str
    name: str
    on_cpu: bool

    def __str__(self) -> str:
        return f"{self.module}-{self.name.removeprefix('case_')}"


def find_cases() -> Iterator[Found]:
    """Yield all cases, from their texts: one that cannot be imported fails alone, where it is run."""
    for file in sorted(FOLDER.glob("[!_]*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8"), file.name).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("case_"):
                marks = {getattr(mark, "id", None) for mark in node.decorator_list}
                yield Found(file.stem, node.name, also_on_cpu.__name__ in marks)


async def run_case(gpu: Any, module: str, name: str, *, on_cpu: bool = False) -> tuple[str, str]:
    """Run a case and return ``passed``, ``skipped`` or ``failed``, and why."""
    try:
        case: Case = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        await gpu.initialize()
        assert gpu.using_cpu_fallback == on_cpu, f"the case runs in the wrong place: {gpu.fallback_reason}"
        await case(gpu)
    except Skipped as reason:
        return "skipped", str(reason)
    except Exception:
        return "failed", traceback.format_exc()
    return "passed", ""
