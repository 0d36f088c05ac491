"""WAV files, read by Python's own reader and, where that knows no floats, chunk by chunk."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from aikernel_web import InvalidArgumentError
from aikernel_web.runtime import wave as written
from aikernel_web.runtime.wave import AudioFormat, encode_wav


def chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks of a RIFF file of kind WAVE, which fill it exactly."""
    name, size, kind = struct.unpack_from("<4sI4s", data)
    assert (name, size, kind) == (b"RIFF", len(data) - 8, b"WAVE")
    found = {}
    at = 12
    while at < len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        found[name] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(data)
    return found


@pytest.mark.parametrize("form", [AudioFormat(), AudioFormat(8000, 1, "u8"), AudioFormat(96000, 8, "s16le")])
def test_pcm_is_read_as_it_was_written(form: AudioFormat) -> None:
    samples = bytes(range(form.frame_bytes)) * 7
    with wave.open(io.BytesIO(encode_wav(samples, form))) as file:
        assert file.getframerate() == form.rate
        assert file.getnchannels() == form.channels
        assert file.getsampwidth() == form.frame_bytes // form.channels
        assert file.readframes(100) == samples


def test_floats_have_the_extended_format_and_the_count_of_frames() -> None:
    samples = struct.pack("<6f", 0, 1, -1, 0.5, -0.5, 0.25)
    found = chunks(encode_wav(samples, AudioFormat(48000, 2, "f32le")))
    assert list(found) == [b"fmt ", b"fact", b"data"]
    assert struct.unpack("<HHIIHHH", found[b"fmt "]) == (3, 2, 48000, 48000 * 8, 8, 32, 0)
    assert struct.unpack("<I", found[b"fact"]) == (3,)
    assert found[b"data"] == samples


def test_an_odd_number_of_bytes_is_padded() -> None:
    data = encode_wav(b"\x80\x81\x82", AudioFormat(8000, 1, "u8"))
    assert len(data) % 2 == 0
    assert chunks(data)[b"data"] == b"\x80\x81\x82"


def test_a_piece_of_a_frame_is_left_out() -> None:
    assert chunks(encode_wav(b"\1\2\3\4\5", AudioFormat()))[b"data"] == b"\1\2\3\4"


def test_no_sound_is_a_file_too() -> None:
    with wave.open(io.BytesIO(encode_wav(b"", AudioFormat()))) as file:
        assert file.getnframes() == 0


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "_LONGEST", 3)
    with pytest.raises(InvalidArgumentError) as refused:
        encode_wav(bytes(4), AudioFormat())
    assert refused.value.code == "WASM_AUDIO_TOO_LONG"


@pytest.mark.parametrize("fields", [(7999, 2, "s16le"), (96001, 2, "s16le"), (44100, 0, "u8"), (44100, 2, "mp3")])
def test_what_no_device_plays_is_no_format(fields: tuple[int, int, str]) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        AudioFormat(*fields)
    assert refused.value.code == "WASM_AUDIO_FORMAT_INVALID"
