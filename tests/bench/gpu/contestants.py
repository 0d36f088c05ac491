"""Those who are measured, as the host reaches them: a worker of the page, and Python in the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aikernel_web.host.static_files import HEADERS

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

_FOLDER = Path(__file__).parent
_WORKER = _FOLDER / "worker.mjs"
_MODULES = ("in_kernel", "ours", "by_hand", "with_numpy")
_ADDRESS = "/bench/gpu/worker.mjs"

_CARRY = """
import sys, tempfile
from pathlib import Path
folder = Path(tempfile.mkdtemp()) / "gpu_bench"
folder.mkdir()
for name, text in {texts!r}.items():
    (folder / name).write_text(text, encoding="utf-8")
sys.path.insert(0, str(folder.parent))
from gpu_bench.in_kernel import GIVEN
from gpu_bench.by_hand import by_hand
from gpu_bench.ours import ours
from gpu_bench.with_numpy import with_numpy
contestants = {{"ours": await ours(kernel), "by hand": await by_hand(), "NumPy": await with_numpy()}}
GIVEN
"""
_OPEN_WORKER = f"""() => {{
  const worker = new Worker("{_ADDRESS}", {{ type: "module" }});
  const ask = (question) => new Promise((resolve, reject) => {{
    worker.onmessage = ({{ data }}) => ("error" in data ? reject(new Error(data.error)) : resolve(data.answer));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(question);
  }});
  globalThis.benchGpu = {{ ask, worker }};
}}"""
_PATIENCE = 300


class Contestant(Protocol):
    """One who can do every task."""

    def measure(self, task: str, count: int, *, warm: int, settled: bool) -> float:
        """Return the microseconds of one of ``count`` acts, after ``warm``; with ``settled`` until all have run."""
        ...

    def result(self, task: str) -> list[float]:
        """Return some numbers that the task's last act has computed."""
        ...


class InJavaScript:
    """worker.mjs, in a worker of the page."""

    def __init__(self, kernel: HostKernel, given: dict[str, Any]) -> None:
        self._page = kernel.page
        self._page.route(f"**{_ADDRESS}", lambda route: route.fulfill(path=_WORKER, headers=dict(HEADERS)))
        self._page.evaluate(_OPEN_WORKER)
        self._ask("prepare", given)

    def measure(self, task: str, count: int, *, warm: int, settled: bool) -> float:
        return float(self._ask("measure", {"task": task, "count": count, "warm": warm, "settled": settled}))

    def result(self, task: str) -> list[float]:
        return list(self._ask("result", task))

    def spin(self) -> float:
        """Return the milliseconds of work that is always the same."""
        return float(self._ask("spin"))

    def close(self) -> None:
        self._page.evaluate("() => benchGpu.worker.terminate()")
        self._page.unroute(f"**{_ADDRESS}")

    def _ask(self, question: str, argument: Any = None) -> Any:
        return self._page.evaluate("(question) => benchGpu.ask(question)", [question, argument])


class InKernel:
    """A contestant of the kernel's interpreter, by its name."""

    def __init__(self, kernel: HostKernel, name: str) -> None:
        self._kernel = kernel
        self._contestant = f"contestants[{name!r}]"

    def measure(self, task: str, count: int, *, warm: int, settled: bool) -> float:
        call = f"await {self._contestant}.measure({task!r}, {count}, warm={warm}, settled={settled})"
        return float(self._kernel.python(call, timeout=_PATIENCE))

    def result(self, task: str) -> list[float]:
        return list(self._kernel.python(f"await {self._contestant}.result({task!r})"))


def prepare_kernel(kernel: HostKernel) -> dict[str, Any]:
    """Make the kernel's contestants; return what JavaScript needs: the shaders and how many workgroups."""
    texts = {f"{name}.py": (_FOLDER / f"{name}.py").read_text("utf-8") for name in _MODULES}
    given: dict[str, Any] = kernel.python(_CARRY.format(texts={"__init__.py": "", **texts}), timeout=_PATIENCE)
    return given
