"""The part of a kernel that belongs to one system where each lane takes steps of its own.

As `stages.py`, with the choice of the next step: an attempt begins by moving on the lanes whose
last one was accepted, and ends with how far each will try to go next. Slopes are per hour.
"""

from __future__ import annotations

from equipoise.kinetics import calls
from equipoise.kinetics.block import GROUP
from equipoise.kinetics.rates import called, in_line
from equipoise.kinetics.stages import (
    SMALLEST,
    Kernel,
    at,
    between,
    compared,
    dense,
    explicit,
    function_of,
    loaded,
    reading,
    rows_of,
    slopes,
    weighed,
)
from equipoise.kinetics.stepper import GROWTH, HELD, LN2_EIGHTH, MANTISSA, ONE, RISE, TREND, System
from equipoise.kinetics.tsitouras import ERRORS, NODES, STAGES

SLIVER = 1e-13
"""Part of a segment: a step that is shorter has collapsed."""

SHORTEST, SPECK = 1e-6, 1e-9
"""Parts of a segment: the first step is not taken to be shorter than the first by what went before,
nor than the second by a guess."""


def stages(system: System, lanes: int) -> Kernel:
    """What belongs to a system when each lane takes explicit steps of its own.

    Fails  ValueError when the text of the rates cannot be had, or names something that cannot be
           written to a file.
    """
    needed, fixed, body = in_line(system)
    c = len(system.states)
    rows = rows_of(system, {"K": 8 * c, "FIXED": len(fixed)})
    call = called(system)
    text = [calls.importing("as_bits", "as_number", "choose"), *needed.values()]
    text.append(_begin(rows, lanes, body, call, fixed))
    text.append(_attempt(rows, lanes, body, call, len(fixed)))
    step = f"dt = {at(rows['DT'], lanes)}"
    fraction = f"theta = ({at(rows['DUE'], lanes)} - {at(rows['GONE'], lanes)}) / dt"
    text.append(reading(rows, lanes, between(rows, lanes), (step, fraction)))
    text.append(compared(rows, lanes, (step,), _counted(rows, lanes)))
    shape = (c, rows["PARAMETERS"], rows["ROWS"], rows["K"], rows["K"], 1)
    return Kernel("\n\n".join(text), rows, shape, dense(*explicit()))


def _begin(
    rows: dict[str, int], lanes: int, body: list[str] | None, call: str, fixed: list[str]
) -> str:
    """For the lanes of one group that stand at the beginning of a segment: their slopes, what does
    not change within it, and how far they will try to go, hours. `tau` says what part of the time
    that a state takes to change.

    As `stepper.cross` does for a block: no further than before, nor than a decay at this pace or
    what entered last allows.
    """
    c = rows["STATES"]

    def of(name: str, i: int = 0) -> str:
        return at(rows[name] + i, lanes)

    loop = loaded(rows, lanes, fixed + (body or []) if body is not None else None, hourly=True)
    loop.append("t = begin")
    for i, each in enumerate(fixed):
        loop += [f"f_{i} = {each}", f"{of('FIXED', i)} = f_{i}"]
    loop += [f"x_{i} = {of('X', i)}" for i in range(c)]
    loop += [f"old_{i} = {of('K', i)}" for i in range(c)]
    loop += slopes(rows, lanes, body, call, 0, hourly=True)
    # The others go on with the slopes they have: nothing depends on who stands beside whom.
    loop.append(f"fresh = {of('FRESH')} > 0.0")
    loop += [f"{of('K', i)} = choose(fresh, k0_{i}, old_{i})" for i in range(c)]
    loop += [
        f"{of('FRESH')} = 0.0",
        f"span = {of('H')}",
        f"want = min(span, max({of('HOURS')}, {SHORTEST!r} * span))",
        f"scale = {of('SCALE')}",
        "pace = 0.0",
    ]
    loop += [f"pace = max(pace, abs(k0_{i}) / (abs(x_{i}) + scale))" for i in range(c)]
    loop += [
        f"least = {SPECK!r} * span",
        "guess = max(tau / choose(pace > 0.0, pace, 1.0), least)",
        "want = min(want, choose(pace > 0.0, guess, want))",
        f"entry = max({of('ENTRY')}, least)",
        f"want = min(want, choose({of('ENTERS')} > 0.0, entry, want))",
        f"{of('WANT')} = choose(fresh, want, {of('WANT')})",
    ]
    # Places that cannot be negative, and a number of them that it does not know to be few, to a
    # compiler that else provides for the one and does without vectors for the other.
    over = f"lane in range(n & {lanes - GROUP}, (n & {lanes - GROUP}) + (n >> 8 & {GROUP}))"
    return function_of("derive_at(buffer, n, tau)", rows, lanes, body, loop, over=over)


