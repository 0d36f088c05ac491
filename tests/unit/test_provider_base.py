from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.loop import run_async

from aikernel_web import EventBusProvider, InvalidArgumentError
from aikernel_web.contracts.providers import ModelCapacityVector, Provider, ProviderCapabilities
from aikernel_web.runtime.provider_base import WasmProviderBase, WasmProviderCapabilities


def test_every_member_has_the_contracts_default() -> None:
    capabilities: ProviderCapabilities = WasmProviderCapabilities([], [])
    assert (capabilities.supported_operations, capabilities.supported_data_types) == ((), ())
    assert capabilities.max_concurrent_connections == 1
    assert capabilities.rate_limit is None
    assert capabilities.vector == ModelCapacityVector(0.0, 0.0, 0.0, 0.0, 0.0)
    assert capabilities.get_dynamic_capacities({"any": "thing"}) is None
    assert capabilities.get_capability_profile() is None
    assert not capabilities.supports_quantization("int8")
    assert not capabilities.supports_query_augmentation
    assert not capabilities.supports_query_decomposition
    assert not capabilities.supports_query_routing
    assert capabilities.max_query_parts == 0
    assert capabilities.supported_query_processing_operations == ()
    assert not capabilities.supports_query_processing_operation("split")
    assert not capabilities.supports_embedding
    assert capabilities.embedding_dimensions is None
    assert capabilities.supported_embedding_models == ()


@given(st.lists(st.text()), st.lists(st.text()))
def test_lists_are_sorted_by_code_point_and_duplicates_stay(operations: list[str], data_types: list[str]) -> None:
    capabilities = WasmProviderCapabilities(operations, data_types)
    assert list(capabilities.supported_operations) == sorted(operations)
    assert list(capabilities.supported_data_types) == sorted(data_types)


def test_support_ignores_case() -> None:
    capabilities = WasmProviderCapabilities(["wasm.memory.free", "Upper"], ["memory"])
    assert capabilities.supported_operations == ("Upper", "wasm.memory.free")
    assert capabilities.supports_operation("WASM.Memory.Free")
    assert capabilities.supports_data_type("MEMORY")
    assert not capabilities.supports_operation("memory")
    assert not capabilities.supports_data_type("wasm.memory.free")


@pytest.mark.parametrize(("operations", "data_types"), [(None, []), ([], None)])
def test_a_missing_list_is_refused_by_code(operations: list[str] | None, data_types: list[str] | None) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        WasmProviderCapabilities(operations, data_types)  # type: ignore[arg-type]
    assert caught.value.code == "PROVIDER_CAPABILITIES_REQUIRED"


@given(st.lists(st.sampled_from(["initialize", "shutdown"]), max_size=6))
def test_a_provider_is_available_from_initialisation_to_shutdown_as_often_as_one_likes(steps: list[str]) -> None:
    provider: Provider = WasmProviderBase("an.id", "A Name", operations=("a.b",), data_types=())

    async def main() -> None:
        assert not await provider.is_available()
        for step in steps:
            await getattr(provider, step)()
            health = await provider.get_health()
            assert await provider.is_available() == health.is_healthy == (step == "initialize")
            assert health.message
            assert health.response_time_ms == 0
            assert timedelta(0) <= datetime.now(UTC) - health.checked_at < timedelta(minutes=1)

    run_async(main())
    assert (provider.provider_id, provider.name, provider.version) == ("an.id", "A Name", "0.1.0")


def test_the_event_bus_is_a_provider_that_works_uninitialised() -> None:
    bus, seen = EventBusProvider(), list[object]()
    assert bus.provider_id == "providers.eventbus.memory"
    assert bus.get_capabilities().supported_operations == ("event.publish", "event.subscribe")
    assert bus.get_capabilities().supported_data_types == ("event",)
    bus.subscribe("Thing", seen.append)
    bus.publish_now("Thing", 1)
    assert seen == [1]
