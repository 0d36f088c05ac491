"""Sound that is heard in the page: through the worklet, measured behind it; programs at the pace of their sound."""

from __future__ import annotations

import math
import re
import struct
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from programs import compile_program
from test_console_page import PATIENCE, Console, console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.sync_api import Page

    from aikernel_web.host import HostKernel

__all__ = ["console"]  # the fixture

BIN_HERTZ = 44_100 / 32_768
"""The width of a bin of the analyser; browsers without a sound card give 44 100 frames a second."""

# What the tests in JavaScript share: an output with an analyser behind it, and blocks of sound.
PRELUDE = """
  const { AudioOutput } = await import("/static/audio/output.mjs");
  const { AudioPlayer } = await import("/static/audio/player.mjs");
  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const output = new AudioOutput();
  const player = new AudioPlayer(output);
  const tone = (hertz, seconds, rate = 48000, channels = 1) => {
    const frames = Math.round(seconds * rate);
    const samples = new Float32Array(frames * channels);
    for (let i = 0; i < frames; i++) {
      samples.fill(Math.sin((2 * Math.PI * hertz * i) / rate) / 2, i * channels, (i + 1) * channels);
    }
    return { rate, channels, format: "f32le", bytes: new Uint8Array(samples.buffer) };
  };
  const listen = async () => {
    const gain = await output.open();
    const analyser = new AnalyserNode(gain.context, { fftSize: 32768, smoothingTimeConstant: 0 });
    gain.connect(analyser);
    return () => {
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const loudest = bins.indexOf(Math.max(...bins));
      return [(loudest * gain.context.sampleRate) / analyser.fftSize, bins[loudest]];
    };
  };
"""


def evaluate(page: Page, body: str, argument: Any = None) -> Any:
    """Run JavaScript with the prelude before it, and close its output afterwards."""
    script = f"async (argument) => {{ {PRELUDE} try {{ {body} }} finally {{ player.close(); await output.close(); }} }}"
    return page.evaluate(script, argument)


