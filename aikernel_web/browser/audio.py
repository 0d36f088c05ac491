"""The page's loudspeaker, behind static/bridge/audio.mjs."""

from __future__ import annotations

from typing import Any

from pyodide.ffi import JsProxy, to_js

from ..contracts.observation import AudioBlock
from .answers import answer


class PageSpeaker:
    """An `AudioSink` that is heard in the page."""

    def __init__(self, speaker: JsProxy) -> None:
        self._speaker: Any = speaker

    async def play(self, block: AudioBlock) -> bool:
        """Play whole sample frames after what was given before; wait until they were played.

        Returns False when nobody hears it: no page listens, or its user has not touched it yet (browsers ask for that).

        Raises:
            KernelError: AUDIO_RATE_INVALID, AUDIO_CHANNELS_INVALID, AUDIO_FORMAT_INVALID, AUDIO_BLOCK_INVALID for what
                cannot be played, AUDIO_QUEUE_FULL when too much waits already.
        """
        return bool(await answer(self._speaker.play, block.rate, block.channels, block.format, to_js(block.data)))

    async def stop(self) -> None:
        """Be silent at once: what was not played yet is dropped."""
        await answer(self._speaker.stop)
