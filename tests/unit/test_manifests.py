from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

import aikernel_web
from aikernel_web import (
    KernelError,
    WasmAssemblySet,
    load_wasm_runtime,
    provider_manifest,
    provider_manifest_names,
    require_wasm_assemblies,
    wasm_assemblies,
    wasm_provider_contracts,
)
from aikernel_web.host.site.sources import find_sources, project_of
from aikernel_web.host.site.wheel import browser_wheel

NAMES = ("runtime", "process", "memory", "stdin", "filesystem", "event", "audio", "screenshot", "savestate", "time")
IDS = [f"wasm.{name}" for name in NAMES]


class TestManifests:
    def test_the_wasm_manifest_is_the_contracts_word_for_word(self) -> None:
        assert provider_manifest("wasm") == {
            "providerId": "wasm.runtime",
            "name": "AIKernel WASM Runtime",
            "version": "0.1.1",
            "assembly": "AIKernel.Wasm.Runtime.dll",
            "capabilities": IDS,
            "metadata": {"scope": "browser-wasm", "status": "runtime-service"},
        }

    def test_the_webgpu_manifest_is_the_contracts_word_for_word(self) -> None:
        assert provider_manifest("webgpu") == {
            "providerId": "webgpu.compute",
            "name": "WebGPU Compute",
            "version": "0.1.1",
            "assembly": "WebGpuComputeProvider.dll",
            "capabilities": ["compute.dispatch", "compute.vector_add"],
            "metadata": {
                "adapterProfile": "webgpu-browser",
                "backend": "browser-webgpu",
                "fallback": "cpu",
                "providerType": "AIKernel.Wasm.Comput.WebGpuComputeProvider",
                "invokerType": "AIKernel.Wasm.Comput.WebGpuComputeInvoker",
            },
            "cli": {
                "command": "gpu",
                "defaultOperation": "compute.vector_add",
                "configKeys": ["adapterProfile", "backend", "forceCpuFallback"],
                "requiredEnvironment": [],
            },
        }

    def test_there_are_two(self) -> None:
        assert provider_manifest_names() == ("wasm", "webgpu")
        with pytest.raises(KernelError) as caught:
            provider_manifest("../pyproject")
        assert caught.value.code == "PROVIDER_MANIFEST_NOT_FOUND"

    @pytest.mark.parametrize("name", provider_manifest_names())
    def test_one_is_the_callers_own_each_time(self, name: str) -> None:
        provider_manifest(name)["capabilities"].clear()
        assert provider_manifest(name)["capabilities"]

    def test_they_are_in_the_browsers_wheel(self) -> None:
        sources = find_sources()
        with zipfile.ZipFile(io.BytesIO(browser_wheel(sources.package, project_of(sources)))) as wheel:
            for name in provider_manifest_names():
                told = json.loads(wheel.read(f"aikernel_web/manifests/{name}.provider.json"))
                assert told == provider_manifest(name)


class TestContracts:
    def test_there_are_ten_in_the_order_of_the_reference(self) -> None:
        assert [contract.provider_id for contract in wasm_provider_contracts()] == IDS
        assert provider_manifest("wasm")["capabilities"] == IDS

    @pytest.mark.parametrize("contract", wasm_provider_contracts(), ids=lambda contract: contract.provider_id)
    def test_each_is_what_the_class_of_that_name_says_of_itself(
        self, contract: aikernel_web.WasmProviderContract
    ) -> None:
        provider = getattr(aikernel_web, contract.managed_type.rpartition(".")[2])()
        assert (provider.provider_id, provider.name) == (contract.provider_id, contract.name)


class TestAssemblies:
    def test_this_installation_is_complete(self) -> None:
        found = require_wasm_assemblies()
        assert found == wasm_assemblies()
        assert (found.is_complete, found.missing) == (True, ())
        assert found.root == Path(aikernel_web.__file__).parent
        named = {provider_manifest(name)["assembly"].removesuffix(".dll") for name in provider_manifest_names()}
        assert named <= found.assemblies.keys()

    def test_every_provider_of_the_contract_is_in_one(self) -> None:
        found = wasm_assemblies()
        text = "".join((found.root / part).read_text() for part in found.assemblies["AIKernel.Wasm.Runtime"])
        classes = set(re.findall(r"^class (\w+)", text, re.M))
        assert {contract.managed_type.rpartition(".")[2] for contract in wasm_provider_contracts()} <= classes

    def test_what_is_missing_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "there.py").touch()
        damaged = WasmAssemblySet(tmp_path, {"One": ("there.py",), "Other": ("gone.py", "there.py")})
        assert (damaged.is_complete, damaged.missing) == (False, (tmp_path / "gone.py",))
        monkeypatch.setattr("aikernel_web.assemblies.wasm_assemblies", lambda: damaged)
        for attempt in (require_wasm_assemblies, load_wasm_runtime):
            with pytest.raises(FileNotFoundError, match=r"gone\.py"):
                attempt()

    def test_the_runtime_is_loaded(self) -> None:
        assert load_wasm_runtime() is aikernel_web.runtime
