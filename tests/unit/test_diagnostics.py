"""What runs here, and on what: `aikernel_web.diagnostics()`."""

from __future__ import annotations

import dataclasses
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import pytest
from unit.loop import run_async

import aikernel_web
from aikernel_web import Diagnostics, Kernel, WebGpuComputeProvider, collect_diagnostics, diagnostics
from aikernel_web.contracts.gpu import GpuDeviceInfo

INFO = GpuDeviceInfo(
    generation=2,
    adapter={"vendor": "acme", "architecture": "", "isFallbackAdapter": False},
    features=("shader-f16", "subgroups"),
    limits={"maxBufferSize": 1 << 30, "maxBindGroups": 4},
    language_features=("packed_4x8_integer_dot_product",),
)
TEXT = """\
gpu
  provider           one.gpu
  backend            webgpu
  generation         2
  features           shader-f16, subgroups
  language features  packed_4x8_integer_dot_product

gpu adapter
  architecture       -
  isFallbackAdapter  False
  vendor             acme

gpu limits
  maxBindGroups  4
  maxBufferSize  1,073,741,824

gpu counts
  buffers     1
  dispatches  12,345"""


@pytest.fixture(autouse=True)
def _no_kernel_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel, "_started_ones", WeakValueDictionary())


def provider(**members: object) -> Any:
    """A provider, as far as diagnostics ask for it."""
    return SimpleNamespace(
        **{
            "provider_id": "one.gpu",
            "fallback_code": None,
            "fallback_reason": None,
            "info": INFO,
            "counts": lambda: {"dispatches": 12345, "buffers": 1},
            **members,
        }
    )


class TestWithoutAGpu:
    def test_versions_and_platform_are_those_of_this_interpreter(self) -> None:
        found = diagnostics()
        assert found.versions["aikernel_web"] == aikernel_web.__version__
        assert found.versions["python"].startswith(platform.python_version())
        assert found.platform == {"system": platform.platform(), "machine": platform.machine()}
        assert found.gpu is None
        assert "no kernel runs in this interpreter" in str(found)

    def test_it_runs_in_a_fresh_interpreter_and_loads_no_array_library(self) -> None:
        code = "import aikernel_web, sys; print(aikernel_web.diagnostics()); print('numpy' in sys.modules)"
        ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
        assert ran.stderr == ""
        assert ran.stdout.startswith("versions\n  aikernel_web  ")
        assert ran.stdout.endswith("False\n")

    def test_what_is_not_installed_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(name: str) -> str:
            raise aikernel_web.diagnosis.importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(aikernel_web.diagnosis.importlib.metadata, "version", missing)
        assert diagnostics().versions["numpy"] == "not installed"

    def test_loading_its_module_does_not_hide_the_function(self) -> None:
        import aikernel_web.diagnosis  # noqa: PLC0415

        assert aikernel_web.diagnostics is aikernel_web.diagnosis.diagnostics


class TestOfAProvider:
    def test_everything_stands_in_the_text_in_a_fixed_order(self) -> None:
        assert str(diagnostics(provider())).endswith(TEXT)

    def test_it_is_a_value(self) -> None:
        first, second = diagnostics(provider()), diagnostics(provider())
        assert first == second
        assert json.loads(json.dumps(first.as_dict())) == first.as_dict()
        with pytest.raises(dataclasses.FrozenInstanceError):
            first.gpu = None  # type: ignore[misc]

    def test_the_reason_for_a_fallback_is_told(self) -> None:
        found = diagnostics(
            provider(info=None, fallback_code="WEBGPU_NO_ADAPTER", fallback_reason="There is no adapter.")
        )
        assert found.gpu is not None
        assert (found.gpu.backend, found.gpu.fallback_code) == ("cpu-fallback", "WEBGPU_NO_ADAPTER")
        assert "  fallback  WEBGPU_NO_ADAPTER\n  because   There is no adapter." in str(found)

    def test_a_part_that_is_missing_or_fails_hides_nothing_else(self) -> None:
        def broken() -> Mapping[str, int]:
            raise RuntimeError("lost its books")

        found = diagnostics(provider(counts=broken)).gpu
        assert found is not None
        assert (found.info, dict(found.counts)) == (INFO, {})
        assert found.problems == ("counts: RuntimeError: lost its books",)
        bare = diagnostics(SimpleNamespace()).gpu  # type: ignore[arg-type]
        assert bare is not None
        assert (bare.provider, bare.backend, bare.problems) == ("SimpleNamespace", "unopened", ())
        assert "RuntimeError: lost its books" in str(diagnostics(provider(counts=broken)))

    def test_one_that_was_not_used_is_not_opened_for_it(self) -> None:
        own = WebGpuComputeProvider()
        found = diagnostics(own).gpu
        assert found is not None
        assert (found.provider, found.backend, found.fallback_code) == ("webgpu.compute", "unopened", None)

    def test_the_asynchronous_form_opens_it_first(self) -> None:
        found = run_async(collect_diagnostics(WebGpuComputeProvider())).gpu
        assert found is not None
        assert found.backend == "cpu-fallback"
        assert found.fallback_code
        assert found.fallback_reason

    def test_one_that_cannot_be_opened_is_told_all_the_same(self) -> None:
        async def refuse() -> None:
            raise RuntimeError("no power")

        found = run_async(collect_diagnostics(provider(initialize=refuse))).gpu
        assert found is not None
        assert found.problems == ("initialize: RuntimeError: no power",)


class TestOfAKernel:
    def test_it_is_the_running_one_unless_another_is_given(self) -> None:
        kernel = Kernel(SimpleNamespace(), browser="A Browser/1.0")  # type: ignore[arg-type]
        kernel.gpu = provider()
        assert diagnostics().gpu is None
        run_async(kernel.start())
        found = diagnostics()
        assert found == diagnostics(kernel)
        assert found.platform["browser"] == "A Browser/1.0"
        assert found.gpu is not None
        assert run_async(collect_diagnostics(SimpleNamespace())).gpu != found.gpu  # type: ignore[arg-type]

    def test_without_one_the_asynchronous_form_has_no_gpu_either(self) -> None:
        found = run_async(collect_diagnostics())
        assert isinstance(found, Diagnostics)
        assert found.gpu is None
