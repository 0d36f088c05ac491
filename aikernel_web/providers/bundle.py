"""All service providers on one target."""

from __future__ import annotations

from collections.abc import Iterator

from ..contracts.observation import AudioSink
from ..contracts.targets import Target
from ..runtime.provider_base import WasmProviderBase
from ..runtime.targets import Targetable, as_target
from .audio import WasmAudioProvider
from .event import WasmEventProvider
from .filesystem import WasmFileSystemProvider
from .memory import WasmMemoryProvider
from .save_state import WasmSaveStateProvider
from .screenshot import WasmScreenshotProvider
from .stdin import WasmStdinProvider
from .time import WasmTimeProvider


class ServiceProviders:
    """The eight providers that serve one context or process, in the order of the reference contract (section 7)."""

    def __init__(
        self, target: Targetable = None, *, audio_sink: AudioSink | None = None, initialized: bool = False
    ) -> None:
        self.target: Target = as_target(target)
        self.memory = WasmMemoryProvider(self.target)
        self.stdin = WasmStdinProvider(self.target)
        self.filesystem = WasmFileSystemProvider(self.target)
        self.event = WasmEventProvider(self.target)
        self.audio = WasmAudioProvider(self.target, sink=audio_sink)
        self.screenshot = WasmScreenshotProvider(self.target)
        self.save_state = WasmSaveStateProvider(self.target)
        self.time = WasmTimeProvider(self.target)
        for provider in self:
            provider.begin(initialized=initialized)

    def __iter__(self) -> Iterator[WasmProviderBase]:
        return iter(
            (
                self.memory,
                self.stdin,
                self.filesystem,
                self.event,
                self.audio,
                self.screenshot,
                self.save_state,
                self.time,
            )
        )

    async def initialize(self) -> None:
        """Make all of them available."""
        for provider in self:
            await provider.initialize()

    async def shutdown(self) -> None:
        """Make all of them unavailable."""
        for provider in self:
            await provider.shutdown()
