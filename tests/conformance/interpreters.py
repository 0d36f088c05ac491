"""Where a case of the contract runs: the kernel's interpreter in a page, and this one. The code is the same."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import Kernel

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


class Interpreter(Protocol):
    def run(self, code: str) -> Any:
        """Run `code`, in which `kernel` is a kernel and `await` works anywhere; return the value of its last line."""
        ...


class PageInterpreter:
    """Pyodide, in the kernel worker of a real page."""

    def __init__(self, kernel: HostKernel) -> None:
        self._kernel = kernel

    def run(self, code: str) -> Any:
        return self._kernel.python(code)


class LocalInterpreter:
    """CPython, with a kernel over wasmtime."""

    def run(self, code: str) -> Any:
        return run_async(self._run(ast.parse(code)))

    async def _run(self, tree: ast.Module) -> Any:
        last = tree.body.pop()
        assert isinstance(last, ast.Expr), "a case ends in an expression"
        kernel = Kernel(WasmtimeEngine())
        await kernel.start()
        names: dict[str, Any] = {"kernel": kernel}
        try:
            for node in (tree, ast.Expression(last.value)):
                mode = "eval" if isinstance(node, ast.Expression) else "exec"
                code = compile(node, "<case>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                value = eval(code, names)  # the very thing that `kernel.python` does in a page
                if inspect.iscoroutine(value):
                    value = await value
            return value
        finally:
            await kernel.reset()


def interpreter_called(name: str, request: pytest.FixtureRequest) -> Interpreter:
    """Return the interpreter of a page in `chromium`, or this one."""
    return PageInterpreter(request.getfixturevalue("kernel")) if name == "chromium" else LocalInterpreter()
