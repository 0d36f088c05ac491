"""The composition root: puts engine, bus, providers and shell together."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary

from .contracts.engine import BytesLike, Engine, OutputSink, ProcessObserver
from .contracts.observation import AudioSink
from .providers.process import WasmProcessProvider
from .providers.supervisor import DefaultProcessSupervisorProvider
from .runtime.event_bus import EventBusProvider
from .runtime.programs import Program, Programs
from .runtime.runtime import WasmRuntime
from .shell.commands import registry
from .shell.session import Session

if TYPE_CHECKING:
    from .compute.provider import WebGpuComputeProvider
    from .contracts.canvas import Canvas
    from .contracts.compute import GpuInterop
    from .gallery import Gallery
    from .providers.bundle import ServiceProviders
    from .runtime.context import WasmRuntimeContext
    from .runtime.provider_base import WasmProviderBase
    from .runtime.targets import Targetable


class Kernel:
    """One kernel: everything that runs on one engine. In the page's interpreter the running one is ``kernel``."""

    # The root of all objects is known by nobody: who wants to tell of the interpreter finds it here, and only here.
    _started_ones: ClassVar[WeakValueDictionary[int, Kernel]] = WeakValueDictionary()
    _numbers: ClassVar = itertools.count()

    def __init__(
        self,
        engine: Engine,
        programs: Iterable[Program] = (),
        *,
        load_program: Callable[[str], Awaitable[BytesLike]] | None = None,
        audio_sink: AudioSink | None = None,
        make_gpu: Callable[[], GpuInterop] | None = None,
        browser: str = "",
    ) -> None:
        self.engine = engine
        self.audio_sink = audio_sink
        """Where what Python plays is heard; None where there is no such place."""
        self.make_gpu = make_gpu
        """Returns a way to the page's GPU, each a device of its own; None where there is no such way."""
        self.browser = browser
        """What the browser calls itself; empty where there is none."""
        self.events = EventBusProvider()
        self.runtime = WasmRuntime(self.events, engine=engine)
        self.processes = WasmProcessProvider(self.events, engine=engine)
        self.supervisor = DefaultProcessSupervisorProvider(self.processes)
        self.programs = Programs(programs, load=load_program)
        self.canvases: dict[str, Canvas] = {}
        """Canvases that the page has handed over, by name: where `gpu` shows pictures."""
        self._started = False

    @classmethod
    def running(cls) -> Kernel | None:
        """Return the kernel that was started last in this interpreter, as long as there is one."""
        return next(reversed(list(cls._started_ones.values())), None)

    @functools.cached_property
    def gpu(self) -> WebGpuComputeProvider:
        """GPU compute; the device is opened when it is first used."""
        from .compute.backends import WebGpuWasmBackend  # noqa: PLC0415 - few pages compute, and all would wait for it
        from .compute.provider import WebGpuComputeProvider  # noqa: PLC0415

        backend = WebGpuWasmBackend(None if self.make_gpu is None else self.make_gpu())
        return WebGpuComputeProvider(backend=backend, event_bus=self.events)

    @functools.cached_property
    def gallery(self) -> Gallery:
        """Pictures of ready kernels, as pages ask for them; on a device of its own."""
        from .compute.backends import WebGpuWasmBackend  # noqa: PLC0415 - as above
        from .gallery import Gallery  # noqa: PLC0415

        backend = WebGpuWasmBackend(None if self.make_gpu is None else self.make_gpu())
        return Gallery(backend, self.canvases)

    @functools.cached_property
    def context(self) -> WasmRuntimeContext:
        """What the kernel's own service providers work on."""
        from .runtime.context import WasmRuntimeContext  # noqa: PLC0415 - few pages need it, and all would wait for it

        return WasmRuntimeContext(event_bus=self.events, engine=self.engine)

    @functools.cached_property
    def services(self) -> ServiceProviders:
        """The kernel's own service providers, as available as the kernel is."""
        return self._providers_of(self.context, initialized=self._started)

    @property
    def providers(self) -> tuple[WasmProviderBase, ...]:
        """The ten providers, in the order of the reference contract (section 7)."""
        return (self.runtime, self.processes, *self.services)

    def providers_of(self, target: Targetable) -> ServiceProviders:
        """Return the service providers of a context or a process; they work whether initialised or not."""
        return self._providers_of(target, initialized=False)

    async def start(self) -> None:
        """Initialise the providers and boot the runtime."""
        self._started = True
        for provider in (self.events, self.supervisor, self.runtime, self.processes):
            await provider.initialize()
        if "services" in vars(self):
            await self.services.initialize()
        await self.runtime.boot()
        self._started_ones[next(self._numbers)] = self

    def open_shell(self, terminal: OutputSink, observer: ProcessObserver | None = None) -> Session:
        """Return a shell session whose output goes to ``terminal``; ``observer`` is told what its programs tell."""
        return Session(self, registry, terminal, observer)

    async def reset(self) -> None:
        """Return to the state after `start`: no processes, no added programs, no events, no subscriptions."""
        await self.processes.reset()
        if "gallery" in vars(self):
            await self.gallery.close()
            del self.gallery
        if "gpu" in vars(self):
            await self.gpu.shutdown()
            del self.gpu
        self.runtime.dispose()
        vars(self).pop("services", None)
        if "context" in vars(self):
            self.context.dispose()
            del self.context
        self.programs.reset()
        self.events.reset()

    def _providers_of(self, target: Targetable, *, initialized: bool) -> ServiceProviders:
        from .providers.bundle import ServiceProviders  # noqa: PLC0415 - as above

        return ServiceProviders(target, audio_sink=self.audio_sink, initialized=initialized)
