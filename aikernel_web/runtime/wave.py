"""WAV files: sound as ``/dev/audio`` carries it, in the form that every player takes.

Sources: RIFF and WAVE, "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991),
chapters 2 and 3: chunks, ``fmt ``, ``data``, samples of 8 bits unsigned and of 16 bits signed. RFC 2361, appendix A:
format tags 1 (PCM) and 3 (IEEE float). "Multiple channel audio data and WAVE files" (Microsoft, 2007): formats other
than PCM have the extended ``fmt `` chunk and a ``fact`` chunk with the number of sample frames.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..contracts.errors import InvalidArgumentError

SAMPLE_BYTES = {"s16le": 2, "f32le": 4, "u8": 1}
"""Bytes of one sample, by the names that ``/dev/audio/ctl`` knows."""
RATE_MIN, RATE_MAX = 8_000, 96_000
"""Frames a second that a page must be able to play (Web Audio, BaseAudioContext.createBuffer)."""
CHANNELS_MAX = 8

_NO_EXTENSION = b"\0\0"
_PCM, _IEEE_FLOAT = 1, 3
_LONGEST = 0xFFFF_FFFF - 128
"""Bytes of samples: the sizes of chunks have 32 bits, and the headers need some."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """How samples lie in bytes: interleaved, little-endian, ``rate`` frames a second; as ``/dev/audio`` begins.

    Raises `InvalidArgumentError` with ``WASM_AUDIO_FORMAT_INVALID`` for what ``/dev/audio/ctl`` would refuse.
    """

    rate: int = 44_100
    channels: int = 2
    format: str = "s16le"

    def __post_init__(self) -> None:
        if not (
            self.format in SAMPLE_BYTES and RATE_MIN <= self.rate <= RATE_MAX and 1 <= self.channels <= CHANNELS_MAX
        ):
            raise InvalidArgumentError(
                f"{self.rate} frames a second of {self.channels} channels in {self.format!r} is no format of sound: "
                f"give {RATE_MIN} to {RATE_MAX}, 1 to {CHANNELS_MAX}, and one of {', '.join(SAMPLE_BYTES)}.",
                code="WASM_AUDIO_FORMAT_INVALID",
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample frame: a sample for each channel."""
        return self.channels * SAMPLE_BYTES[self.format]


def encode_wav(samples: bytes, form: AudioFormat) -> bytes:
    """Return a WAV file of the whole sample frames in ``samples``.

    Raises `InvalidArgumentError` with ``WASM_AUDIO_TOO_LONG`` beyond the 4 GiB that such a file can hold.
    """
    length = len(samples) - len(samples) % form.frame_bytes
    if length > _LONGEST:
        raise InvalidArgumentError(
            f"{length} bytes of sound do not fit into a WAV file: encode them in parts.", code="WASM_AUDIO_TOO_LONG"
        )
    bits = SAMPLE_BYTES[form.format] * 8
    is_float = form.format == "f32le"
    common = struct.pack(
        "<HHIIHH",
        _IEEE_FLOAT if is_float else _PCM,
        form.channels,
        form.rate,
        form.rate * form.frame_bytes,
        form.frame_bytes,
        bits,
    )
    chunks = [_chunk(b"fmt ", common)]
    if is_float:
        extension_bytes = struct.pack("<H", 0)
        chunks = [
            _chunk(b"fmt ", common + extension_bytes),
            _chunk(b"fact", struct.pack("<I", length // form.frame_bytes)),
        ]
    chunks.append(_chunk(b"data", samples[:length]))
    return _chunk(b"RIFF", b"WAVE" + b"".join(chunks))


def _chunk(name: bytes, content: bytes) -> bytes:
    padding = b"\0" * (len(content) % 2)  # chunks begin at even places; the size does not count the padding
    return name + struct.pack("<I", len(content)) + content + padding
