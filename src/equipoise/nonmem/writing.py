"""The translated model as a Python file: plain source that a person can read and change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from equipoise.nonmem.censoring import Limited
from equipoise.nonmem.flow import Straight, names_in
from equipoise.nonmem.observing import Readout
from equipoise.nonmem.printing import Printer, variable
from equipoise.nonmem.stream import ControlStream
from equipoise.nonmem.structure import LINEAR
from equipoise.nonmem.syntax import Item, Name, Number, StreamError
from equipoise.nonmem.translation import Translation
from equipoise.nonmem.variability import names_of


@dataclass(frozen=True, slots=True)
class Naming:
    """What a control stream does not say, and a model needs.

    id, agent     of the model
    file          name of the stream, for the source
    dose_unit     of AMT; unit: of DV
    analytes      names in the order of the readouts; default "dv"
    covariates    column of $INPUT -> name in the vocabulary of records ("WT" -> "weight")
    """

    id: str
    file: str
    agent: str = ""
    dose_unit: str = "mg"
    unit: str = "1"
    analytes: tuple[str, ...] = ()
    covariates: Mapping[str, str] = field(default_factory=dict)


def write_model(found: Translation, naming: Naming) -> str:
    """The text of a Python file that defines MODEL.

    Fails  StreamError where the naming does not fit the stream.
    """
    return _Writer(found, naming).text()


class _Writer:
    def __init__(self, found: Translation, naming: Naming) -> None:
        self._found = found
        self._naming = naming
        stream = found.stream
        self._thetas = names_of([t.label for t in stream.thetas], "THETA")
        self._etas = names_of(stream.omega.labels, "ETA")
        self._kept = [i for i, row in enumerate(stream.omega.rows) if row[i] > 0.0]
        unknown = [n for n in naming.covariates if n not in found.covariates]
        if unknown:
            have = ", ".join(found.covariates) or "none"
            raise StreamError(None, f"covariate {unknown[0]}: the stream reads {have}")

    def text(self) -> str:
        """The whole file."""
        functions = [self._parameters()]
        if not self._found.body.linear:
            functions.append(self._rates())
        functions += [
            self._read(i, read) for i, read in enumerate(self._found.readouts) if not read.plain
        ]
        body = "\n\n\n".join([*self._tables(), *(f.rstrip() for f in functions), self._model()])
        return f"{self._head(body)}\n\n{body}\n"

    # --- the beginning --------------------------------------------------------------------

    def _head(self, body: str) -> str:
        stream = self._found.stream
        title = _clean(stream.problem) or self._naming.id
        lines = [
            f'"""{title}: a NONMEM control stream as a model (equipoise import '
            f"{_clean(self._naming.file)}).",
            "",
            f"{_code_of(stream)}. Times and amounts are in the units of the "
            "stream's data. `line N` names the line of the",
            "stream; what the stream computes for its tables only is left out.",
        ]
        lines += [f"\nNote  {_clean(note)}." for note in self._found.notes]
        lines.append('"""')
        imports = []
        if re.search(r"\bmath\.", body):
            imports += ["import math", ""]
        if re.search(r"\bnp\.", body):
            imports.append("import numpy as np")
        special = [n for n in ("gammaln", "ndtr") if re.search(rf"\b{n}\(", body)]
        if special:
            imports.append(f"from scipy.special import {', '.join(special)}")
        if imports and imports[-1]:
            imports.append("")
        kind = "Linear" if self._found.body.linear else "System"
        imports.append(f"from equipoise.kinetics import {kind}")
        names = ["Covariate", "Layout", "Model", "Observation", "Purpose", "Residual"]
        imports.append(f"from equipoise.model import {', '.join(names)}")
        if "Censored(" in body:
            imports.append("from equipoise.readout import Censored")
        imports.append("from equipoise.source import Source, Standing, Value")
        return "\n".join([*lines, "", *imports])

    def _tables(self) -> list[str]:
        stream = self._found.stream
        rows = []
        for name, theta in zip(self._thetas, stream.thetas, strict=True):
            note = theta.label
            if theta.fixed:
                note = f"{note}; fixed" if note else "fixed"
            rows.append(
                f'    "{name}": Value({theta.number!r}, "{_unit(theta.label)}", '
                f'"line {theta.line.number}"' + (f", note={_quoted(note)}" if note else "") + "),"
            )
        parts = ["\n".join(["THETAS = {", *rows, "}"])]
        omega = [[stream.omega.rows[i][j] for j in self._kept] for i in self._kept]
        parts.append(_matrix("OMEGA", omega))
        if any(not read.plain for read in self._found.readouts):
            parts.append(_matrix("SIGMA", stream.sigma.rows))
        return parts

    # --- functions ------------------------------------------------------------------------

    def _parameters(self) -> str:
        found = self._found
        text = Printer(arrays=True, item=self._item, names={})
        lines = [
            "def parameters(theta, covariate, eta):",
            '    """$PK: structural parameters; both sides of an IF are computed everywhere."""',
        ]
        used: set[str] = set()
        for d in found.pk.definitions:
            used |= names_in(d.value)
        for e in (*found.structural.values(), *found.by_state.values()):
            used |= names_in(e)
        inner = []
        for name in found.covariates:
            if name in used:
                inner.append(f'{name} = covariate["{self._covariate(name)}"]')
        for d in found.pk.definitions:
            inner.append(f"{variable(d.name)} = {text.text(d.value)}  # line {d.line.number}")
        entries = [
            *((n, text.text(e)) for n, e in found.structural.items()),
            *((n, text.text(e)) for n, e in found.by_state.items()),
            *((n, variable(v)) for n, v in found.extra.items()),
        ]
        # Numbers that are none are for the engine to refuse, not for numpy to warn of.
        if any(re.search(r"np\.(where|log|sqrt)| / [A-Za-z(]", line) for line in inner):
            lines.append('    with np.errstate(all="ignore"):')
            lines += [f"        {line}" for line in inner]
        else:
            lines += [f"    {line}" for line in inner]
        lines.append("    return {")
        lines += [f'        "{name}": {value},' for name, value in entries]
        lines.append("    }")
        return "\n".join(lines)

    def _item(self, item: Item) -> str:
        if item.name == "THETA":
            return f'theta["{self._thetas[item.index - 1]}"]'
        assert item.name == "ETA", item
        return f'eta["{self._etas[item.index - 1]}"]'

    def _covariate(self, name: str) -> str:
        return self._naming.covariates.get(name, name)

    def _rates(self) -> str:
        found = self._found
        names = list(found.structural)

        def item(node: Item) -> str:
            if node.name == "A":
                return f"x[{node.index - 1}]"
            return f"{node.name}{node.index}"

        text = Printer(arrays=False, item=item, names={"T": "t"})
        where = "$DES" if found.stream.des else _code_of(found.stream)
        lines = [
            "def rates(t, x, p, dx):",
            f'    """{where}: rates of change of {", ".join(found.body.states)}."""',
        ]
        for local, ours in found.inputs.items():
            lines.append(f"    {variable(local)} = p[{names.index(ours)}]")
        read = _read_names(found.rates)
        for d in found.rates.definitions:
            value = text.text(d.value)
            if d.target.startswith("DADT(") and found.rates.last[d.target] == d.name:
                place = f"dx[{int(d.target[5:-1]) - 1}]"
                if d.name in read:
                    lines.append(f"    {variable(d.name)} = {value}  # line {d.line.number}")
                    lines.append(f"    {place} = {variable(d.name)}")
                else:
                    lines.append(f"    {place} = {value}  # line {d.line.number}")
            else:
                lines.append(f"    {variable(d.name)} = {value}  # line {d.line.number}")
        return "\n".join(lines)

    def _read(self, number: int, read: Readout) -> str:
        found = self._found
        states = found.body.states

        def item(node: Item) -> str:
            if node.name == "A":
                if node.index > len(states):
                    raise StreamError(read.line, f"A({node.index}): the output is not computed")
                return f'at.amount["{states[node.index - 1]}"]'
            if node.name == "THETA":
                return f'at.theta["{self._thetas[node.index - 1]}"]'
            return f'at.eta["{self._etas[node.index - 1]}"]'

        text = Printer(arrays=True, item=item, names={})
        used: set[str] = set()
        for d in read.code.definitions:
            used |= names_in(d.value)
        scale = found.scales.get(read.observed, Number(1.0))
        if "F" in used:
            used |= names_in(scale)
        lines = []
        keys = {v: k for k, v in found.extra.items()}
        keys |= {e.name: k for k, e in found.structural.items() if isinstance(e, Name)}
        for name in sorted(used & set(keys)):
            lines.append(f'{variable(name)} = at.parameter["{keys[name]}"]')
        for name in found.covariates:
            if name in used and name != "TIME":
                lines.append(f'{name} = at.covariate["{self._covariate(name)}"]')
        if "TIME" in used:
            lines.append("TIME = at.t")
        if "F" in used:
            divided = "" if scale == Number(1.0) else f" / {text.text(scale, 6)}"
            lines.append(f"F = {item(Item('A', read.observed))}{divided}")
        for d in read.code.definitions:
            lines.append(f"{variable(d.name)} = {text.text(d.value)}  # line {d.line.number}")
        terms = []
        sigma = found.stream.sigma.rows
        for i, (k, a) in enumerate(read.slopes):
            for m, b in read.slopes[: i + 1]:
                if k == m:
                    terms.append(f"SIGMA[{k - 1}][{k - 1}] * {variable(a)} ** 2")
                elif sigma[k - 1][m - 1] != 0.0:
                    terms.append(f"2.0 * SIGMA[{k - 1}][{m - 1}] * {variable(a)} * {variable(b)}")
        lines.append(f"variance = {' + '.join(terms)}")
        where = _weighed_in(found.stream)
        return "\n".join(
            [
                f"def {self._reader(number)}(at):",
                f'    """{where}: Y at EPS = 0, and its variance from dY/dEPS there."""',
                '    with np.errstate(all="ignore"):',
                *(f"        {line}" for line in lines),
                f"    return {variable(read.center)}, variance",
            ]
        )

    def _reader(self, number: int) -> str:
        return "read" if len(self._found.readouts) == 1 else f"read_{number + 1}"

    # --- the model ------------------------------------------------------------------------

    def _model(self) -> str:
        found, naming, stream = self._found, self._naming, self._found.stream
        states = found.body.states
        if found.body.linear:
            compartments, depot = LINEAR[stream.advan]
            structure = f"Linear({compartments}, depot={depot})"
        else:
            structure = (
                f"System(\n        {_words(states)},\n        {_words(found.structural)},\n"
                "        rates,\n    )"
            )
        covariates = ", ".join(
            f'"{self._covariate(n)}": Covariate("1", reference=float("nan"), required=True)'
            for n in found.covariates
        )
        etas = tuple(self._etas[i] for i in self._kept)
        lines = [
            "MODEL = Model(",
            f"    id={_quoted(naming.id)},",
            f"    agent={_quoted(naming.agent or naming.id)},",
            f"    title={_quoted(_clean(stream.problem) or naming.id)},",
            f"    source=Source({_quoted('NONMEM control stream ' + naming.file)}),",
            "    standing=Standing.PROVISIONAL,",
            "    purposes=frozenset(Purpose),",
            '    population="not said by the stream",',
            "    domain={},",
            f"    covariates={{{covariates}}},",
            "    thetas=THETAS,",
            f"    etas={_words(etas)},",
            "    omega=OMEGA,",
            '    omega_note="$OMEGA as the stream has it",',
            f"    structure={structure},",
            "    parameters=parameters,",
            f"    routes={json.dumps(_routes(states, found.body.dose) if stream.advan else {})},",
            f"    dose_unit={_quoted(naming.dose_unit)},",
            "    observations=(",
            *(f"        {self._observation(i, r)}," for i, r in enumerate(found.readouts)),
            "    ),",
            '    because="read from a control stream; what it decides is for its owner to say",',
            f"    layout={self._layout()},",
        ]
        if "CL" not in found.structural:
            lines.append('    clearance="",')
        return "\n".join([*lines, ")"])

    def _analyte(self, number: int) -> str:
        names = self._naming.analytes
        reads = self._found.readouts
        if names and len(names) != len(reads):
            own = ", ".join(self._usual(i) for i in range(len(reads)))
            raise StreamError(
                None,
                f"{len(names)} analyte name(s) given; the stream predicts {len(reads)} ({own})",
            )
        return names[number] if names else self._usual(number)

    def _usual(self, number: int) -> str:
        """The name of an analyte by the rows that measure it."""
        reads = self._found.readouts
        rows = reads[number].rows
        if len(reads) == 1 or rows is None:
            return "dv"
        return f"{rows[0].lower()}_{rows[1][-1]:g}" if rows[1] else f"{rows[0].lower()}_other"

    def _observation(self, number: int, read: Readout) -> str:
        found = self._found
        volume = found.volumes[number]
        state = found.body.states[read.compartment - 1] if volume else ""
        where = f"line {read.line.number} and $SIGMA"
        if read.plain and volume:
            assert read.additive is not None
            parts = [
                f"{name}={value!r}"
                for name, value in (
                    ("additive", read.additive),
                    ("proportional", read.proportional),
                    ("log", read.log),
                )
                if value
            ]
            residual = f"Residual({', '.join([*parts, f'where={_quoted(where)}'])})"
        else:
            form = _quoted(f"as {_weighed_in(self._found.stream)} computes it")
            residual = f"Residual(form={form}, where={_quoted(where)})"
        options = "".join(
            [
                f", read={self._reader(number)}" if "form=" in residual else "",
                ", logged=True" if read.logged else "",
                f", rows={_rows(read.rows)}" if read.rows is not None else "",
            ]
        )
        return (
            f"Observation({_quoted(self._analyte(number))}, {_quoted(self._naming.unit)}, "
            f"{_quoted(state)}, {_quoted(volume)}, {found.factors[number]!r}, {residual}{options})"
        )

    def _layout(self) -> str:
        stream = self._found.stream
        columns = tuple(self._column(c.name) for c in stream.columns)
        aliases = {c.alias: self._column(c.name) for c in stream.columns if c.name and c.alias}
        aliases |= {
            c.name: self._column(c.name)
            for c in stream.columns
            if c.name and self._column(c.name) != c.name
        }
        parts = [f"columns={_words(columns)}"]
        if aliases:
            parts.append(f"aliases={json.dumps(aliases)}")
        if stream.ignore:
            parts.append(f"ignore={_quoted(stream.ignore)}")
        for name, conditions in (("drop", stream.drop), ("accept", stream.accept)):
            if conditions:
                inner = ", ".join(
                    f"({place}, {_quoted(operator)}, {_quoted(value)})"
                    for place, operator, value in conditions
                )
                parts.append(f"{name}=({inner},)")
        if self._found.body.dose != 1:
            parts.append(f"dose={self._found.body.dose}")
        held = [
            self._held(self._analyte(number), each)
            for number, read in enumerate(self._found.readouts)
            for each in read.limited
        ]
        if held:
            parts.append(f"censored=({', '.join(held)},)")
        return f"Layout({', '.join(parts)})"

    def _held(self, analyte: str, each: Limited) -> str:
        column = self._column(each.column)
        text = f"Censored({_quoted(analyte)}, {_quoted(column)}, {each.values!r}"
        if each.side:
            limit = each.limit if isinstance(each.limit, float) else self._column(each.limit)
            text += f', "{each.side}", {json.dumps(limit)}'
        return text + (", equal=True)" if each.equal else ")")

    def _column(self, name: str) -> str:
        return self._covariate(name).upper()


