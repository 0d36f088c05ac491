"""What runs here, and on what: versions, platform and GPU, as a value that can be read, compared and sent on.

(The module is not called ``diagnostics``, for it would hide the package's function of that name once it is loaded.)
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import platform
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .contracts.gpu import GpuDeviceInfo

if TYPE_CHECKING:
    from .compute.provider import WebGpuComputeProvider
    from .kernel import Kernel

_NOT_INSTALLED: Final = "not installed"
_WIDTH: Final = 120


@dataclass(frozen=True, slots=True)
class GpuDiagnostics:
    """The GPU as its provider has it at this moment."""

    provider: str
    """The provider's id."""
    backend: str
    """``webgpu``, ``cpu-fallback``, or ``unopened`` where nothing has been computed yet or the device was lost."""
    fallback_code: str | None = None
    """Why the CPU computes; None where it does not."""
    fallback_reason: str | None = None
    info: GpuDeviceInfo | None = None
    """The open device: adapter, features, limits, and how many devices were opened before it."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What there is and what was done: buffers, bytes, pipelines, submits, dispatches ..., sorted."""
    problems: tuple[str, ...] = ()
    """What could not be asked, and why."""

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as what JSON can say."""
        return {
            "provider": self.provider,
            "backend": self.backend,
            "fallback_code": self.fallback_code,
            "fallback_reason": self.fallback_reason,
            "info": None if self.info is None else _plain_info(self.info),
            "counts": dict(self.counts),
            "problems": list(self.problems),
        }


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What runs here, and on what. ``str()`` of it is for people, `as_dict` for machines; equal states are equal."""

    versions: Mapping[str, str]
    """``aikernel_web``, ``python``, ``numpy``, and ``pyodide`` in a page or ``wgpu`` outside of one."""
    platform: Mapping[str, str]
    """``system``, ``machine`` and, in a page, ``browser`` (its own name of itself)."""
    gpu: GpuDiagnostics | None = None
    """None where no provider was given, and no kernel runs in this interpreter."""

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as what JSON can say."""
        return {
            "versions": dict(self.versions),
            "platform": dict(self.platform),
            "gpu": None if self.gpu is None else self.gpu.as_dict(),
        }

    def __str__(self) -> str:
        sections = {"versions": self.versions, "platform": self.platform, **_gpu_sections(self.gpu)}
        return "\n\n".join(_section(title, rows) for title, rows in sections.items())


def diagnostics(subject: Kernel | WebGpuComputeProvider | None = None) -> Diagnostics:
    """Return what is known of this interpreter and of the GPU of ``subject`` at this moment; nothing is opened for it.

    Without a subject it is the kernel that was started last in this interpreter: in a page, the page's. What is not
    there is left out or said; this does not fail for it.
    """
    kernel, provider = _parts_of(subject)
    return Diagnostics(
        versions=_versions(),
        platform=_platform("" if kernel is None else kernel.browser),
        gpu=None if provider is None else _gpu_of(provider),
    )


async def collect_diagnostics(subject: Kernel | WebGpuComputeProvider | None = None) -> Diagnostics:
    """Return what `diagnostics` returns, after the provider has looked for its GPU and opened it."""
    _, provider = _parts_of(subject)
    if provider is None:
        return diagnostics(subject)
    try:
        await provider.initialize()
    except Exception as error:  # what keeps it from opening is part of the answer
        gpu = _gpu_of(provider)
        gpu = dataclasses.replace(gpu, problems=(*gpu.problems, _problem("initialize", error)))
        return dataclasses.replace(diagnostics(subject), gpu=gpu)
    return diagnostics(subject)


def _parts_of(subject: object) -> tuple[Kernel | None, WebGpuComputeProvider | None]:
    from .kernel import Kernel  # noqa: PLC0415 - who asks for a provider's has no need of it otherwise

    if subject is None:
        subject = Kernel.running()
    if isinstance(subject, Kernel):
        return subject, subject.gpu
    return None, subject  # type: ignore[return-value]


def _versions() -> dict[str, str]:
    from . import __version__  # noqa: PLC0415 - the package's front is loaded by now

    found = {"aikernel_web": __version__, "python": f"{platform.python_version()} ({platform.python_implementation()})"}
    found["numpy"] = _installed("numpy")
    if sys.platform == "emscripten":
        found["pyodide"] = str(getattr(sys.modules.get("pyodide"), "__version__", _NOT_INSTALLED))
    else:
        found["wgpu"] = _installed("wgpu")
    return found


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return _NOT_INSTALLED


def _platform(browser: str) -> dict[str, str]:
    found = {"system": platform.platform(), "machine": platform.machine()}
    return {**found, "browser": browser} if browser else found


def _gpu_of(provider: Any) -> GpuDiagnostics:
    problems: list[str] = []

    def ask(name: str, default: Any = None) -> Any:
        try:
            value = getattr(provider, name, default)
            return value() if callable(value) else value
        except Exception as error:  # one part that fails must not hide the others
            problems.append(_problem(name, error))
            return default

    info, code = ask("info"), ask("fallback_code")
    backend = "webgpu" if info is not None else "cpu-fallback" if code else "unopened"
    return GpuDiagnostics(
        provider=str(ask("provider_id", type(provider).__name__)),
        backend=backend,
        fallback_code=code,
        fallback_reason=ask("fallback_reason"),
        info=info,
        counts=dict(sorted(ask("counts", {}).items())),
        problems=tuple(problems),
    )


def _problem(part: str, error: Exception) -> str:
    return f"{part}: {type(error).__name__}: {error}"


def _plain_info(info: GpuDeviceInfo) -> dict[str, Any]:
    return {
        "generation": info.generation,
        "adapter": dict(sorted(info.adapter.items())),
        "features": list(info.features),
        "limits": dict(sorted(info.limits.items())),
        "language_features": list(info.language_features),
    }


def _gpu_sections(gpu: GpuDiagnostics | None) -> dict[str, Mapping[str, object]]:
    if gpu is None:
        return {"gpu": {"provider": "none: no kernel runs in this interpreter; of a provider tells diagnostics(gpu)"}}
    head: dict[str, object] = {"provider": gpu.provider, "backend": gpu.backend}
    if gpu.fallback_code:
        head |= {"fallback": gpu.fallback_code, "because": gpu.fallback_reason}
    sections: dict[str, Mapping[str, object]] = {"gpu": head}
    if gpu.info is not None:
        head["generation"] = gpu.info.generation
        head["features"] = ", ".join(gpu.info.features) or "none"
        head["language features"] = ", ".join(gpu.info.language_features) or "none"
        sections["gpu adapter"] = dict(sorted(gpu.info.adapter.items()))
        sections["gpu limits"] = dict(sorted(gpu.info.limits.items()))
    if gpu.counts:
        sections["gpu counts"] = gpu.counts
    if gpu.problems:
        sections["gpu problems"] = {problem.partition(":")[0]: problem for problem in gpu.problems}
    return sections


def _section(title: str, rows: Mapping[str, object]) -> str:
    width = max(map(len, rows), default=0)
    shown = [f"  {name:<{width}}  {_folded(_shown(value), width + 4)}" for name, value in rows.items()]
    return "\n".join([title, *shown])


def _folded(text: str, indent: int) -> str:
    lines = textwrap.wrap(text, _WIDTH - indent, break_on_hyphens=False, break_long_words=False)
    return f"\n{' ' * indent}".join(lines)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value) or "-"
