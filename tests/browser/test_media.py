"""Files that the providers write of real programs, read by others: Pillow, Python's `wave`, Chromium's decoders."""

from __future__ import annotations

import io
import struct
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from media import TITLE_HEIGHT, TITLE_WIDTH, TONE_HERTZ, TONE_MILLISECONDS, TONE_RATE, doom_title, tone
from PIL import Image

from aikernel_web.runtime.png import encode_png
from aikernel_web.runtime.wave import AudioFormat, encode_wav

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

DECODE_PICTURE = """async (bytes) => {
  const blob = new Blob([new Uint8Array(bytes)], { type: "image/png" });
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return [...context.getImageData(0, 0, bitmap.width, bitmap.height).data];
}"""
DECODE_SOUND = """async ([bytes, rate]) => {
  const context = new OfflineAudioContext(1, 1, rate);
  const sound = await context.decodeAudioData(new Uint8Array(bytes).buffer);
  const channels = [];
  for (let i = 0; i < sound.numberOfChannels; i++) channels.push([...sound.getChannelData(i)]);
  return { rate: sound.sampleRate, channels };
}"""


def test_dooms_title_is_a_picture(kernel: HostKernel) -> None:
    data = doom_title(kernel)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (TITLE_WIDTH, TITLE_HEIGHT))
    assert len(image.getcolors(TITLE_WIDTH * TITLE_HEIGHT)) > 50
    red, green, blue = (np.asarray(image)[:, :, channel].mean() for channel in range(3))
    assert red > 2 * green > 0
    assert red > 2 * blue > 0


def test_a_tone_has_its_frequency(kernel: HostKernel) -> None:
    with wave.open(io.BytesIO(tone(kernel))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, TONE_RATE)
        assert file.getnframes() == TONE_RATE * TONE_MILLISECONDS // 1000
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    peak = int(spectrum.argmax())
    assert peak * TONE_RATE / len(samples) == TONE_HERTZ
    assert spectrum[peak] / spectrum.sum() > 0.999


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_chromium_reads_our_pictures(kernel: HostKernel, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    seen = np.array(kernel.page.evaluate(DECODE_PICTURE, list(encode_png(pixels))), np.uint8).reshape(5, 7, 4)
    wanted = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
    assert np.array_equal(seen[:, :, :3], wanted)
    assert seen[:, :, 3].min() == 255


@pytest.mark.parametrize(
    ("form", "code", "values", "heard"),
    [
        ("s16le", "<h", [0, 16384, -16384, -32768], [0.0, 0.5, -0.5, -1.0]),
        ("f32le", "<f", [0.0, 0.25, -0.75, 1.0], [0.0, 0.25, -0.75, 1.0]),
        ("u8", "<B", [128, 192, 64, 0], [0.0, 0.5, -0.5, -1.0]),
    ],
)
def test_chromium_reads_our_sounds(
    kernel: HostKernel, form: str, code: str, values: list[float], heard: list[float]
) -> None:
    frames = b"".join(struct.pack(code, value) * 2 for value in values)
    file = encode_wav(frames, AudioFormat(48_000, 2, form))
    sound = kernel.page.evaluate(DECODE_SOUND, [list(file), 48_000])
    assert sound["rate"] == 48_000
    assert len(sound["channels"]) == 2
    for channel in sound["channels"]:
        assert channel == pytest.approx(heard, abs=4e-3)
