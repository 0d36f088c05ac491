"""Our WASI host beside others, in one run, one browser, and workers of the same kind, by turns.

The programs measure their own calls, by the monotonic clock of their host (uwasi has none: by its time of day, in
milliseconds, which is why batches are long). Starting is measured by the page. Our standard output arrives at the page
and is acknowledged, as a kernel does; that of the others ends in a function in their own worker that counts bytes.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence

from ..figures import number
from .page import BARE, OURS, PEERS, BenchPage, open_page
from .rows import (
    COMPUTE,
    COMPUTE_GOAL,
    GROWTH,
    ROWS,
    SLEEPS,
    START_GOAL_MILLISECONDS,
    START_HOSTS,
    START_PROGRAM,
    START_ROUNDS,
    START_TIMES,
    STREAM_BYTES,
    STREAMS,
    WAIT_SECONDS,
    WAITS,
    Row,
)

_HOSTS = (*OURS, *PEERS)


def bench(names: Sequence[str]) -> None:
    """Measure the rows whose names hold one of ``names``, or all."""

    def chosen(row: Row) -> bool:
        return not names or any(name in row.name for name in names)

    with open_page() as page:
        rows = [row for row in ROWS if chosen(row)]
        if rows:
            _calls(page, rows)
        streams = [row for row in STREAMS if not names or "stdout" in names]
        if streams:
            _streams(page, streams)
        growth = [row for row in GROWTH if chosen(row)]
        if growth:
            _growth(page, growth)
        sleeps = [row for row in SLEEPS if chosen(row)]
        if sleeps:
            _sleeps(page, sleeps)
        waits = [row for row in WAITS if chosen(row)]
        if waits:
            _waits(page, waits)
        if chosen(COMPUTE):
            _compute(page)
        if not names or "start" in names:
            _start(page)


def _rounds(page: BenchPage, row: Row) -> dict[str, list[float]]:
    """Return every batch of every host, in the row's unit."""
    figures: dict[str, list[float]] = {host: [] for host in row.hosts}
    for turn in range(row.rounds):
        for host in row.hosts:
            if turn > 0 and host in row.slow:
                continue
            _progress(f"{row.name}: round {turn + 1} of {row.rounds}, {host}")
            result = page.run(host, row.program, row.run(host))
            figures[host] += [batch / row.calls_of(host) * row.scale for batch in result.batches]
    _progress("")
    return figures


def _calls(page: BenchPage, rows: Sequence[Row]) -> None:
    print("\nOne call, the fastest batch; ratio: ours (plain) to the better peer")
    print(f"{'':<36}{''.join(f'{host:>14}' for host in _HOSTS)}{'ratio':>8}   goal")
    for row in rows:
        figures = _rounds(page, row)
        best = {host: min(values) for host, values in figures.items()}
        cells = "".join(f"{number(best[host]) if host in best else '-':>14}" for host in _HOSTS)
        peers = [best[peer] for peer in PEERS if peer in best]
        ratio = f"{best['plain'] / min(peers):.2f}" if peers else "-"
        goals = ", ".join(
            f"{host} <= {number(goal)}: {_verdict(best[host] <= goal)}" for host, goal in row.goals.items()
        )
        print(f"{f'{row.name} ({row.unit})':<36}{cells}{ratio:>8}   {goals}", flush=True)


def _streams(page: BenchPage, rows: Sequence[Row]) -> None:
    print(f"\n{STREAM_BYTES >> 20} MiB to stdout, MB/s; in brackets the last eighth to the first: 1.0 is linear")
    print(f"{'writes of':<36}{''.join(f'{host:>20}' for host in _HOSTS)}")
    for row in rows:
        cells = []
        for host in row.hosts:
            _progress(f"stdout in writes of {row.name}, {host}")
            batches = page.run(host, row.program, row.run(host)).batches
            rate = STREAM_BYTES / sum(batches) * 1000
            cells.append(f"{f'{number(rate)} ({batches[-1] / batches[0]:.2f})':>20}")
        _progress("")
        print(f"{row.name:<36}{''.join(cells)}", flush=True)


def _growth(page: BenchPage, rows: Sequence[Row]) -> None:
    print("\nWork that grows: ns per call in the first and in the last eighth")
    for row in rows:
        _progress(row.name)
        batches = [batch / row.calls for batch in page.run("plain", row.program, row.run("plain")).batches]
        _progress("")
        print(f"{row.name:<44} first {number(batches[0]):>8}   last {number(batches[-1]):>8}   total "
              f"{sum(batches) * row.calls / 1e9:.2f} s", flush=True)  # fmt: skip


def _sleeps(page: BenchPage, rows: Sequence[Row]) -> None:
    print("\nHow long a sleep lasts, ms: shortest, median, longest")
    for row in rows:
        for host, values in _rounds(page, row).items():
            shape = "  ".join(number(value) for value in (min(values), statistics.median(values), max(values)))
            print(f"{f'{row.name}, {host}':<44}{shape}", flush=True)


def _waits(page: BenchPage, rows: Sequence[Row]) -> None:
    print(f"\nA program that waits for {WAIT_SECONDS:.0f} s: processor time of the whole page, per cent of one core")
    for row in rows:
        for host in row.hosts:
            _progress(f"{row.name}, {host}")
            before = page.cpu_seconds()
            page.run(host, row.program, row.run(host))
            share = (page.cpu_seconds() - before) / WAIT_SECONDS * 100
            _progress("")
            print(f"{f'{row.name}, {host}':<44}{share:.1f} %", flush=True)


def _compute(page: BenchPage) -> None:
    figures = _rounds(page, COMPUTE)
    best = {host: min(values) for host, values in figures.items()}
    print("\nCompute: the time of the fastest batch, and the speed in relation to the same module without a host")
    print(f"{'no host (ms)':<36}{number(best[BARE]):>14}")
    for host in OURS:
        ratio = best[BARE] / best[host]
        verdict = _verdict(ratio >= COMPUTE_GOAL)
        print(f"{f'{host} (ms)':<36}{number(best[host]):>14}{ratio:>8.3f}   >= {COMPUTE_GOAL}: {verdict}", flush=True)


def _start(page: BenchPage) -> None:
    first: dict[str, list[float]] = {host: [] for host in START_HOSTS}
    later: dict[str, list[float]] = {host: [] for host in START_HOSTS}
    for turn in range(START_ROUNDS):
        for host in START_HOSTS:
            _progress(f"start: round {turn + 1} of {START_ROUNDS}, {host}")
            begun, *others = page.restart(host, START_PROGRAM, START_TIMES)
            first[host].append(begun)
            later[host] += others
    _progress("")
    print("\nStart: an empty program from its bytes to its exit, ms")
    for title, times in (("in a worker whose script stands", first), ("in a worker that ran a program before", later)):
        print(f"{title:<44}{'median':>10}{'fastest':>10}{'over bare':>12}")
        bare = statistics.median(times[BARE])
        for host, values in times.items():
            middle = statistics.median(values)
            line = f"  {host:<42}{number(middle):>10}{number(min(values)):>10}"
            if host in OURS:
                verdict = _verdict(middle - bare <= START_GOAL_MILLISECONDS)
                line += f"{number(middle - bare):>12}   <= {number(START_GOAL_MILLISECONDS)}: {verdict}"
            print(line, flush=True)


def _verdict(met: bool) -> str:
    return "met" if met else "NOT MET"


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
