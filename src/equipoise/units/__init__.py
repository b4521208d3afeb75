"""The units that are read, and nothing else: a closed table of UCUM codes with their aliases.

Free unit parsers read `K/uL` as kelvin per microliter and `[AU]/mL` as allergen units, and refuse
`IU/L`, which hospitals send. Here a spelling is either in the table, or refused with a remedy.
Conversion happens at the edge, in exact fractions; inside the package numbers are plain floats in
the canonical unit of their name. Three units of anti-thymocyte globulin (AU, UE and mass) are
three dimensions: nothing converts between them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from equipoise.source import Source, Standing, Value
from equipoise.units.table import ALIASES, DIMENSIONS, PARTS, REFUSED, UCUM

__all__ = [
    "ALIASES",
    "MOLAR",
    "MOLAR_SOURCE",
    "PARTS",
    "UNITS",
    "Quantity",
    "Unit",
    "UnitError",
    "convert",
    "duration_hours",
    "molar_mass",
    "parse",
    "per",
    "rounded",
    "unit",
    "write",
]

Number = TypeVar("Number", Decimal, float)


class UnitError(ValueError):
    """A unit or a number that cannot be read; the message is one sentence with the remedy."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the table.

    code       as it is written in records and reports: "mg/dL", "AU/mL", "10*9/L"
    dimension  units of one dimension convert into each other: "mass/volume", "atg_au/volume"
    factor     base units of the dimension in one of this unit, exact
    offset     added before the factor is applied; not zero for degrees Fahrenheit alone
    ucum       the strict UCUM code, for exchange with other systems: "[arb'U]/mL"
    """

    code: str
    dimension: str
    factor: Fraction
    offset: Fraction
    ucum: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit, as read.

    number      exact, in `unit`; trailing zeros are kept, they are the reported precision
    unit        code of the table; "1" where none was written
    comparator  "" or "<" or ">": a censored value is not the number
    text        as written
    """

    number: Decimal
    unit: str
    comparator: str
    text: str


_OFFSET: Mapping[str, Fraction] = {"[degF]": Fraction(-32)}


def _table() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    for dimension, row in DIMENSIONS:
        for item in row.split():
            code, factor = item.split("=")
            if code in table:
                raise ValueError(f"{code} is twice in the table of units")
            table[code] = Unit(
                code,
                dimension,
                Fraction(factor),
                _OFFSET.get(code, Fraction(0)),
                UCUM.get(code, code),
            )
    return table


UNITS: Mapping[str, Unit] = MappingProxyType(_table())
"""The whole table: code -> unit."""

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWER = re.compile(r"^[xX×]?10(?:\*\*|\*|\^|[eE]\+?|(?=\())\(?0?([0-9]{1,2})\)?(?=[/{]|$)")
_COUNTED = re.compile(r"^(?:cells?|\{cells?\}|#|count|events?)(?=/)")


@lru_cache(maxsize=4096)
def unit(text: str) -> Unit:
    """The unit behind a code or a known spelling of it.

    Read are the codes of `UNITS`, the whole spellings of `ALIASES`, the parts of `PARTS`, powers
    of ten written as `x10^9`, `10E9`, `10e9` or `10*9`, micro written `µ` or `mc`, and products
    written with `.`, `*` or `·`. Nothing written is dimensionless: "1".

    Fails  UnitError for everything else, naming the nearest known units.
    """
    spelled = _spelled(text)
    for candidate in (text.strip(), spelled, ALIASES.get(text.strip()), ALIASES.get(spelled)):
        if candidate is not None and candidate in UNITS:
            return UNITS[candidate]
    joined = "".join(PARTS.get(part, part) for part in re.split(r"([./])", spelled))
    code = ALIASES.get(joined, joined)
    if code in UNITS:
        return UNITS[code]
    for pattern, remedy in REFUSED:
        if re.search(pattern, joined):
            raise UnitError(f"unit {text.strip()!r} is refused: {remedy}")
    near = _nearest(joined)
    remedy = f"the nearest known are {', '.join(near)}" if near else "see the table of units"
    raise UnitError(f"unknown unit {text.strip()!r}: {remedy}")


