"""The composition root: puts engine, bus, providers and shell together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from .contracts.engine import BytesLike, Engine, OutputSink, ProcessObserver
from .providers.process import WasmProcessProvider
from .runtime.event_bus import EventBusProvider
from .runtime.programs import Program, Programs
from .runtime.runtime import WasmRuntime
from .shell.commands import registry
from .shell.session import Session


class Kernel:
    """One kernel: everything that runs on one engine. In the page's interpreter the running one is ``kernel``."""

    def __init__(
        self,
        engine: Engine,
        programs: Iterable[Program] = (),
        *,
        load_program: Callable[[str], Awaitable[BytesLike]] | None = None,
    ) -> None:
        self.engine = engine
        self.events = EventBusProvider()
        self.runtime = WasmRuntime(self.events, engine=engine)
        self.processes = WasmProcessProvider(self.events, engine=engine)
        self.programs = Programs(programs, load=load_program)

    async def start(self) -> None:
        """Initialise the providers and boot the runtime."""
        for provider in (self.events, self.runtime, self.processes):
            await provider.initialize()
        await self.runtime.boot()

    def open_shell(self, terminal: OutputSink, observer: ProcessObserver | None = None) -> Session:
        """Return a shell session whose output goes to ``terminal``; ``observer`` is told what its programs tell."""
        return Session(self, registry, terminal, observer)

    async def reset(self) -> None:
        """Return to the state after `start`: no processes, no added programs, no events, no subscriptions."""
        await self.processes.reset()
        self.programs.reset()
        self.events.reset()
