"""The audio provider: sound to be heard, and the sound that a program plays (reference contract, section 3.6)."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from dataclasses import replace

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.engine import BytesLike
from ..contracts.errors import KernelError
from ..contracts.observation import AudioBlock, AudioSink
from ..contracts.results import direct
from ..runtime.attempts import attempted
from ..runtime.buffers import to_bytes
from ..runtime.targets import Targetable
from ..runtime.wave import AudioFormat, encode_wav
from .service import ServiceProvider

QUEUE_BYTES = 64 << 20
"""Sound that waits for someone to take it; beyond it the oldest is dropped."""
SECONDS_AHEAD = 0.5
"""Sound that a sink may have ahead of what is heard, so that block follows block without a gap."""


class WasmAudioProvider(ServiceProvider):
    """Plays sound, and takes what the program plays on ``/dev/audio``.

    With a ``sink`` what is played from here is heard; without one it waits in the queue, as what is collected of the
    program does, at most 64 MiB of it, until it is taken or written as a WAV file. What a program in a worker plays a
    page hears by itself.
    """

    PROVIDER_ID = "wasm.audio"
    NAME = "WASM Audio Provider"
    OPERATIONS = ("wasm.audio.play", "wasm.audio.stop")
    DATA_TYPES = ("audio",)

    def __init__(self, target: Targetable = None, *, sink: AudioSink | None = None) -> None:
        super().__init__(target)
        self.sink = sink
        self._format = AudioFormat()
        self._partial = b""
        self._playing: deque[tuple[asyncio.Future[object], float]] = deque()
        """What the sink was given and has not answered yet, each with its length in seconds."""
        self._queue: deque[AudioBlock] = deque()
        self._queued_bytes = 0

    @property
    def format(self) -> AudioFormat:
        """How the samples lie that are played from here: 44 100 frames a second, 2 channels, ``s16le`` at first."""
        return self._format

    @attempted
    async def try_set_format(self, rate: int = 44_100, channels: int = 2, *, format: str = "s16le") -> None:  # noqa: A002
        """Set the format of what is played from now on; ``s16le``, ``f32le`` or ``u8``.

        Fails with ``WASM_AUDIO_FORMAT_INVALID``. A piece of a sample frame that was played before is dropped.
        """
        self._format = AudioFormat(rate, channels, format)
        self._partial = b""

    set_format = direct(try_set_format)

    @attempted
    async def try_play(self, data: BytesLike, *, cancellation: CancellationToken | None = None) -> None:
        """Play interleaved samples after what was played before; they become the latest buffer.

        A sample frame may be completed by the next call. Waits while a sink has more than half a second ahead of what
        is heard; `try_drain` waits for the rest.
        """
        refuse_cancelled(cancellation)
        samples = to_bytes(data)
        await self.target.set_audio_buffer(samples)
        samples = self._partial + samples
        whole = len(samples) - len(samples) % self._format.frame_bytes
        self._partial = samples[whole:]
        if whole > 0:
            form = self._format
            await self._give(AudioBlock(form.rate, form.channels, form.format, samples[:whole]))

    play = direct(try_play)

    @attempted
    async def try_play_block(self, block: AudioBlock, *, cancellation: CancellationToken | None = None) -> None:
        """Play a block in its own format, such as one that was collected; waits as `try_play` does.

        Fails with ``WASM_AUDIO_FORMAT_INVALID``. A piece of a sample frame at its end is left out.
        """
        refuse_cancelled(cancellation)
        size = AudioFormat(block.rate, block.channels, block.format).frame_bytes
        await self.target.set_audio_buffer(block.data)
        await self._give(replace(block, data=block.data[: len(block.data) // size * size]))

    play_block = direct(try_play_block)

    @attempted
    async def try_drain(self) -> None:
        """Wait until the sink has played everything that it was given."""
        await self._settle(0)

    drain = direct(try_drain)

    @attempted
    async def try_collect(self, *, cancellation: CancellationToken | None = None) -> AudioBlock | None:
        """Take what the program has played since the last call, into the queue; None where that is nothing.

        It becomes the latest buffer.
        """
        refuse_cancelled(cancellation)
        block = await self.target.take_audio()
        if block is not None:
            self._enqueue(block)
        return block

    collect = direct(try_collect)

    @attempted
    async def try_stop(self, *, cancellation: CancellationToken | None = None) -> None:
        """Be silent at once: the queue, and what the sink has not played yet, are dropped; the latest buffer stays."""
        refuse_cancelled(cancellation)
        self._queue.clear()
        self._queued_bytes = 0
        self._partial = b""
        if self.sink is not None:
            answer = self.sink.stop()
            if inspect.isawaitable(answer):
                await answer
        playing, self._playing = self._playing, deque()
        await asyncio.gather(*(future for future, _ in playing), return_exceptions=True)

    stop = direct(try_stop)

    @attempted
    async def try_latest_audio_buffer(self) -> bytes:
        """Return what was played last, by the program or from here; empty where that was nothing."""
        return await self.target.audio_buffer()

    latest_audio_buffer = direct(try_latest_audio_buffer)

    @property
    def queue(self) -> tuple[AudioBlock, ...]:
        """The blocks that wait for somebody to take them, oldest first."""
        return tuple(self._queue)

    @attempted
    async def try_take(self) -> tuple[AudioBlock, ...]:
        """Return the queue and empty it."""
        blocks = tuple(self._queue)
        self._queue.clear()
        self._queued_bytes = 0
        return blocks

    take = direct(try_take)

    @attempted
    async def try_wav(self) -> bytes:
        """Return the queue as a WAV file; it stays as it is.

        Fails with ``WASM_AUDIO_EMPTY`` where it holds nothing, ``WASM_AUDIO_FORMATS_DIFFER`` where its blocks have
        several formats, ``WASM_AUDIO_TOO_LONG``.
        """
        forms = {(block.rate, block.channels, block.format) for block in self._queue}
        if not forms:
            advice = "play or collect some" if self.sink is None else "collect some (what is played goes to the sink)"
            raise KernelError(f"There is no sound in the queue: {advice}.", code="WASM_AUDIO_EMPTY")
        if len(forms) > 1:
            message = "The sound in the queue has several formats, and a WAV file one: take it in parts."
            raise KernelError(message, code="WASM_AUDIO_FORMATS_DIFFER")
        return encode_wav(b"".join(block.data for block in self._queue), AudioFormat(*forms.pop()))

    wav = direct(try_wav)

    async def _give(self, block: AudioBlock) -> None:
        if self.sink is None:
            self._enqueue(block)
            return
        answer = self.sink.play(block)
        if inspect.isawaitable(answer):
            frames = len(block.data) / AudioFormat(block.rate, block.channels, block.format).frame_bytes
            self._playing.append((asyncio.ensure_future(answer), frames / block.rate))
            await asyncio.sleep(0)  # the sink takes it now: before a stop that comes next
        await self._settle(SECONDS_AHEAD)

    async def _settle(self, ahead: float) -> None:
        """Wait for the sink until it has no more than ``ahead`` seconds; raise what it has failed with."""
        while self._playing and (self._playing[0][0].done() or sum(length for _, length in self._playing) > ahead):
            future, _ = self._playing[0]
            await asyncio.wait({future})
            if self._playing and self._playing[0][0] is future:
                self._playing.popleft()
                future.result()

    def _enqueue(self, block: AudioBlock) -> None:
        self._queue.append(block)
        self._queued_bytes += len(block.data)
        while self._queued_bytes > QUEUE_BYTES and len(self._queue) > 1:
            self._queued_bytes -= len(self._queue.popleft().data)