def _read_names(code: Straight) -> set[str]:
    read: set[str] = set()
    for d in code.definitions:
        read |= names_in(d.value)
    return read


def _code_of(stream: ControlStream) -> str:
    return f"ADVAN{stream.advan} TRANS{stream.trans}" if stream.advan else "$PRED"


def _weighed_in(stream: ControlStream) -> str:
    return "$ERROR" if stream.advan else "$PRED"


def _routes(states: Sequence[str], dose: int) -> dict[str, int]:
    """Words of dose lines -> compartment: oral into a depot, iv into the central one."""
    found: dict[str, int] = {}
    for i, state in enumerate(states):
        if state in ("depot", "gut", "absorption", "abs"):
            found.setdefault("oral", i)
        elif state in ("central", "centr", "cent", "plasma", "blood"):
            found.setdefault("iv", i)
    default = dose - 1
    first = [route for route, place in found.items() if place == default]
    ordered = dict.fromkeys([*first, *found])
    if not first:
        word = "iv" if "iv" not in found else states[default]
        return {word: default, **found}
    return {route: found[route] for route in ordered}


def _matrix(name: str, rows: Iterable[Sequence[float]]) -> str:
    lines = [f"    {tuple(float(v) for v in row)!r}," for row in rows]
    return "\n".join([f"{name} = (", *lines, ")"]) if lines else f"{name} = ()"


def _unit(label: str) -> str:
    """What a comment has in brackets, where it looks like a unit."""
    found = re.search(r"[(\[]([A-Za-z%][\w/^*.%-]*|1/[a-z]+)[)\]]", label)
    return found[1] if found is not None else ""


def _clean(text: str) -> str:
    return re.sub(r'["\\]', "'", " ".join(text.split())).rstrip(".")


def _quoted(text: str) -> str:
    return '"' + _clean(text) + '"'


def _words(names: Iterable[str]) -> str:
    """A tuple of strings."""
    found = [_quoted(name) for name in names]
    return f"({found[0]},)" if len(found) == 1 else f"({', '.join(found)})"


def _rows(rows: tuple[str, tuple[float, ...]]) -> str:
    return f"({_quoted(rows[0])}, {rows[1]!r})"