def _attempt(
    rows: dict[str, int], lanes: int, body: list[str] | None, call: str, fixed: int
) -> str:
    c = rows["STATES"]

    def of(name: str, i: int = 0) -> str:
        return at(rows[name] + i, lanes)

    loop = [*loaded(rows, lanes, body, hourly=True), f"floor = {of('FLOOR')} + {SMALLEST!r}"]
    loop += [f"f_{i} = {of('FIXED', i)}" for i in range(fixed)]
    loop.append(f"moved = {of('GOOD')} > 0.0")
    for i in range(c):
        loop += [f"new_{i} = {of('NEW', i)}", f"old_{i} = {of('X', i)}"]
        loop += [f"b_{i} = choose(moved, new_{i}, old_{i})", f"{of('X', i)} = b_{i}"]
        loop += [f"last_{i} = {of('K', 6 * c + i)}", f"first_{i} = {of('K', i)}"]
        loop += [f"k0_{i} = choose(moved, last_{i}, first_{i})", f"{of('K', i)} = k0_{i}"]
    loop += [
        f"gone = {of('REACHED')}",
        f"{of('GONE')} = gone",
        f"span = {of('H')}",
        f"want = {of('WANT')}",
        "rest = span - gone",
        "whole = 1.01 * want >= rest",
        "dt = choose(whole, rest, want)",
        f"{of('DT')} = dt",
        "now = begin + gone",
    ]
    for stage in range(1, 7):
        loop.append(f"t = now + {NODES[stage]!r} * dt")
        for i in range(c):
            # The newest slope last: the others are there while it is being computed.
            before = stage - 1
            terms = " + ".join(f"{a!r} * k{s}_{i}" for s, a in enumerate(STAGES[stage][:before]))
            base = f"b_{i} + dt * ({terms})" if terms else f"b_{i}"
            loop.append(f"x_{i} = {base} + dt * {STAGES[stage][before]!r} * k{before}_{i}")
        loop += slopes(rows, lanes, body, call, stage, hourly=True)
    for i in range(c):
        terms = " + ".join(f"{a!r} * k{s}_{i}" for s, a in enumerate(ERRORS))
        loop.append(f"{of('NEW', i)} = x_{i}")
        loop.append(f"error_{i} = {terms}")
        loop.append(f"size_{i} = floor + rtol * max(abs(b_{i}), {RISE!r} * abs(x_{i}))")
    loop += weighed(c)
    loop += [
        # An idle lane may stand where its rates make no sense.
        f"{of('ERROR')} = choose(dt > 0.0, dt * dt * total / {float(c)!r}, 0.0)",
    ]
    return function_of(
        "attempt_at(buffer, n, tau, dt, rtol)", rows, lanes, body, loop, then=_control(rows, lanes)
    )


def _control(rows: dict[str, int], lanes: int) -> list[str]:
    """Lines that judge a lane's attempt and say how far it will try to go next.

    In a loop of their own: beside the stages they would wait for them.
    """

    def of(name: str) -> str:
        return at(rows[name], lanes)

    return [
        f"error = {of('ERROR')}",
        "good = error <= 1.0",
        f"dt = {of('DT')}",
        f"gone = {of('GONE')}",
        f"span = {of('H')}",
        f"want = {of('WANT')}",
        "rest = span - gone",
        "whole = dt >= rest",
        f"past = {of('PAST')}",
        f"previous = {of('PREVIOUS')}",
        # Roots of the error, to what the choice of a step needs: `stepper.logarithm` and `power`.
        "bits = as_bits(error)",
        f"part = as_number((bits & {MANTISSA}) | {ONE})",
        "size = float((bits >> 52) - 1023) + (2.0 - part / 3.0) * part - 5.0 / 3.0",
        *_power("factor", "-0.1 * size"),
        "factor *= 0.9",
        *_power("trend", "0.1 * (past - size)"),
        "later = previous > 0.0",
        "trend *= dt / choose(later, previous, 1.0)",
        f"trend = min({TREND[1]!r}, max({TREND[0]!r}, trend))",
        "factor *= choose(later & good, trend, 1.0)",
        f"most = choose(good, {of('LONGER')}, 1.0)",
        f"{of('LONGER')} = choose(good, {GROWTH!r}, 1.0)",
        f"first = good & (gone == 0.0) & (dt < rest) & ({of('ENTERS')} > 0.0)",
        f"entry = dt * max(0.2, min({GROWTH!r}, factor))",
        f"{of('ENTRY')} = choose(first, entry, {of('ENTRY')})",
        "after = dt * choose(error < 1e300, max(0.2, min(most, factor)), 0.1)",
        # A segment that ends early says nothing against the step that was wanted.
        "next = choose(good & whole, max(want, after), after)",
        f"{of('WANT')} = next",
        f"{of('REACHED')} = choose(good, choose(whole, span, gone + dt), gone)",
        f"{of('PAST')} = choose(good, size, past)",
        f"{of('PREVIOUS')} = choose(good, dt, previous)",
        f"{of('GOOD')} = choose(good & (span > 0.0), 1.0, 0.0)",
        f"left = {of('LEFT')} - 1.0",
        f"{of('LEFT')} = left",
        f"over = (good & whole) | (next <= {SLIVER!r} * span) | (left <= 0.0)",
        f"{of('OVER')} = choose(over & (span > 0.0), 1.0, 0.0)",
    ]


def _counted(rows: dict[str, int], lanes: int) -> list[str]:
    """Lines that count a step that stability limits, from `slopes` and `apart` (`stepper.held`)."""

    def of(name: str) -> str:
        return at(rows[name], lanes)

    return [
        f"held = ({of('GOOD')} > 0.0) & ({of('LEFT')} < {of('UNTIL')})",
        f"held = held & (slopes > {HELD * HELD!r} * apart)",
        f"limited = {of('LIMITED')} + choose(held, 1.0, 0.0)",
        f"{of('LIMITED')} = limited",
        f"{of('OVER')} = choose(limited > {of('ALLOWED')}, 1.0, {of('OVER')})",
    ]


def _power(name: str, exponent: str) -> list[str]:
    """Lines for 2 to an exponent: `stepper.power`."""
    return [
        f"a = {LN2_EIGHTH!r} * max(-3.0, min(3.0, {exponent}))",
        "a = 1.0 + a * (1.0 + a * (0.5 + a / 6.0))",
        "a *= a",
        "a *= a",
        f"{name} = a * a",
    ]
