"""What a team's own weights make of odds: for which of them each option is best.

Outside a window lie two mutually exclusive states, below and above. How much the one weighs against
the other is not in any exposure model: no weight is assumed, and the answer is the range of weights
for which each option is best. Where the record's header sets weights (`wants`), they give an
expected utility.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from equipoise.assessment import Option, WeightRange

BELOW, ABOVE = "below", "above"
"""Names of the weights in a record's `wants`."""

NAMED = 3
"""Options with the same odds that a sentence names."""

TINY = 1e-9
"""Weights nearer than this are one weight: what rounding makes of lines through one point."""


def weight_ranges(options: Sequence[Option]) -> tuple[WeightRange, ...]:
    """Weights of below against above, 0 to 1, with the options that are best there.

    An option costs weight x below + (1 - weight) x above: a straight line over the weight. The
    ranges are those of the lower envelope of these lines, exact from the odds as they stand; they
    tile 0 to 1. An option that is best at a single weight only has no range. Half is the weight at
    which the odds within decide.
    Returns  () without options, where odds lack, or under different assumptions
    """
    if not options or len({o.scenario for o in options}) > 1:
        return ()
    if not all(math.isfinite(o.below) and math.isfinite(o.above) for o in options):
        return ()
    lines: dict[tuple[float, float], list[str]] = {}
    for option in options:
        lines.setdefault((option.above, option.below), []).append(option.id)
    # At weight 0 only above counts; of equal lines the one that rises least goes on.
    here = min(lines)
    start, found = 0.0, []
    while True:
        above, below = here
        crossing, following = 1.0, None
        for line in lines:
            if line[1] >= below:
                continue
            at = (line[0] - above) / ((line[0] - above) + (below - line[1]))
            if at >= 1.0 - TINY:
                continue
            if following is None or at < crossing - TINY:
                crossing, following = at, line
            elif at <= crossing + TINY and line[1] < following[1]:
                following = line
        end = max(crossing, start)
        if end > start + TINY or following is None:
            found.append(WeightRange(start, end, tuple(lines[here])))
        else:
            end = start
        if following is None:
            return tuple(found)
        start, here = end, following


def cost(option: Option, weight: float) -> float:
    """What lies outside the window, weighed: 0 where all lies within."""
    return weight * option.below + (1.0 - weight) * option.above


def weight_of(wants: Sequence[tuple[str, float]]) -> tuple[float | None, str]:
    """The weight that a record's header sets, and a sentence about it; None where it sets none.

    wants  names with their weights, as the header has them: `below` and `above`, zero or more
    """
    if not wants:
        return None, ""
    given = dict(wants)
    if BELOW not in given or ABOVE not in given:
        have = ", ".join(given)
        return None, f"wants holds {have}: a utility needs {BELOW} and {ABOVE}, so none is computed"
    below, above = given[BELOW], given[ABOVE]
    if min(below, above) < 0.0 or below + above <= 0.0:
        return None, "wants: below and above are zero or more and not both zero; none is computed"
    weight = below / (below + above)
    others = [name for name in given if name not in (BELOW, ABOVE)]
    rest = f"; not read: {', '.join(others)}" if others else ""
    return weight, (
        f"the options stand in the order of the expected utility by the record's own weights "
        f"(below {below:g}, above {above:g}){rest}"
    )


def with_utility(options: Sequence[Option], weight: float | None) -> tuple[Option, ...]:
    """The options with 1 - cost as their expected utility: 1 is surely within."""
    if weight is None:
        return tuple(options)
    return tuple(replace(o, expected_utility=1.0 - cost(o, weight)) for o in options)


def ordered(options: Sequence[Option]) -> tuple[Option, ...]:
    """Best first: by the team's utility where there is one, then by the odds within, then by the
    smaller odds above.
    """
    return tuple(
        sorted(
            options,
            key=lambda o: (
                -round(o.within if math.isnan(o.expected_utility) else o.expected_utility, 3),
                -round(o.within, 3),
                o.above,
                o.id,
            ),
        )
    )


def ranges_text(ranges: Sequence[WeightRange], labels: dict[str, str]) -> str:
    """ "1 mg up to 0.31; 2 mg 0.31-0.70; 3 mg from 0.70": a sentence's second half."""
    said = []
    for each in ranges:
        names = " or ".join(labels[i] for i in each.options[:NAMED])
        if len(each.options) > NAMED:
            names += f" or {len(each.options) - NAMED} more with the same odds"
        if len(ranges) == 1:
            return f"{names} whatever the weight"
        if each.low <= 0.0:
            said.append(f"{names} up to {each.high:.2f}")
        elif each.high >= 1.0:
            said.append(f"{names} from {each.low:.2f}")
        else:
            said.append(f"{names} {each.low:.2f}-{each.high:.2f}")
    return "; ".join(said)
