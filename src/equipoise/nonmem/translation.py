"""A control stream as the parts of a model: what the writer puts into a Python file.

Everything here is still expressions; names of the stream are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from equipoise.datafile import DATES
from equipoise.nonmem.algebra import folded
from equipoise.nonmem.flow import (
    Straight,
    check_defined,
    key,
    named,
    names_in,
    needed,
    renamed,
    straightened,
    with_names,
)
from equipoise.nonmem.observing import (
    FIXED,
    RECORD_ITEMS,
    REFUSED_NAMES,
    Readout,
    Scope,
    readouts,
)
from equipoise.nonmem.parsing import MATRICES, element
from equipoise.nonmem.stream import ControlStream
from equipoise.nonmem.structure import Body, body_of
from equipoise.nonmem.syntax import (
    Assign,
    Binary,
    Expression,
    If,
    Item,
    Line,
    Name,
    Number,
    Statement,
    StreamError,
    statements_in,
    walk,
)

TIME_NOTE = (
    "TIME in $PK or $DES is that of the record, as in NONMEM: it holds on the interval that ends "
    "there"
)

BY_STATE: Mapping[str, str] = {
    "F": "F", "ALAG": "LAG", "R": "RATE", "D": "DURATION", "A_0": "START",
}  # fmt: skip
"""Prefix of $PK's parameter of a compartment -> prefix of the engine's."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A model still in the stream's names.

    pk          straight code of $PK, only what is needed
    structural  engine's name -> expression in variables of $PK, in the engine's order
    by_state    "LAG_depot" -> expression
    extra       key in the table of parameters -> variable of $PK, for reading observations
    rates       straight code of $DES (or of the ADVAN) that ends in DADT(1), DADT(2) ...
    inputs      what rates read besides A and T: name there -> engine's name
    volumes     for each readout, the engine's parameter that divides the amount ("" without)
    factors     for each readout, what multiplies it then
    covariates  data items that the model reads, in the order of $INPUT
    """

    stream: ControlStream
    body: Body
    pk: Straight
    structural: Mapping[str, Expression]
    by_state: Mapping[str, Expression]
    extra: Mapping[str, str]
    rates: Straight
    inputs: Mapping[str, str]
    readouts: tuple[Readout, ...]
    volumes: tuple[str, ...]
    factors: tuple[float, ...]
    scales: Mapping[int, Expression]
    covariates: tuple[str, ...]
    notes: tuple[str, ...]


def translate(stream: ControlStream) -> Translation:
    """Translate a control stream.

    Fails  StreamError with the line of what cannot be translated, and why.
    """
    return _Translator(stream).run()


class _Translator:
    def __init__(self, stream: ControlStream) -> None:
        self._stream = stream
        self._zero = {
            f"ETA({i})": 0.0
            for i, row in enumerate(stream.omega.rows, start=1)
            if row[i - 1] == 0.0
        } | {
            f"{name}({element(i, j)})": value
            for name, matrix in (("OMEGA", stream.omega), ("SIGMA", stream.sigma))
            for i, row in enumerate(matrix.rows, start=1)
            for j, value in enumerate(row[:i], start=1)
        }
        self._items = {
            name: column.name
            for column in stream.columns
            if column.name and column.name not in RECORD_ITEMS and column.name not in DATES
            for name in (column.name, column.alias)
            if name
        }
        self._check_first_records()
        self._pk = straightened(
            stream.pk,
            outer=self._items,
            constants={**FIXED, **self._zero, "A_0FLG": 1.0},
            mark="p",
        )
        self._values = {d.name: d.value for d in self._pk.definitions}
        self._target = {d.name: d.target for d in self._pk.definitions}
        self._wanted: dict[str, None] = {}

    def run(self) -> Translation:
        stream = self._stream
        pk_names = dict(self._pk.last)
        body = body_of(stream, self._need, frozenset(pk_names))
        des = self._rates(body, pk_names)
        scales = self._scales(body)
        in_des = frozenset(d.target for d in des.definitions) - set(pk_names)
        variables = {t: n for t, n in pk_names.items() if "(" not in t}
        scope = Scope(self._items, variables, in_des, scales, self._zero, self._values)
        reads = readouts(stream, body, scope)
        structural, volumes, factors, inputs = self._structural(body, des, reads)
        # What is no amount over one of the engine's volumes is a function.
        reads = tuple(
            read if volume else replace(read, compartment=0)
            for read, volume in zip(reads, volumes, strict=True)
        )
        by_state = self._by_state(body)
        for expression in (*structural.values(), *by_state.values()):
            self._want(expression)
        extra = self._extra(reads, structural, scales)
        pk = needed(self._pk, self._wanted)
        check_defined(pk, REFUSED_NAMES, {d.target for d in self._pk.definitions})
        self._check_random(pk, *(r.code for r in reads), des)
        final = named(pk, {*self._items.values(), "F", "T"})
        new = {
            old.name: each.name for old, each in zip(pk.definitions, final.definitions, strict=True)
        }
        taken = {*new.values(), *self._items.values(), "F", "T", "TIME"}
        covariates = self._covariates(pk, structural, reads)
        if stream.calls is not None and covariates:
            raise StreamError(
                stream.calls,
                "CALLFL changes when parameters are computed from covariates; only -1 and -2 "
                "(every record) are read with them",
            )
        notes = list(stream.notes)
        if "TIME" in covariates:
            notes.append(TIME_NOTE)
        notes += [
            each.note(_among(read) if len(reads) > 1 else "")
            for read in reads
            for each in read.limited
            if each.side
        ]
        return Translation(
            stream=stream,
            body=body,
            pk=final,
            structural={n: with_names(e, new) for n, e in structural.items()},
            by_state={n: with_names(e, new) for n, e in by_state.items()},
            extra={k: new[v] for k, v in extra.items()},
            rates=named(renamed(des, new), taken),
            inputs={new.get(n, n): ours for n, ours in inputs.items()},
            readouts=tuple(_finished(read, new, taken) for read in reads),
            volumes=volumes,
            factors=factors,
            scales={n: with_names(e, new) for n, e in scales.items()},
            covariates=covariates,
            notes=tuple(notes),
        )

    def _check_first_records(self) -> None:
        for statement in statements_in(self._stream.pk):
            if not isinstance(statement, If):
                continue
            if not any(
                Name("A_0FLG") in set(walk(condition)) for condition, _ in statement.branches
            ):
                continue
            for inner in statements_in((statement,)):
                if isinstance(inner, Assign) and not key(inner.target).startswith("A_0("):
                    raise StreamError(
                        inner.line, "an IF on A_0FLG may set initial amounts A_0(n) only"
                    )

    def _need(self, name: str) -> Expression:
        found = self._pk.final(name)
        if found is None:
            raise StreamError(
                self._stream.subroutines,
                f"ADVAN{self._stream.advan} TRANS{self._stream.trans} needs {name}, which $PK does "
                "not set",
            )
        return found

    def _want(self, expression: Expression) -> None:
        for name in sorted(names_in(expression)):
            if name in self._values:
                self._wanted[name] = None

    def _alias(self, expression: Expression) -> Expression:
        """S2 = V is V."""
        while isinstance(expression, Name) and isinstance(
            value := self._values.get(expression.name), Name | Number
        ):
            expression = value
        return expression

    def _rates(self, body: Body, pk_names: Mapping[str, str]) -> Straight:
        if body.linear:
            return Straight(())
        if body.rates:
            block: tuple[Statement, ...] = tuple(
                Assign(Item("DADT", i), rate, self._stream.subroutines)
                for i, rate in enumerate(body.rates, start=1)
            )
            outer = {d.name: d.name for d in self._pk.definitions}
            code = straightened(block, outer=outer, constants={}, mark="d")
        else:
            block = self._stream.des
            outer = {**self._items, **{t: n for t, n in pk_names.items() if "(" not in t}, "T": "T"}
            code = straightened(block, outer=outer, constants={**FIXED, **self._zero}, mark="d")
        ends = []
        for i in range(1, len(body.states) + 1):
            if f"DADT({i})" not in code.last:
                raise StreamError(self._stream.subroutines, f"$DES does not set DADT({i})")
            ends.append(code.last[f"DADT({i})"])
        for target in code.last:
            if target.startswith("DADT(") and int(target[5:-1]) > len(body.states):
                line = next(d.line for d in code.definitions if d.target == target)
                raise StreamError(line, f"{target}: $MODEL has {len(body.states)} compartments")
        targets = {d.target for d in code.definitions}
        code = needed(code, ends)
        check_defined(code, REFUSED_NAMES, targets)
        for d in code.definitions:
            for node in walk(d.value):
                if isinstance(node, Item) and node.name == "A" and node.index > len(body.states):
                    raise StreamError(
                        d.line, f"A({node.index}): $MODEL has {len(body.states)} compartments"
                    )
        return code

    def _scales(self, body: Body) -> dict[int, Expression]:
        found: dict[int, Expression] = {}
        for number in range(1, len(body.states) + 1):
            scale = self._pk.final(f"S{number}")
            if scale is None and body.linear and number == body.observation:
                scale = self._pk.final("SC")
            if scale is not None:
                found[number] = self._alias(scale)
        return found

    def _structural(
        self,
        body: Body,
        des: Straight,
        reads: tuple[Readout, ...],
    ) -> tuple[dict[str, Expression], tuple[str, ...], tuple[float, ...], dict[str, str]]:
        if body.linear:
            return (*self._closed(body, reads), {})
        structural: dict[str, Expression] = {}
        inputs: dict[str, str] = {}
        for d in des.definitions:
            for node in walk(d.value):
                name = ""
                if isinstance(node, Name) and (
                    node.name in self._values or node.name in self._items.values()
                ):
                    name = node.name
                elif isinstance(node, Item) and node.name in ("THETA", "ETA"):
                    name = f"{node.name}{node.index}"
                if name and name not in inputs:
                    inputs[name] = _free(self._target.get(name, name), body.states)
                    structural[inputs[name]] = node
        volumes: list[str] = []
        for read in reads:
            if read.compartment == 0:
                volumes.append("")
                continue
            scale = self._alias(read.scale)
            name = f"SCALE{read.compartment}"
            if isinstance(scale, Name):
                name = self._target[scale.name]
            name = _free(name, body.states)
            if structural.get(name, scale) != scale:
                name = f"{name}_scale"
            structural[name] = scale
            volumes.append(name)
        return structural, tuple(volumes), tuple(1.0 for _ in reads), inputs

    def _closed(
        self, body: Body, reads: tuple[Readout, ...]
    ) -> tuple[dict[str, Expression], tuple[str, ...], tuple[float, ...]]:
        """Clearances and volumes, with V1 such that the first observed central level is A / V1.

        Amounts depend on clearances and volumes by their ratios only: all of them may be
        multiplied by one number.
        """
        structural = dict(body.disposition)
        volumes: list[str] = []
        factors: list[float] = []
        chosen: Expression | None = None
        for read in reads:
            if read.compartment != body.observation:
                volumes.append("")
                factors.append(1.0)
                continue
            scale = self._alias(read.scale)
            if chosen is None:
                factor = None if body.volume is None else self._factor(scale, body.volume)
                chosen = scale
                if factor is None:
                    structural = _rescaled(structural, scale, body.volume)
                    factor = 1.0
                volumes.append("V1")
                factors.append(factor)
            elif scale == chosen:
                volumes.append("V1")
                factors.append(factors[volumes.index("V1")])
            else:
                volumes.append("")
                factors.append(1.0)
        return structural, tuple(volumes), tuple(factors)

    def _factor(self, scale: Expression, volume: Expression) -> float | None:
        """c where scale = volume / c."""
        if self._alias(scale) == self._alias(volume):
            return 1.0
        match scale:
            case Name(name) if name in self._values:
                return self._factor(self._values[name], volume)
            case Binary("/", left, Number(value)) if value != 0.0:
                found = self._factor(left, volume)
                return None if found is None else found * value
            case Binary("*", left, Number(value)) | Binary("*", Number(value), left) if (
                value != 0.0
            ):
                found = self._factor(left, volume)
                return None if found is None else found / value
            case _:
                return None

    def _by_state(self, body: Body) -> dict[str, Expression]:
        found: dict[str, Expression] = {}
        for prefix, ours in BY_STATE.items():
            for number, state in enumerate(body.states, start=1):
                name = f"A_0({number})" if prefix == "A_0" else f"{prefix}{number}"
                value = self._pk.final(name)
                if value is not None:
                    found[f"{ours}_{state}"] = value
        for target in self._pk.last:
            if target.startswith("A_0(") and int(target[4:-1]) > len(body.states):
                line = next(d.line for d in self._pk.definitions if d.target == target)
                raise StreamError(line, f"{target}: there are {len(body.states)} compartments")
        return found

    def _extra(
        self,
        reads: Iterable[Readout],
        structural: Mapping[str, Expression],
        scales: Mapping[int, Expression],
    ) -> dict[str, str]:
        """Variables of $PK that functions of observations read, by their key in the table."""
        found: dict[str, str] = {}
        for read in reads:
            if read.plain:
                continue
            names: set[str] = set()
            for d in read.code.definitions:
                names |= names_in(d.value)
                if Name("F") in set(walk(d.value)):
                    names |= names_in(scales.get(read.observed, Number(1.0)))
                for node in walk(d.value):
                    if isinstance(node, Item) and node.name == "A":
                        self._check_amount(node, d.line)
            for name in sorted(names):
                if name in self._values:
                    self._wanted[name] = None
                    if Name(name) not in structural.values():
                        found[_key(self._target[name], structural)] = name
        return found

    def _check_amount(self, node: Item, line: Line) -> None:
        number = len(self._stream.compartments) or None
        if number is not None and node.index > number:
            raise StreamError(line, f"A({node.index}): there are {number} compartments")

    def _check_random(self, *codes: Straight) -> None:
        sizes = {"THETA": len(self._stream.thetas), "ETA": len(self._stream.omega)}
        records = {"THETA": "$THETA", "ETA": "$OMEGA"}
        for code in codes:
            for d in code.definitions:
                for node in walk(d.value):
                    if not isinstance(node, Item):
                        continue
                    if node.name in MATRICES:
                        raise StreamError(
                            d.line,
                            f"${node.name} has no element ({node.index // 1000},"
                            f"{node.index % 1000})",
                        )
                    if node.name in sizes and node.index > sizes[node.name]:
                        raise StreamError(
                            d.line,
                            f"{node.name}({node.index}): {records[node.name]} has "
                            f"{sizes[node.name]} element(s)",
                        )
        for d in codes[0].definitions:
            for node in walk(d.value):
                if isinstance(node, Item) and node.name in ("A", "EPS", "DADT"):
                    raise StreamError(d.line, f"{node.name}({node.index}) in $PK is not translated")

    def _covariates(
        self, pk: Straight, structural: Mapping[str, Expression], reads: Iterable[Readout]
    ) -> tuple[str, ...]:
        used: set[str] = set()
        for d in pk.definitions:
            used |= names_in(d.value)
        for expression in structural.values():
            used |= names_in(expression)
        for read in reads:
            if not read.plain:
                for d in read.code.definitions:
                    # The time of a level is its own.
                    used |= names_in(d.value) - {"TIME"}
        columns = [c.name for c in self._stream.columns if c.name]
        return tuple(n for n in columns if n in used and n in self._items.values())


def _among(read: Readout) -> str:
    """The rows of an analyte in words: CMT 2."""
    if read.rows is None:
        return ""
    return f"{read.rows[0]} {' or '.join(f'{v:g}' for v in read.rows[1]) or 'of other numbers'}"


def _finished(read: Readout, new: Mapping[str, str], taken: set[str]) -> Readout:
    """The readout with the final names of what it reads and of its own variables."""
    code = named(renamed(read.code, new), taken)
    ends = code.definitions[-1 - len(read.slopes) :]
    return replace(
        read,
        scale=with_names(read.scale, new),
        code=code,
        center=ends[0].name,
        slopes=tuple((k, end.name) for (k, _), end in zip(read.slopes, ends[1:], strict=True)),
    )


def _rescaled(
    structural: Mapping[str, Expression], scale: Expression, volume: Expression | None
) -> dict[str, Expression]:
    """The same kinetics with V1 = scale."""
    ratio = scale if volume is None else folded(Binary("/", scale, volume))
    found = {}
    for name, value in structural.items():
        if name == "KA":
            found[name] = value
        elif name == "V1":
            found[name] = scale
        else:
            found[name] = folded(Binary("*", value, ratio))
    return found


def _free(name: str, states: tuple[str, ...]) -> str:
    """The name as a key of the table of parameters, away from the engine's own keys."""
    own = {"F", "LAG"} | {f"{p}_{s}" for p in BY_STATE.values() for s in states}
    return f"{name}_pk" if name in own else name


def _key(name: str, structural: Mapping[str, Expression]) -> str:
    own = name in structural or name in ("F", "LAG") or name.startswith(
        tuple(f"{p}_" for p in BY_STATE.values())
    )  # fmt: skip
    return f"{name}_pk" if own else name