_NUMBER = re.compile(
    r"^(?P<sign>[+-]?)(?P<digits>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?P<exponent>[eE][+-]?[0-9]+)?"
    r"(?P<rest>.*)$"
)
_GROUPED = re.compile(r"^[+-]?[0-9]{1,3}(?:[ '’_\u00a0\u202f][0-9]{3})+(?![0-9*^])")


def parse(text: str) -> Quantity:
    """A number and its unit from one string: "160 mg", "<1.0 ng/mL", "6.1e6 /kg", "0.5".

    The number has a decimal point and no separators; `<` and `>` mark a censored value.

    Fails  UnitError for a unit that is not in the table, a decimal comma, thousands separators,
           `<=` and `>=` (the meaning at the limit is lost), NaN and infinity, and no number.
    """
    rest = text.strip().replace("\u2212", "-")
    comparator = ""
    if rest[:2] in ("<=", ">=", "=<", "=>") or rest[:1] in ("≤", "≥", "~", "≈"):
        raise UnitError(
            f"the comparator in {text.strip()!r} is not read: write < or > with the limit of the"
            " assay, or the number itself"
        )
    if rest[:1] in ("<", ">"):
        comparator, rest = rest[0], rest[1:].lstrip()
    if re.match(r"^[+-]?(nan|inf)", rest, re.IGNORECASE):
        raise UnitError(f"{text.strip()!r} is not a number: leave the value out if it is not known")
    _refuse_separators(text.strip(), rest)
    match = _NUMBER.match(rest)
    if match is None:
        raise UnitError(f"{text.strip()!r} has no number: write a number and its unit, as '160 mg'")
    written = match["sign"] + match["digits"] + (match["exponent"] or "")
    number = Decimal(written)
    if number and not -30 <= number.adjusted() <= 30:
        raise UnitError(f"the number in {text.strip()!r} is beyond reason: check its exponent")
    code = unit(match["rest"]).code if match["rest"].strip() else "1"
    return Quantity(number, code, comparator, text.strip())