def tone(kernel: HostKernel, *args: object) -> list[str]:
    """Run tests/programs/dev_tone.c where nobody hears it; return what it prints."""
    done = kernel.run(compile_program("dev_tone"), args=[str(arg) for arg in args], timeout=PATIENCE / 1000)
    assert (done.exit_code, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


# Runs tests/programs/dev_tone.c with its sound attached to the page; answers what it printed, and what was measured.
ATTACHED = """async ([bytes, args, measure]) => {
  const connected = [];
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (target, ...more) {
    if (target instanceof AudioDestinationNode) connected.push(this);
    return connect.call(this, target, ...more);
  };
  const kernel = await globalThis.aikernel.kernel;
  const process = await kernel.spawn("tone", new Uint8Array(bytes), { args });
  const audio = await process.attachAudio();
  await process.stdin.write("\\n");
  let heard = null;
  let most = 0;
  if (measure) {
    for (let i = 0; connected.length === 0 && i < 1000; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    const [gain] = connected;
    const analyser = new AnalyserNode(gain.context, { fftSize: 32768, smoothingTimeConstant: 0 });
    gain.connect(analyser);
    // A machine under load tears the sound: until a stretch was whole.
    const bins = new Float32Array(analyser.frequencyBinCount);
    for (let i = 0; i < 400 && !(heard && Math.abs(heard[0] - measure) < 1.3 && heard[1] > -20); i++) {
      most = Math.max(most, audio.queued);
      await new Promise((resolve) => setTimeout(resolve, 10));
      analyser.getFloatFrequencyData(bins);
      const loudest = bins.indexOf(Math.max(...bins));
      heard = [(loudest * gain.context.sampleRate) / analyser.fftSize, bins[loudest]];
    }
    await process.kill();
  }
  const { exitCode } = await process.exit;
  let said = "";
  for await (const part of process.stdout) said += new TextDecoder().decode(part);
  while (audio.queued > 0.001) await new Promise((resolve) => setTimeout(resolve, 10));
  AudioNode.prototype.connect = connect;
  const { underruns } = audio;
  audio.stop();
  await process.release();
  return { exitCode, lines: said.trim().split("\\n"), heard, most, underruns };
}"""


def attached(page: Page, *args: object, measure: float = 0) -> Any:
    module = list(compile_program("dev_tone").read_bytes())
    return page.evaluate(ATTACHED, [module, [str(arg) for arg in args], measure])


def played(lines: Sequence[str]) -> int:
    """Return how long the program has played, in milliseconds."""
    return int(lines[0].split()[1])


class TestTone:
    @pytest.mark.parametrize(
        ("rate", "channels", "samples"),
        [(44_100, 1, "f32le"), (48_000, 2, "s16le"), (8_000, 1, "u8"), (96_000, 6, "s16le"), (22_050, 3, "f32le")],
    )
    def test_a_tone_of_a_program_is_heard_at_its_pitch(
        self, kernel_page: Page, rate: int, channels: int, samples: str
    ) -> None:
        done = attached(kernel_page, 440, 60_000, rate, channels, samples, measure=440)
        hertz, decibels = done["heard"]
        assert abs(hertz - 440) <= BIN_HERTZ
        assert decibels > -20  # a sine of half the loudness is at -6, and less where a bin has only a part of it
        assert done["most"] < 0.5

    def test_a_program_in_the_terminal_is_heard_and_can_be_muted(self, console: Console) -> None:
        console.add("tone", compile_program("dev_tone").read_bytes())
        console.enter("aik run tone 440 60000 48000 2 s16le")
        expect(console.process("tone")).to_contain_text("Running", timeout=PATIENCE)
        console.enter("")
        mute = console.page.get_by_role("button", name="Mute")
        expect(mute).to_be_visible(timeout=PATIENCE)
        expect(console.page.locator("#display-pane")).to_be_hidden()
        mute.click()
        expect(mute).to_have_attribute("aria-pressed", "true")
        volume = console.page.get_by_role("slider", name="Volume")
        volume.fill("30")
        expect(mute).to_have_attribute("aria-pressed", "false")
        volume.fill("100")

    def test_every_frame_is_played_once(self, kernel_page: Page) -> None:
        before, after, queued = evaluate(
            kernel_page,
            """
            await output.open();
            const blocks = [tone(300, 0.3, output.rate), tone(300, 0.2, output.rate, 2)];
            await Promise.all(blocks.map((block) => player.play(block)));
            const before = player.played;
            await Promise.all([tone(300, 0.1, 48000), tone(300, 0.1, 48000)].map((block) => player.play(block)));
            return [before, player.played - before, player.queued];
            """,
        )
        assert before == round(0.3 * 44_100) + round(0.2 * 44_100)
        assert after == math.ceil(0.2 * 44_100)
        assert queued == 0

    def test_nothing_is_lost_while_the_browser_starts_its_sound(self, kernel_page: Page) -> None:
        answers, frames = evaluate(
            kernel_page,
            """
            const blocks = [];
            for (let i = 0; i < 10; i++) {
              blocks.push(player.play(tone(300, 0.02, 44100)));
              await sleep(2);
            }
            return [await Promise.all(blocks), player.played];
            """,
        )
        assert answers == [True] * 10
        assert frames == 8820

    def test_another_rate_keeps_the_tone_clean(self, kernel_page: Page) -> None:
        # Against the ideal sine, in pieces of uneven lengths; the noise of 16 bits is at -98 dB.
        noise = evaluate(
            kernel_page,
            """
            const { Resampler } = await import("/static/audio/resampler.mjs");
            const cases = [[48000, 44100, 1000], [8000, 48000, 1000], [96000, 44100, 5000], [11025, 48000, 440]];
            return cases.map(([from, to, hertz]) => {
              const resampler = new Resampler(from, to);
              const left = Float32Array.from({ length: from }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / from));
              const heard = [];
              for (let at = 0, size = 1; at < from; at += size, size = (size * 7) % 997) {
                const piece = left.slice(at, at + size);
                heard.push(...resampler.next({ left: piece, right: piece.slice() }).left);
              }
              // By projection on sine and cosine: what is left is noise.
              const part = heard.slice(2000, 2000 + Math.floor(to / 2));
              let sine = 0, cosine = 0, all = 0;
              part.forEach((value, i) => {
                const phase = (2 * Math.PI * hertz * i) / to;
                sine += value * Math.sin(phase); cosine += value * Math.cos(phase); all += value * value;
              });
              const tone = (sine * sine + cosine * cosine) * 2 / part.length;
              const noise = Math.max(1e-12, (all - tone) / all);
              return [heard.length, Math.sqrt(2 * tone / part.length), 10 * Math.log10(noise)];
            });
            """,
        )
        assert [frames for frames, _, _ in noise] == [44_100, 48_000, 44_100, 48_000]
        for _, amplitude, decibels in noise:
            assert amplitude == pytest.approx(1, abs=0.001)
            assert decibels < -70

    def test_what_a_lower_rate_cannot_carry_is_not_mirrored(self, kernel_page: Page) -> None:
        loudest = evaluate(
            kernel_page,
            """
            const { Resampler } = await import("/static/audio/resampler.mjs");
            const left = Float32Array.from({ length: 96000 }, (_, i) => Math.sin((2 * Math.PI * 30000 * i) / 96000));
            const heard = new Resampler(96000, 44100).next({ left, right: left.slice() }).left;
            return Math.max(...heard.slice(200));
            """,
        )
        assert loudest < 0.001


class TestPace:
    def test_a_program_that_is_heard_takes_the_time_of_its_sound(self, kernel_page: Page) -> None:
        done = attached(kernel_page, 440, 1500, 48_000, 2, "s16le")
        assert 1100 <= played(done["lines"]) <= 3000
        assert done["exitCode"] == 0

    def test_a_program_that_nobody_hears_is_not_held_back(self, kernel: HostKernel) -> None:
        assert played(tone(kernel, 440, 10_000, 48_000, 2, "s16le")) < 5_000

    def test_a_program_that_does_not_block_is_told_when_there_is_no_room(self, kernel_page: Page) -> None:
        done = attached(kernel_page, 440, 20_000, 48_000, 2, "s16le", "nonblocking")
        assert done["exitCode"] == 0
        assert re.fullmatch(r"refused \d+", done["lines"][1])

    def test_gaps_of_a_program_are_counted(self, kernel_page: Page) -> None:
        done = attached(kernel_page, 440, 600, 48_000, 1, "s16le", "gaps")
        assert done["underruns"] >= 3

    def test_before_the_page_was_touched_a_program_is_not_held_back(self, kernel_page: Page) -> None:
        kernel_page.evaluate(
            "Object.defineProperty(navigator, 'userActivation', {configurable: true, value: {hasBeenActive: false}})"
        )
        try:
            done = attached(kernel_page, 440, 10_000, 48_000, 2, "s16le")
        finally:
            kernel_page.evaluate("delete navigator.userActivation")
        assert played(done["lines"]) < 5_000


class TestPlayer:
    def test_an_underrun_is_counted_and_a_pause_is_not(self, kernel_page: Page) -> None:
        counts = evaluate(
            kernel_page,
            """
            const counts = [];
            for (const pause of [0, 60, 600]) {
              await sleep(pause);
              await player.play(tone(440, 0.1));
              counts.push(player.underruns);
            }
            return counts;
            """,
        )
        # The first two follow each other as closely as a page can make them: torn, but not by a pause.
        assert counts == [0, 1, 1]

    def test_blocks_that_are_there_in_time_make_no_gap(self, kernel_page: Page) -> None:
        underruns, heard = evaluate(
            kernel_page,
            """
            const spectrum = await listen();
            const whole = tone(440, 1.2, 48000);
            const pieces = [];
            for (let at = 0; at < whole.bytes.length; at += 1924) {
              pieces.push(player.play({ ...whole, bytes: whole.bytes.slice(at, at + 1924) }));
            }
            await sleep(1000);
            const heard = spectrum();
            await Promise.all(pieces);
            return [player.underruns, heard];
            """,
        )
        assert underruns == 0
        assert abs(heard[0] - 440) <= BIN_HERTZ

    def test_stopping_is_silence_at_once(self, kernel_page: Page) -> None:
        answers, queued, later = evaluate(
            kernel_page,
            """
            const blocks = [player.play(tone(440, 2)), player.play(tone(440, 2))];
            await sleep(200);
            player.stop();
            const answers = await Promise.all(blocks);
            const queued = player.queued;
            const later = await player.play(tone(440, 0.05));
            return [answers, queued, later];
            """,
        )
        assert (answers, queued, later) == ([False, False], 0, True)

    def test_the_queue_is_bounded(self, kernel_page: Page) -> None:
        refused, queued = evaluate(
            kernel_page,
            """
            const codes = [];
            for (let i = 0; i < 40; i++) void player.play(tone(440, 1, 8000)).catch(({ code }) => codes.push(code));
            await sleep(100);
            return [codes, player.queued];
            """,
        )
        assert set(refused) == {"AUDIO_QUEUE_FULL"}
        assert len(refused) >= 10
        assert 25 < queued <= 31

    def test_mute_and_volume_change_what_is_heard(self, kernel_page: Page) -> None:
        loud, soft, muted = evaluate(
            kernel_page,
            """
            const spectrum = await listen();
            void player.play(tone(440, 4));
            const levels = [];
            for (const change of [{ volume: 1 }, { volume: 0.1 }, { muted: true }]) {
              Object.assign(output, change);
              await sleep(950);
              levels.push(spectrum()[1]);
            }
            return levels.map((level) => Math.max(level, -200));
            """,
        )
        assert loud - soft == pytest.approx(20, abs=1)
        assert muted < -100

    @pytest.mark.parametrize("rate", [0, -1, 7_999, 96_001, 44_100.5, "44100", None, float("nan")])
    def test_a_rate_that_cannot_be_played_is_refused(self, kernel_page: Page, rate: object) -> None:
        assert self.code(kernel_page, rate=rate) == "AUDIO_RATE_INVALID"

    @pytest.mark.parametrize("channels", [0, 9, 1.5, -2, "2", None])
    def test_channels_that_cannot_be_played_are_refused(self, kernel_page: Page, channels: object) -> None:
        assert self.code(kernel_page, channels=channels) == "AUDIO_CHANNELS_INVALID"

    @pytest.mark.parametrize("samples", ["s24le", "", "S16LE", "constructor", "__proto__", None, 3])
    def test_a_format_that_is_not_known_is_refused(self, kernel_page: Page, samples: object) -> None:
        assert self.code(kernel_page, format=samples) == "AUDIO_FORMAT_INVALID"

    def test_half_a_frame_is_refused(self, kernel_page: Page) -> None:
        assert self.code(kernel_page, length=6) == "AUDIO_BLOCK_INVALID"

    def test_samples_that_are_no_numbers_do_no_harm(self, kernel_page: Page) -> None:
        hertz, _ = evaluate(
            kernel_page,
            """
            const spectrum = await listen();
            const wild = new Float32Array(4800).fill(NaN).fill(Infinity, 100, 200);
            await player.play({ rate: 48000, channels: 1, format: "f32le", bytes: new Uint8Array(wild.buffer) });
            void player.play(tone(440, 1.5));
            await sleep(1100);
            return spectrum();
            """,
        )
        assert abs(hertz - 440) <= BIN_HERTZ

    def code(self, page: Page, *, length: int = 8, **fields: object) -> str:
        answer: str = evaluate(
            page,
            """
            const [length, fields] = argument;
            const block = { rate: 48000, channels: 2, format: "s16le", bytes: new Uint8Array(length), ...fields };
            return player.play(block).then(() => "played", ({ code }) => code);
            """,
            [length, fields],
        )
        return answer


class TestPython:
    def test_what_python_plays_is_heard(self, kernel: HostKernel) -> None:
        samples = struct.pack("<4410f", *(math.sin(2 * math.pi * 440 * i / 44_100) for i in range(4410)))
        kernel.python("from aikernel_web import AudioBlock")
        script = f"await kernel.audio_sink.play(AudioBlock(44100, 1, 'f32le', bytes.fromhex('{samples.hex()}')))"
        assert kernel.python(script) is True

    @pytest.mark.parametrize(
        ("block", "code"),
        [
            ("0, 1, 'u8', b''", "AUDIO_RATE_INVALID"),
            ("44100, 9, 'u8', b''", "AUDIO_CHANNELS_INVALID"),
            ("44100, 1, 'mp3', b''", "AUDIO_FORMAT_INVALID"),
            ("44100, 1, 's16le', b'abc'", "AUDIO_BLOCK_INVALID"),
        ],
    )
    def test_what_cannot_be_played_is_refused_by_code(self, kernel: HostKernel, block: str, code: str) -> None:
        script = f"""
from aikernel_web import AudioBlock, KernelError
try:
    await kernel.audio_sink.play(AudioBlock({block}))
except KernelError as error:
    answer = error.code
answer"""
        assert kernel.python(script) == code

    def test_stopping_drops_what_waits(self, kernel: HostKernel) -> None:
        script = """
import asyncio
from aikernel_web import AudioBlock
playing = asyncio.ensure_future(kernel.audio_sink.play(AudioBlock(8000, 1, 'u8', bytes(80000))))
await asyncio.sleep(0.2)
await kernel.audio_sink.stop()
await playing"""
        assert kernel.python(script) is False
