"""A control stream taken apart: its records, and what those that shape a model say.

Records that only steer NONMEM's run are left out; where leaving one out may matter to a reader, a
note says so. Records that would change the model and are not read are refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from equipoise.datafile import DATES
from equipoise.nonmem.parsing import Replacement, parse_code
from equipoise.nonmem.protecting import protected
from equipoise.nonmem.syntax import Line, Statement, StreamError
from equipoise.nonmem.variability import Matrix, Theta, read_matrix, read_thetas
from equipoise.readout import Condition

RECORDS = (
    "PROBLEM", "INPUT", "DATA", "INFILE", "ABBREVIATED", "SUBROUTINES", "MODEL", "PK", "DES",
    "ERROR", "THETA", "OMEGA", "SIGMA", "ESTIMATION", "ESTIMATE", "ESTM", "COVARIANCE", "TABLE",
    "SCATTERPLOT", "SIMULATION", "SIMULATE", "SIZES", "WARNINGS", "NONPARAMETRIC", "ETAS", "PHIS",
    "RCOV", "RCOVI", "ANNEAL", "CHAIN", "THETAI", "THETAR", "THETAP", "THETAPV", "OMEGAP",
    "OMEGAPD", "SIGMAP", "SIGMAPD", "PRIOR", "PRED", "MIX", "AES", "AESINITIAL", "CONTR", "LEVEL",
    "MSFI", "INFN", "BIND", "TOL", "INDEX", "SUPER", "OMIT", "DEFAULT", "FORMAT", "OLKJDF",
    "OVARF", "SLKJDF", "SVARF", "TTDF", "DESIGN", "OPTDESIGN",
)  # fmt: skip

LEFT_OUT = frozenset(
    {
        "COVARIANCE", "TABLE", "SCATTERPLOT", "SIMULATION", "SIMULATE", "SIZES", "WARNINGS",
        "ETAS", "PHIS", "RCOV", "RCOVI", "ANNEAL", "CHAIN", "NONPARAMETRIC", "DEFAULT", "FORMAT",
        "DESIGN", "OPTDESIGN", "THETAP", "THETAPV", "OMEGAP", "OMEGAPD", "SIGMAP", "SIGMAPD",
        "OLKJDF", "OVARF", "SLKJDF", "SVARF", "TTDF",
    }
)  # fmt: skip
"""Records that steer NONMEM's run or its output and change nothing in the model."""

REFUSED: Mapping[str, str] = {
    "MIX": "mixtures of subpopulations are not read",
    "AES": "algebraic equations of a compartment (ADVAN9, ADVAN15 with $AES) are not read",
    "AESINITIAL": "algebraic equations of a compartment are not read",
    "LEVEL": "random effects of sites or studies ($LEVEL) are not read",
    "MSFI": "a model specification file holds numbers that are not in the stream",
    "CONTR": "a likelihood of one's own ($CONTR) is not read",
    "INFN": "$INFN code is not read",
    "BIND": "$BIND is not read",
    "THETAI": "$THETAI changes the numbers of $THETA; write them as the code reads them",
    "THETAR": "$THETAR changes the numbers that are reported; it is not read",
}

ESTIMATION = frozenset({"ESTIMATION", "ESTIMATE", "ESTM"})