def _refuse_separators(text: str, rest: str) -> None:
    comma = re.match(r"^[+-]?[0-9]+(?:[.,][0-9]+)*,[0-9]+", rest)
    if comma:
        whole = comma.group().replace(",", "")
        pointed = comma.group().replace(",", ".")
        hint = f"write {pointed}"
        if re.fullmatch(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+", comma.group()):
            hint = f"write {whole}" if comma.group().count(",") > 1 else f"{hint} or {whole}"
        elif "." in comma.group() or comma.group().count(",") > 1:
            hint = "write the digits with a decimal point only"
        raise UnitError(
            f"the comma in {text!r} may be a decimal comma or a thousands separator: {hint}"
        )
    if _GROUPED.match(rest) or re.match(r"^[+-]?[0-9]+\.[0-9]+\.[0-9]", rest):
        raise UnitError(f"thousands separators are not read in {text!r}: write the digits together")


def convert(number: Number, from_unit: str, to_unit: str, *, substance: str = "") -> Number:
    """A number in another unit of the same dimension, or between mass and amount of a substance.

    number     Decimal stays Decimal and is exact where the factor allows it (28 digits else);
               a float is read as the decimal it prints as
    substance  a name of `MOLAR`; needed between mass and molar units

    Fails  UnitError where no conversion exists: between AU, UE and mass of ATG; between U/mL and
           pg/mL; between copies and international units; between mass and molar units of a
           substance without a molar factor.
    """
    start, end = unit(from_unit), unit(to_unit)
    if start.code == end.code:
        return number
    exact = _fraction(number)
    if start.dimension == end.dimension:
        result = (exact + start.offset) * start.factor / end.factor - end.offset
    else:
        result = exact * start.factor * _bridge(start, end, substance) / end.factor
    if isinstance(number, Decimal):
        return Decimal(result.numerator) / Decimal(result.denominator)
    return float(result)


def _fraction(number: Decimal | float) -> Fraction:
    if not math.isfinite(number):
        raise UnitError("a number that is not finite has no unit to convert")
    if isinstance(number, Decimal):
        return Fraction(number)
    return Fraction(repr(float(number)))


_INTEROP = "laboratory conversion factors"
_PER_MG = "(umol/L)/(mg/dL)"
_PER_MMOL = "(mg/dL)/(mmol/L)"
_WEIGHT = "g/mol"


def _molar(number: float, form: str, note: str) -> Value:
    return Value(number, form, _INTEROP, Standing.PROVISIONAL, note)


MOLAR_SOURCE = Source(
    "Conventional molar factors of clinical laboratories",
    note="common knowledge without one citable source; each is held to its formula weight"
    " (IUPAC standard atomic weights) within 0.1 % by the tests",
)
"""Where the factors of `MOLAR` come from."""

MOLAR: Mapping[str, Value] = MappingProxyType(
    {
        "sirolimus": _molar(914.17, _WEIGHT, "C51H79NO13"),
        "everolimus": _molar(958.2, _WEIGHT, "C53H83NO14"),
        "tacrolimus": _molar(804.0, _WEIGHT, "C44H69NO12, anhydrous"),
        "ciclosporin": _molar(1202.6, _WEIGHT, "C62H111N11O12"),
        "busulfan": _molar(246.3, _WEIGHT, "C6H14O6S2; 1 uM.min is 0.0041 mg.h/L"),
        "creatinine": _molar(88.42, _PER_MG, "C4H7N3O"),
        "bilirubin": _molar(17.1, _PER_MG, "C33H36N4O6"),
        "triglycerides": _molar(88.57, _PER_MMOL, "as triolein"),
        "hemoglobin": _molar(16110.0, _WEIGHT, "monomer: 1.611 g/dL in 1 mmol/L"),
        "glucose": _molar(18.016, _PER_MMOL, "C6H12O6"),
        "cholesterol": _molar(38.67, _PER_MMOL, "C27H46O"),
    }
)
"""Substances that convert between mass and molar units, with the factor as it is printed.

Their standing is that of a constant of arithmetic that has no single source to cite; it says
nothing about the measurement that is converted.
"""


def molar_mass(substance: str) -> Fraction:
    """Grams in one mole of a substance of `MOLAR`, from the factor as printed.

    Fails  UnitError for a substance without a factor.
    """
    if substance not in MOLAR:
        known = ", ".join(sorted(MOLAR))
        what = f"no molar factor is known for {substance}" if substance else "which substance it is"
        raise UnitError(f"mass and molar units convert only for {known}: {what}")
    value = MOLAR[substance]
    number = Fraction(repr(value.number))
    if value.unit == _PER_MG:
        return 10_000 / number
    if value.unit == _PER_MMOL:
        return 10 * number
    return number


def _bridge(start: Unit, end: Unit, substance: str) -> Fraction:
    """The factor between base units of two dimensions, where there is one."""
    pair = (start.dimension, end.dimension)
    if pair == ("mass/volume", "molar/volume"):
        return 1 / molar_mass(substance)
    if pair == ("molar/volume", "mass/volume"):
        return molar_mass(substance)
    # Exposures: mg.h in mmol.h is the same number of grams in a mole.
    if pair == ("mass.time/volume", "molar.time/volume"):
        return 1 / molar_mass(substance)
    if pair == ("molar.time/volume", "mass.time/volume"):
        return molar_mass(substance)
    # A urine protein-to-creatinine ratio: the molar part is creatinine.
    if pair == ("mass/molar", "mass/mass"):
        return 1 / molar_mass("creatinine")
    if pair == ("mass/mass", "mass/molar"):
        return molar_mass("creatinine")
    raise UnitError(_no_conversion(start, end))


def _no_conversion(start: Unit, end: Unit) -> str:
    dimensions = {start.dimension.split("/")[0].split(".")[0]} | {
        end.dimension.split("/")[0].split(".")[0]
    }
    opening = f"no conversion exists from {start.code} to {end.code}"
    if dimensions == {"atg_au", "atg_ue"}:
        return (
            f"{opening}: AU and UE of active ATG were never calibrated against each other;"
            " record each in the unit of its laboratory (atg_active_au, atg_active_ue)"
        )
    if dimensions & {"atg_au", "atg_ue"} and "mass" in dimensions:
        return (
            f"{opening}: active ATG in arbitrary units and total ATG in mass are different"
            " quantities; record total ATG as atg_total"
        )
    if dimensions == {"enzyme", "mass"}:
        return (
            f"{opening}: units of activity have no mass; soluble IL-2 receptor in pg/mL"
            " is soluble_il2r_mass"
        )
    if dimensions == {"enzyme", "copies"}:
        return f"{opening}: copies and international units differ by assay; ask for IU/mL"
    if start.dimension == "dimensionless":
        return f"{opening}: write the number with its unit, here one like {end.code}"
    if end.dimension == "dimensionless":
        plain = "a plain number" if end.code == "1" else f"a number in {end.code}"
        return f"{opening}: write {plain}, what is asked for here is no {start.dimension}"
    known = ", ".join(code for code, u in UNITS.items() if u.dimension == end.dimension)
    return f"{opening}: {start.code} is {start.dimension}; write one of {known}"


def per(unit_code: str) -> tuple[str, str]:
    """The unit without the body size it is given per, and that size: "" or "kg" or "m2".

    "mg/kg" -> ("mg", "kg"); "/kg" -> ("1", "kg"); "ug/m2/d" -> ("ug/d", "m2"); "mg" -> ("mg", "").

    Fails  UnitError for a unit that is not in the table.
    """
    code = unit(unit_code).code
    first, *below = code.split("/")
    for size in ("kg", "m2"):
        if size in below:
            below.remove(size)
            return unit("/".join([first, *below]) or "1").code, size
    return code, ""


def duration_hours(text: str) -> float:
    """Hours in a duration such as "6 h", "30 min", "28 d".

    A month is 30.4375 days and a year 365.25, as UCUM has them.

    Fails  UnitError for another unit, a negative or a censored number.
    """
    quantity = parse(text)
    if UNITS[quantity.unit].dimension != "time":
        raise UnitError(f"{text.strip()!r} is not a duration: write it in min, h, d or wk")
    if quantity.comparator or quantity.number < 0:
        raise UnitError(f"{text.strip()!r} is not a duration: write a number that is not negative")
    return float(convert(quantity.number, quantity.unit, "h"))


def write(number: Decimal | float, unit_code: str, comparator: str = "") -> str:
    """A quantity as `parse` reads it: "38.4 Cel", "<1.0 ng/mL", "0.5".

    A Decimal keeps its digits; a float prints as the shortest decimal that reads back the same.
    """
    shown = str(number) if isinstance(number, Decimal) else repr(float(number)).removesuffix(".0")
    shown = shown.replace("E", "e").replace("e+", "e")
    return f"{comparator}{shown}" if unit_code == "1" else f"{comparator}{shown} {unit_code}"


def rounded(number: float) -> str:
    """Three significant digits; below ten million never as a power of ten: "2000", "1.25"."""
    text = f"{number:.3g}"
    return f"{float(text):.0f}" if "e+" in text and abs(number) < 1e7 else text


def _spelled(text: str) -> str:
    """One spelling for signs that look alike: micro, multiplication, powers, blanks."""
    spelled = re.sub(r"\s+", "", text)
    spelled = spelled.replace("µ", "u").replace("μ", "u")
    spelled = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: "10^" + m[1].translate(_SUPERSCRIPT), spelled)
    spelled = spelled.translate(_SUPERSCRIPT)
    spelled = re.sub(r"[·⋅•]", ".", spelled)
    spelled = re.sub(r"(?<=[A-Za-z])[*×](?=[A-Za-z])", ".", spelled)
    spelled = _COUNTED.sub("", spelled)
    spelled = _POWER.sub(lambda m: f"10*{int(m[1])}", spelled)
    spelled = re.sub(r"^(10\*[0-9]+)(?:\{cells?\}|cells?)(?=/|$)", r"\1", spelled)
    return spelled or "1"


def _nearest(spelled: str) -> list[str]:
    found: list[str] = []
    names = [*UNITS, *ALIASES]
    lowered = {name.lower(): name for name in reversed(names)}
    for hit in difflib.get_close_matches(spelled.lower(), list(lowered), n=6, cutoff=0.5):
        name = lowered[hit]
        code = ALIASES.get(name, name)
        if code not in found:
            found.append(code)
    return found[:3]
