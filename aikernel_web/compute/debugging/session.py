"""One run of a kernel that is watched."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...contracts.shader_errors import WgslError
from ..arrays.binding_check import require_names
from ..device_array import DeviceArray
from ..dispatch_result import DispatchResult
from ..execution.array_home import seconds
from ..execution.host_kernel import compile_for_host, program_of, require_host
from ..execution.host_limits import require_countable
from ..execution.host_operand import HostOperand, host_operand
from ..execution.host_run import HostRun, Pace
from ..execution.workgroups import normalise
from ..wgsl.executor.checks import Checks
from ..wgsl.executor.watch import Sighting, Watch
from ..wgsl.source import Source
from .report import DebugReport, Finding, FindingKind
from .trace import Tracer, followed

if TYPE_CHECKING:
    from ..execution.array_home import ArrayHome
    from ..execution.host_kernel import Memory
    from ..execution.workgroups import Groups, Workgroups
    from ..gpu_kernel import GpuKernel
    from ..kernel_source import Constants
    from ..wgsl.executor.kernel import CpuKernel, Progress


async def debug(
    home: ArrayHome,
    wgsl: str | GpuKernel,
    bindings: Mapping[str, Any],
    *,
    workgroups: Workgroups,
    entry: str | None,
    constants: Constants | None,
    invocation: Sequence[int] | None,
    workgroup: Sequence[int] | None,
    races: bool,
    bounds: bool,
    time_limit: float | None,
) -> DebugReport:
    """Carry out `ArrayMethods.debug`."""
    limit = None if time_limit is None else seconds(time_limit)
    kernel = home.kernel(wgsl, entry, constants)
    require_host(kernel)
    groups = normalise(workgroups)
    require_countable(kernel, groups)
    who = followed(kernel, groups, invocation, workgroup)
    findings: list[Finding] = []
    uniform = _is_uniform(kernel, findings)
    checks = Checks(bounds=bounds, races=races, trace=who is not None)
    compiled = compile_for_host(kernel, home.subgroup_size, checks, uniform=uniform)
    operands = await _operands(kernel, bindings, bound=0 not in groups)
    tracer, watch = Tracer(Source(kernel.wgsl), who), Watch()
    if 0 not in groups:
        memory = {operand.binding.name: operand.raw for operand in operands}
        try:
            await HostRun(Pace(), limit).drive(_steps(compiled, memory, groups, tracer=tracer, watch=watch))
        except WgslError as error:
            if error.code != "WGSL_BARRIER_NOT_UNIFORM":
                raise
            _add_parted(findings, error)
    findings += _of_places(watch.sightings)
    watched: list[tuple[FindingKind, bool]] = [("race", races), ("bounds", bounds)]
    outputs = {operand.binding.name: operand.result() for operand in operands if operand.binding.written}
    return DebugReport(
        kernel.entry,
        groups,
        kernel.workgroup_size,
        DispatchResult(outputs),
        tuple(findings),
        tuple(kind for kind, wanted in watched if wanted),
        tuple(tracer.steps),
        "" if who is None else str(who),
        tracer.cut,
    )


def _is_uniform(kernel: GpuKernel, findings: list[Finding]) -> bool:
    """Whether invocations come to barriers together, as far as the text tells; where not, that is a finding.

    A dispatch is refused then; here it is run, to see whether it happens.
    """
    try:
        program_of(kernel.wgsl)
    except WgslError as error:
        if any(place.code != "WGSL_NOT_UNIFORM" for place in error.diagnostics):
            raise
        message = "a dispatch is refused, since a workgroup may come to it in parts"
        findings.extend(Finding("barrier", message, (place,)) for place in error.diagnostics)
        return False
    return True


def _add_parted(findings: list[Finding], error: WgslError) -> None:
    """Add the barrier that has ended the run, in the place of what was told of it before."""
    places = sorted(error.diagnostics, key=lambda place: "part here" in place.message)
    barrier = places[0]
    findings[:] = [it for it in findings if (it.places[0].line, it.places[0].column) != (barrier.line, barrier.column)]
    findings.append(Finding("barrier", "a workgroup came to it in parts, which ended the run", tuple(places)))


def _of_places(sightings: Iterable[Sighting]) -> list[Finding]:
    """Return one finding for what was seen at the same places, whoever of them read and wrote."""
    found: dict[object, Finding] = {}
    for seen in sightings:
        key = seen.kind, frozenset((place.line, place.column, place.length) for place in seen.places)
        before = found.get(key)
        if before is None:
            found[key] = Finding(seen.kind, seen.message, seen.places, seen.count)
        else:
            found[key] = replace(before, count=before.count + seen.count)
    return list(found.values())


def _steps(
    compiled: CpuKernel, memory: Memory, groups: Groups, *, tracer: Tracer, watch: Watch
) -> Generator[Progress, None, None]:
    yield from compiled.run(memory, groups, recorder=tracer, watch=watch)


async def _operands(kernel: GpuKernel, bindings: Mapping[str, Any], *, bound: bool) -> list[HostOperand]:
    """Return copies of what is bound: of device arrays their contents."""
    require_names(kernel, bindings)
    operands = []
    for name, binding in kernel.bindings.items():
        value = bindings[name]
        if isinstance(value, DeviceArray):
            value = await value.read()
        operands.append(host_operand(binding, value, own=True, bound=bound))
    return operands