SHORT: Mapping[str, str] = {
    "SUBS": "SUBROUTINES", "INFI": "INFILE", "MSF": "MSFI", "INPT": "INPUT", "SIML": "SIMULATION",
    "COVR": "COVARIANCE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the data set, as $INPUT names it.

    name   the reserved name where it has one, else its own; "" where it is dropped
    alias  the other name of NAME=OTHER, "" without
    """

    name: str
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Compartment:
    """A compartment of $MODEL, its name in upper case."""

    name: str


@dataclass(frozen=True, slots=True)
class ControlStream:
    """What a control stream says of its model.

    ignore            rows of the data that begin with it are comments ("@": any letter)
    drop, accept      lists of $DATA: (place of the column, operator, value), as in `Layout`
    advan, trans      1 to 14, 1 to 6; advan 0 where $PRED says it all: `error` is its code then
    compartments      of $MODEL; empty for the specific ADVANs
    default_dose, default_observation
                      numbers of compartments from 1; 0 where $MODEL does not say
    pk, des, error    statements
    calls             the line of a CALLFL of 0 or 1: $PK is not computed for every record
    prior             thetas, etas and epsilons of the model, where $PRIOR has more of each behind
                      them; 0 where it does not say
    notes             sentences on what was left out
    """

    problem: str
    columns: tuple[Column, ...]
    ignore: str
    drop: tuple[Condition, ...]
    accept: tuple[Condition, ...]
    advan: int
    trans: int
    subroutines: Line
    compartments: tuple[Compartment, ...]
    default_dose: int
    default_observation: int
    pk: tuple[Statement, ...]
    des: tuple[Statement, ...]
    error: tuple[Statement, ...]
    thetas: tuple[Theta, ...]
    omega: Matrix
    sigma: Matrix
    notes: tuple[str, ...]
    calls: Line | None = None
    prior: tuple[int, int, int] | None = None

    @property
    def items(self) -> frozenset[str]:
        """Names of data items that code may use, aliases included."""
        names = {n for c in self.columns if c.name for n in (c.name, c.alias) if n}
        return frozenset(names - set(DATES))


@dataclass(frozen=True, slots=True)
class _Record:
    """A record: its full name, its head line, and its lines (text after the name first)."""

    name: str
    line: Line
    lines: tuple[tuple[str, Line], ...]

    def code(self) -> list[tuple[str, Line]]:
        """Lines without comments, those ended by & joined with the next."""
        joined: list[tuple[str, Line]] = []
        open_ = False
        for text, line in self.lines:
            text = _bare(text).rstrip()
            goes_on = text.endswith("&")
            text = text[:-1] if goes_on else text
            if open_:
                joined[-1] = (joined[-1][0] + " " + text.strip(), joined[-1][1])
            else:
                joined.append((text, line))
            open_ = goes_on
        return joined

    def words(self) -> list[tuple[str, Line]]:
        """Options with the line each stands on; brackets and quotes keep a word together."""
        found = []
        depth = 0
        for text, line in self.code():
            text = re.sub(r"\s*=\s*", "=", text.replace("\t", " "))
            text = re.sub(r"\b(COMP\w*|IGNORE|ACCEPT)\s+\(", r"\1=(", text, flags=re.IGNORECASE)
            word = ""
            quote = ""
            for c in text + " ":
                if c in "'\"":
                    quote = "" if quote == c else (quote or c)
                depth += {"(": 1, ")": -1}.get(c, 0) if not quote else 0
                if c in " ," and depth == 0 and not quote:
                    if word:
                        found.append((word, line))
                    word = ""
                else:
                    word += c
        return found


def _bare(text: str) -> str:
    return text.split(";", 1)[0]


def read_stream(text: str) -> ControlStream:
    """Read a control stream.

    Fails  StreamError at the first thing that cannot be translated, with its line.
    """
    records = _records(text)
    notes: list[str] = []
    for record in records:
        reason = REFUSED.get(record.name)
        if reason is None and record.name not in _READ and record.name not in LEFT_OUT:
            reason = f"${record.name} is not read, and it would change the model"
        if reason is not None:
            raise StreamError(record.line, reason)
    problems = _all(records, "PROBLEM")
    if len(problems) > 1:
        raise StreamError(problems[1].line, "a second problem: give one model a stream")
    problem = " ".join(_bare(t).strip() for r in problems for t, _ in r.lines).strip()
    for record in records:
        if record.name in ESTIMATION:
            _estimation(record, notes)
    pred = _pred(records)
    columns = _input(_all(records, "INPUT"))
    if pred is not None:
        # PREDPP is not there: items of doses and events are numbers like others, and rows levels.
        columns = tuple(Column("", c.name) if c.name in EVENT_ITEMS else c for c in columns)
    ignore, drop, accept = _data(_all(records, "DATA", "INFILE"), columns, notes)
    thetas = read_thetas([r.lines for r in _all(records, "THETA")])
    omega, sigma = (read_matrix([r.lines for r in _all(records, n)], n) for n in ("OMEGA", "SIGMA"))
    replacements: dict[tuple[str, str], Replacement] = {
        (array, name): i
        for array, names in (
            ("THETA", [t.subscript for t in thetas]),
            ("ETA", omega.subscripts),
            ("EPS", sigma.subscripts),
        )
        for i, name in enumerate(names, start=1)
        if name
    }
    items = {n for c in columns if c.name for n in (c.name, c.alias) if n}
    replacements |= _abbreviated(_all(records, "ABBREVIATED"), items)
    prior = _prior(_all(records, "PRIOR"), notes)
    if prior is not None:
        thetas = thetas[: prior[0]] if prior[0] else thetas
        omega = omega.first(prior[1]) if prior[1] else omega
        sigma = sigma.first(prior[2]) if prior[2] else sigma
    advan, trans, line = (
        _subroutines(_all(records, "SUBROUTINES")) if pred is None else (0, 1, pred)
    )
    compartments, dose, observation = _model(_all(records, "MODEL"))
    calls: list[Line] = []
    code = {
        name: parse_code(_code_lines(_all(records, name), calls), replacements)
        for name in ("PRED", "PK", "DES", "ERROR")
    }
    if any(w.upper() == "PROTECT" for r in _all(records, "ABBREVIATED") for w, _ in r.words()):
        code = {name: protected(block) for name, block in code.items()}
    code["ERROR"] = code["ERROR"] or code["PRED"]
    for name in ("PK", "ERROR") if pred is None else ("ERROR",):
        if not code[name]:
            raise StreamError(None, f"the stream has no ${name}")
    return ControlStream(
        problem=problem,
        columns=columns,
        ignore=ignore,
        drop=drop,
        accept=accept,
        advan=advan,
        trans=trans,
        subroutines=line,
        compartments=compartments,
        default_dose=dose,
        default_observation=observation,
        pk=code["PK"],
        des=code["DES"],
        error=code["ERROR"],
        thetas=thetas,
        omega=omega,
        sigma=sigma,
        notes=tuple(dict.fromkeys(notes)),
        calls=calls[0] if calls else None,
        prior=prior,
    )


_READ = ESTIMATION | {
    "PROBLEM", "INPUT", "DATA", "INFILE", "ABBREVIATED", "SUBROUTINES", "MODEL", "PK", "DES",
    "ERROR", "THETA", "OMEGA", "SIGMA", "PRIOR", "PRED",
}  # fmt: skip


def _pred(records: Sequence[_Record]) -> Line | None:
    """The line of $PRED, None in a stream with compartments."""
    found = _all(records, "PRED")
    if not found:
        return None
    others = _all(records, "SUBROUTINES", "MODEL", "PK", "DES", "ERROR")
    if others:
        raise StreamError(found[0].line, f"$PRED does not go together with ${others[0].name}")
    return found[0].line


def _records(text: str) -> list[_Record]:
    found: list[tuple[str, Line, list[tuple[str, Line]]]] = []
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        line = Line(number, raw)
        head = re.match(r"\s*\$([A-Za-z]+)\s?(.*)$", raw)
        if head is not None:
            found.append((_record_name(head[1], line), line, [(head[2], line)]))
        elif found:
            found[-1][2].append((raw, line))
        elif _bare(raw).strip():
            raise StreamError(line, "text before the first record; a stream begins with $PROBLEM")
    if not found:
        raise StreamError(None, "the file holds no record: a control stream begins with $PROBLEM")
    return [_Record(name, line, tuple(lines)) for name, line, lines in found]


def _record_name(given: str, line: Line) -> str:
    word = given.upper()
    if word in RECORDS:
        return word
    if word in SHORT:
        return SHORT[word]
    fitting = [name for name in RECORDS if name.startswith(word)]
    if len(word) >= 3 and fitting:
        return fitting[0]
    raise StreamError(line, f"${given} is not a record that is known")


def _all(records: Iterable[_Record], *names: str) -> list[_Record]:
    return [record for record in records if record.name in names]


def _code_lines(records: Sequence[_Record], calls: list[Line]) -> list[tuple[str, Line]]:
    """Lines of code without options; the line of a CALLFL of 0 or 1 goes to `calls`."""
    found = []
    for record in records:
        for text, line in record.code():
            word = re.sub(r"[\s()]", "", text.upper())
            # Computing only what observations need changes nothing that is predicted.
            if record.name == "ERROR" and word in _OBSERVATIONS:
                continue
            called = re.match(r"\s*CALLFL\s*=\s*(-?\d)\s*$", text.upper())
            if called is not None:
                # Additional and lagged doses go by the next record's data items in both ($BIND).
                if called[1] not in ("-1", "-2"):
                    calls.append(line)
                continue
            if re.match(r"\s*(COMRES|MODE)\s*=\s*-?\d+\s*$", text.upper()):
                continue
            if text.lstrip().startswith("("):
                raise StreamError(line, "this option of the record is not read")
            found.append((text, line))
    return found


_OBSERVATIONS = ("ONLYOBSERVATIONS", "OBSERVATIONSONLY", "ONLYOBS", "OBSONLY")


def _estimation(record: _Record, notes: list[str]) -> None:
    words = {}
    for word, line in record.words():
        name, _, value = word.upper().partition("=")
        words[name] = value
        if name in ("LIKELIHOOD", "LIKE", "-2LOGLIKELIHOOD", "-2LLIKELIHOOD", "-2LL"):
            raise StreamError(line, f"{word}: Y is a likelihood, not a prediction; it is not read")
    method = words.get("METHOD", words.get("METH", ""))
    inter = any("INTERACTION".startswith(name) and len(name) >= 3 for name in words)
    if method in ("", "0", "ZERO") or (method in ("1", "COND", "CONDITIONAL") and not inter):
        notes.append(
            f"line {record.line.number}: the stream estimates without interaction; OFV is computed "
            "with it (FOCE with interaction)"
        )


_OPERATORS: Mapping[str, str] = {
    "": "==", "=": "==", "==": "==", ".EQ.": "==", "/=": "/=", ".NE.": "/=", ".EQN.": ".EQN.",
    ".NEN.": ".NEN.", ".GT.": ">", ">": ">", ".GE.": ">=", ">=": ">=", ".LT.": "<", "<": "<",
    ".LE.": "<=", "<=": "<=",
}  # fmt: skip
"""Comparisons of $DATA by the engine's names: == and /= compare text, the others numbers."""


def _data(
    records: Sequence[_Record], columns: Sequence[Column], notes: list[str]
) -> tuple[str, tuple[Condition, ...], tuple[Condition, ...]]:
    """The character of IGNORE=c, "" without, and the lists IGNORE=(...) and ACCEPT=(...)."""
    ignore = ""
    lists: dict[str, list[Condition]] = {"IGN": [], "ACC": []}
    for record in records:
        for word, line in record.words()[1:]:
            name, _, value = word.partition("=")
            name = name.upper()
            if name.startswith(("IGN", "ACC")):
                if value.startswith("("):
                    inner = value.strip()[1:-1]
                    lists[name[:3]] += [_condition(t, columns, line) for t in inner.split(",")]
                else:
                    ignore = value.strip("'\"") or ignore
            elif name.startswith(("RECORDS", "NREC", "RECS")):
                notes.append(
                    f"line {line.number}: {word} of $DATA is not applied; give the rows it means"
                )
            elif name in ("NULL", "TRANSLATE", "LAST20") or name.startswith(("MISDAT", "TRANS")):
                raise StreamError(line, f"{word}: this option of $DATA is not read")
    return ignore, tuple(lists["IGN"]), tuple(lists["ACC"])


def _condition(text: str, columns: Sequence[Column], line: Line) -> Condition:
    """ "BLQ.EQ.1" as the place of its column, the operator and the value."""
    match = re.fullmatch(
        r"\s*(\w+?)\s*(\.[A-Za-z]+\.|==|/=|>=|<=|=|<|>|(?<=\w)\s(?=\s*\S))\s*(.*?)\s*", text
    )
    operator = _OPERATORS.get(match[2].strip().upper()) if match is not None else None
    if match is None or operator is None:
        raise StreamError(line, f"{text.strip()!r} of $DATA is not a condition that is read")
    name = match[1].upper()
    for place, column in enumerate(columns):
        if name in (column.name, column.alias):
            return place, operator, match[3].strip("'\"")
    raise StreamError(line, f"{name} of $DATA is no column of $INPUT")


def _prior(records: Sequence[_Record], notes: list[str]) -> tuple[int, int, int] | None:
    """How many thetas, etas and epsilons are the model's own, where $PRIOR has more behind them.

    A prior of population parameters plays no part in individual estimation.
    """
    if not records:
        return None
    found = {"NTHETA": 0, "NETA": 0, "NEPS": 0}
    for record in records:
        for word, line in record.words():
            name, _, value = word.upper().partition("=")
            if name == "TNPRI":
                raise StreamError(line, "$PRIOR TNPRI takes its numbers from another problem")
            if name in found:
                if not value.isdigit():
                    raise StreamError(line, f"{word}: write the number")
                found[name] = int(value)
    notes.append(
        f"line {records[0].line.number}: $PRIOR weighs population parameters; it plays no part here"
    )
    return found["NTHETA"], found["NETA"], found["NEPS"]


def _abbreviated(
    records: Sequence[_Record], items: Collection[str]
) -> dict[tuple[str, str], Replacement]:
    """What REPLACE makes of indices that are words.

    items  names of data items, which may choose among several indices
    Source NONMEM help, $ABBREVIATED: forms 1 to 4 for THETA, ETA and EPS.
    """
    found: dict[tuple[str, str], Replacement] = {}
    for record in records:
        for word, line in record.words():
            upper = word.upper()
            if upper in ("REPLACE", "DERIV2=NO", "DERIV1=NO", "DERIV2=NOCOMMON", "PROTECT"):
                continue
            if upper.startswith(("COMRES=", "COMSAV=")) or upper in ("DES=FULL", "DES=COMPACT"):
                continue
            single = re.fullmatch(r"([A-Z]\w*)=(THETA|ETA|EPS)\((\d+)\)", upper)
            if single is not None:
                found[single[2], f"={single[1]}"] = int(single[3])
                continue
            match = re.fullmatch(r"(THETA|ETA|EPS)\(([\w,]+)\)=\1\(([\w ,:+-]+)\)", upper)
            if match is None:
                raise StreamError(
                    line,
                    f"{word}: of $ABBREVIATED only REPLACE by elements of THETA, ETA and EPS is "
                    "read",
                )
            array, names, numbers = match[1], match[2].split(","), _series(match[3], line)
            if len(names) == len(numbers):
                found |= {(array, n): i for n, i in zip(names, numbers, strict=True)}
                if len(names) > 1 or "," not in match[3]:
                    continue
            chooser = _chooser(names[0], items) if len(names) == 1 else ""
            if not chooser:
                raise StreamError(
                    line, f"{word}: no column of $INPUT in the name chooses among the numbers"
                )
            found[array, names[0]] = (chooser, tuple(numbers))
    return found


def _series(text: str, line: Line) -> list[int]:
    """ "4,6 TO 8 BY 2" as 4, 6, 8."""
    found: list[int] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        match = re.fullmatch(r"(\d+)(?:\s*(?:TO|:)\s*(\d+)(?:\s*BY\s*([+-]?\d+))?)?", part)
        if match is None or match[3] in ("0", "+0", "-0"):
            raise StreamError(line, f"{part!r} is not a number or a series of numbers")
        first = int(match[1])
        last = int(match[2] or first)
        step = abs(int(match[3] or 1)) * (1 if last >= first else -1)
        found += range(first, last + (1 if step > 0 else -1), step)
    return found


def _chooser(name: str, items: Collection[str]) -> str:
    """The data item in OCC, OCC_CL or CL_OCC; "" where there is none."""
    if name in items:
        return name
    parts = name.split("_")
    sides = [("_".join(parts[:i]), "_".join(parts[i:])) for i in range(1, len(parts))]
    return next((side for pair in sides for side in pair if side in items), "")


RESERVED = frozenset(
    {
        "ID", "TIME", "DV", "AMT", "RATE", "CMT", "EVID", "MDV", "II", "ADDL", "SS", "L1", "L2",
        "PCMT", "CALL", "CONT", "DATE", "DAT1", "DAT2", "DAT3",
    }
)  # fmt: skip

EVENT_ITEMS = frozenset({"AMT", "RATE", "CMT", "EVID", "II", "ADDL", "SS"})
"""Items that mean something to PREDPP alone."""

_REFUSED_ITEMS = {
    "L2": "correlation of residuals across records (L2) is not read; DROP it",
    "CALL": "CALL items change when parameters are computed; DROP them",
    "CONT": "CONT items are not read; DROP them",
    "PCMT": "PCMT is not read; DROP it",
}


def _input(records: Sequence[_Record]) -> tuple[Column, ...]:
    columns: list[Column] = []
    seen: set[str] = set()
    for record in records:
        for word, line in record.words():
            names = [n.upper() for n in word.split("=")]
            if len(names) > 2 or not all(re.fullmatch(r"[A-Z_][A-Z0-9_]*", n) for n in names):
                raise StreamError(line, f"{word} is not NAME, NAME=OTHER or NAME=DROP")
            dropped = any(n in ("DROP", "SKIP") for n in names)
            names = list(dict.fromkeys(n for n in names if n not in ("DROP", "SKIP")))
            # NONMEM drops the text of a date, and counts hours by it all the same.
            if dropped and not (names and names[0] in DATES):
                columns.append(Column("", names[0] if names else ""))
                continue
            names.sort(key=lambda n: n not in RESERVED)
            for name in names:
                reason = _REFUSED_ITEMS.get(name)
                if reason is not None and name in RESERVED:
                    raise StreamError(line, reason)
                if name in seen:
                    raise StreamError(line, f"{name} stands twice in $INPUT")
                seen.add(name)
            columns.append(Column(*names))
    if not columns:
        raise StreamError(None, "the stream has no $INPUT")
    for name in ("ID", "TIME", "DV"):
        if name not in seen:
            raise StreamError(records[0].line, f"$INPUT has no {name}")
    return tuple(columns)


def _subroutines(records: Sequence[_Record]) -> tuple[int, int, Line]:
    if not records:
        raise StreamError(None, "the stream has no $SUBROUTINES: name an ADVAN")
    advan, trans, where = 0, 1, records[0].line
    for record in records:
        for word, line in record.words():
            match = re.fullmatch(r"(?:ADVAN=)?ADVAN(\d+)|(?:TRANS=)?TRANS(\d+)", word.upper())
            if match is not None and match[1]:
                advan, where = int(match[1]), line
            elif match is not None:
                trans = int(match[2])
            elif not re.match(
                r"(TOL|ATOL|SSTOL|SSATOL|SS|TOLC|ATOLC|SUBROUTINES=D|DP$|SP$)=?|\d+$", word.upper()
            ):
                raise StreamError(line, f"{word}: user routines and this option are not read")
    if not advan:
        raise StreamError(where, "$SUBROUTINES names no ADVAN")
    return advan, trans, where


def _model(records: Sequence[_Record]) -> tuple[tuple[Compartment, ...], int, int]:
    found: list[Compartment] = []
    dose = observation = 0
    number = 0
    no_dose: set[int] = set()
    for record in records:
        for word, line in record.words():
            name, _, value = word.upper().partition("=")
            if name.startswith("COMP") and "(" in name:
                name, value = "COMP", name[name.index("(") :]
            if name.startswith("COMP"):
                options = value.strip("()").replace(",", " ").split()
                label = options[0].strip("'\"") if options else f"COMP{len(found) + 1}"
                found.append(Compartment(label))
                for option in options[1:]:
                    if option.startswith("DEFD"):
                        dose = len(found)
                    elif option.startswith("DEFO"):
                        observation = len(found)
                    elif option.startswith("NODO"):
                        no_dose.add(len(found))
                    elif option.startswith(("INIT", "EQUI")):
                        raise StreamError(line, f"{option} of a compartment is not read")
                    elif not option.startswith("NOOF"):
                        raise StreamError(line, f"{option} is not an option of a compartment")
            elif name.startswith("NCOM"):
                number = int(value)
            elif not name.startswith("NPAR"):
                raise StreamError(line, f"{word} of $MODEL is not read")
        if number:
            found.extend(Compartment(f"COMP{i + 1}") for i in range(len(found), number))
    allowed = [i for i in range(1, len(found) + 1) if i not in no_dose]
    dose = dose or _called("DEPOT", found, allowed)
    observation = observation or _called("CENTRAL", found, range(1, len(found) + 1))
    return tuple(found), dose, observation


def _called(name: str, compartments: Sequence[Compartment], allowed: Sequence[int]) -> int:
    """NONMEM's default: the compartment of that name, else the first."""
    named = [i for i in allowed if compartments[i - 1].name == name]
    return (named or list(allowed) or [0])[0]
