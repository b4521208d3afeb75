"""From ADVAN and TRANS to a structure of the engine: closed form where linear, rates elsewhere.

Source  NONMEM help, ADVAN1 to ADVAN14 and TRANS1 to TRANS6: compartments, their numbers, and the
        parameters each combination reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from equipoise.nonmem.algebra import folded
from equipoise.nonmem.stream import ControlStream
from equipoise.nonmem.syntax import Binary, Expression, Item, Number, StreamError

Need = Callable[[str], Expression]


@dataclass(frozen=True, slots=True)
class Body:
    """What the engine integrates, in terms of the variables that $PK leaves.

    states       names, in the order of the compartments' numbers
    dose, observation
                 numbers of the default compartments
    disposition  for a closed form: CL, V1, Q2, V2, Q3, V3, KA; V1 is 1 where `volume` is None
    volume       of the central compartment where the parameters have one
    rates        for a system: rate of change of each state; () where $DES gives them
    """

    states: tuple[str, ...]
    dose: int
    observation: int
    disposition: Mapping[str, Expression]
    volume: Expression | None
    rates: tuple[Expression, ...] = ()

    @property
    def linear(self) -> bool:
        """Whether there is a closed form."""
        return bool(self.disposition)


LINEAR = {1: (1, False), 2: (1, True), 3: (2, False), 4: (2, True), 11: (3, False), 12: (3, True)}
"""ADVAN -> (compartments, depot)."""

WITH_DES = frozenset({6, 8, 9, 13, 14})
GENERAL_LINEAR = frozenset({5, 7})

LINEAR_STATES = ("central", "peripheral", "deep peripheral")

_TRANS: Mapping[int, frozenset[int]] = {
    1: frozenset({1, 2}),
    2: frozenset({1, 2}),
    3: frozenset({1, 3, 4, 5, 6}),
    4: frozenset({1, 3, 4, 5, 6}),
    11: frozenset({1, 4, 6}),
    12: frozenset({1, 4, 6}),
}


def body_of(stream: ControlStream, need: Need, assigned: frozenset[str]) -> Body:
    """The structure of a stream.

    need      name -> the variable of $PK, or StreamError where $PK does not set it
    assigned  names that $PK sets
    Fails     StreamError for an ADVAN or TRANS that is not read.
    """
    advan, trans, line = stream.advan, stream.trans, stream.subroutines
    if not advan:
        # $PRED has no compartments; the engine wants one, in which nothing is and nothing happens.
        return Body(("none",), 1, 1, {}, None, (Number(0.0),))
    specific = advan in LINEAR or advan == 10
    if specific and stream.compartments:
        raise StreamError(line, f"ADVAN{advan} has its own compartments; take $MODEL out")
    if not specific and advan not in WITH_DES | GENERAL_LINEAR:
        raise StreamError(line, f"ADVAN{advan} is not read; read are ADVAN1 to ADVAN14")
    if stream.des and advan not in WITH_DES:
        raise StreamError(line, f"ADVAN{advan} does not read $DES")
    if advan in LINEAR:
        if trans not in _TRANS[advan]:
            raise StreamError(line, f"ADVAN{advan} has no TRANS{trans}")
        return _linear(advan, trans, need)
    if trans != 1:
        raise StreamError(line, f"ADVAN{advan} has TRANS1 only")
    if advan == 10:
        amount = Item("A", 1)
        rate = _divide(_times(need("VM"), amount), Binary("+", need("KM"), amount))
        return Body(("central",), 1, 1, {}, None, (_minus(rate),))
    if not stream.compartments:
        raise StreamError(line, f"ADVAN{advan} needs $MODEL")
    states = _state_names([c.name for c in stream.compartments])
    rates: tuple[Expression, ...] = ()
    if advan in GENERAL_LINEAR:
        rates = _general(stream, need, assigned)
    elif not stream.des:
        raise StreamError(line, f"ADVAN{advan} needs $DES")
    return Body(states, stream.default_dose, stream.default_observation, {}, None, rates)


def _times(*factors: Expression) -> Expression:
    found = factors[0]
    for each in factors[1:]:
        found = Binary("*", found, each)
    return folded(found)


def _divide(a: Expression, b: Expression) -> Expression:
    return folded(Binary("/", a, b))


def _plus(*terms: Expression) -> Expression:
    found = terms[0]
    for each in terms[1:]:
        found = Binary("+", found, each)
    return folded(found)


def _less(first: Expression, *terms: Expression) -> Expression:
    found = first
    for each in terms:
        found = Binary("-", found, each)
    return folded(found)


def _minus(of: Expression) -> Expression:
    return folded(Binary("*", Number(-1.0), of))


def _linear(advan: int, trans: int, need: Need) -> Body:
    compartments, depot = LINEAR[advan]
    states = (("depot",) if depot else ()) + LINEAR_STATES[:compartments]
    central = 2 if depot else 1
    found: dict[str, Expression] = {"KA": need("KA")} if depot else {}
    volume: Expression | None = None
    if trans in (2, 3, 4):
        parts, volume = _by_clearances(compartments, trans, central, need)
        found |= parts
    else:
        # Amounts depend on rate constants alone; a volume of 1 stands for any.
        out, pairs = _constants(compartments, trans, central, need)
        found |= {"CL": out, "V1": Number(1.0)}
        for i, (there, back) in enumerate(pairs, start=2):
            found |= {f"Q{i}": there, f"V{i}": _divide(there, back)}
    return Body(states, 1, central, found, volume)


def _by_clearances(
    compartments: int, trans: int, central: int, need: Need
) -> tuple[dict[str, Expression], Expression]:
    if trans == 2:
        volume = need("V")
        return {"CL": need("CL"), "V1": volume}, volume
    if trans == 3:
        volume = need("V")
        return {
            "CL": need("CL"),
            "V1": volume,
            "Q2": need("Q"),
            "V2": _less(need("VSS"), volume),
        }, volume
    volume = need(f"V{central}")
    found = {"CL": need("CL"), "V1": volume}
    for i in range(2, compartments + 1):
        number = central + i - 1
        found[f"Q{i}"] = need("Q") if compartments == 2 else need(f"Q{number}")
        found[f"V{i}"] = need(f"V{number}")
    return found, volume


def _constants(
    compartments: int, trans: int, central: int, need: Need
) -> tuple[Expression, list[tuple[Expression, Expression]]]:
    """The rate constant out of the body, and (there, back) for each peripheral compartment."""
    p = central + 1
    if trans == 1:
        there = [f"K{central}{central + i}" for i in range(1, compartments)]
        back = [f"K{central + i}{central}" for i in range(1, compartments)]
        return need("K"), [(need(a), need(b)) for a, b in zip(there, back, strict=True)]
    alpha, beta = need("ALPHA"), need("BETA")
    if trans == 5:
        ratio = need("AOB")
        k21 = _divide(_plus(_times(ratio, beta), alpha), _plus(ratio, Number(1.0)))
    else:
        k21 = need(f"K{p}{central}")
    if compartments == 2:
        out = _divide(_times(alpha, beta), k21)
        return out, [(_less(_plus(alpha, beta), k21, out), k21)]
    gamma, k31 = need("GAMMA"), need(f"K{p + 1}{central}")
    out = _divide(_times(alpha, beta, gamma), _times(k21, k31))
    total = _plus(alpha, beta, gamma)
    pairs = _plus(_times(alpha, beta), _times(alpha, gamma), _times(beta, gamma))
    above = _less(_plus(pairs, _times(k31, k31)), _times(k31, total), _times(out, k21))
    k13 = _divide(above, _less(k21, k31))
    return out, [(_less(total, out, k13, k21, k31), k21), (k13, k31)]


def _general(stream: ControlStream, need: Need, assigned: frozenset[str]) -> tuple[Expression, ...]:
    """Rates of ADVAN5 and ADVAN7 from the rate constants that $PK sets: Kij or KiTj."""
    n = len(stream.compartments)
    flows: list[tuple[int, int, Expression]] = []
    for name in sorted(assigned):
        match = re.fullmatch(r"K(\d)(\d)", name) or re.fullmatch(r"K(\d+)T(\d+)", name)
        if match is None and re.fullmatch(r"K\d{3,}", name):
            raise StreamError(
                stream.subroutines, f"{name}: write it as K<from>T<to>, which can be read one way"
            )
        if match is None:
            continue
        source, target = int(match[1]), int(match[2])
        if 1 <= source <= n and 0 <= target <= n + 1 and source != target:
            flows.append((source, target, _times(need(name), Item("A", source))))
    if not flows:
        raise StreamError(stream.subroutines, "$PK sets no rate constant Kij")
    rates: list[Expression] = []
    for i in range(1, n + 1):
        total: Expression = Number(0.0)
        for source, target, flow in flows:
            if source == i:
                total = Binary("-", total, flow)
            elif target == i:
                total = Binary("+", total, flow)
        rates.append(folded(total))
    return tuple(rates)


def _state_names(names: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for i, name in enumerate(names, start=1):
        plain = re.sub(r"\W+", "_", name.lower()).strip("_")
        if not plain or plain[0].isdigit() or plain in found:
            plain = f"comp{i}" if not plain or plain[0].isdigit() else f"{plain}{i}"
        found.append(plain)
    return tuple(found)
