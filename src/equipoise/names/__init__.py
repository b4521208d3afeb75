"""The vocabulary: what is measured, found and given, with units, bounds, codes and aliases.

One list a file; here they are looked up. A name that is not in a list is refused, and the nearest
known name is suggested, whichever list it stands in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from equipoise.names.agents import (
    AGENTS,
    AGENTS_BY_RXNORM,
    AMBIGUOUS,
    AMBIGUOUS_RXNORM,
    GROUPS,
    VASOPRESSORS,
    Agent,
    in_group,
)
from equipoise.names.cells import (
    CELL_DOSE_KEYS,
    CELL_PRODUCTS,
    COVARIATES,
    DONORS,
    FORMULATIONS,
    INDICATIONS,
    PLATFORMS,
    PROCEDURES,
    PUBLISHED_DOSES,
    ROUTES,
    SOURCES,
    TRANSFUSIONS,
    CellDoseKey,
    CellProduct,
    Covariate,
    PublishedDose,
    unpublished,
)
from equipoise.names.doses import MOST_ACTIVITY, MOST_MASS, dose_refusal
from equipoise.names.findings import FINDINGS, OXYGEN_DEVICES, SYNDROMES, FindingName
from equipoise.names.measurements import (
    BY_LOINC,
    CONVENTION,
    CONVENTION_STANDING,
    LOINC_METHOD,
    LOINC_SEEN,
    MEASUREMENTS,
    Bounds,
    MeasurementName,
)

__all__ = [
    "AGENTS",
    "AGENTS_BY_RXNORM",
    "AMBIGUOUS",
    "AMBIGUOUS_RXNORM",
    "BY_LOINC",
    "CELL_DOSE_KEYS",
    "CELL_PRODUCTS",
    "CONVENTION",
    "CONVENTION_STANDING",
    "COVARIATES",
    "DONORS",
    "FINDINGS",
    "FORMULATIONS",
    "GROUPS",
    "INDICATIONS",
    "LOINC_METHOD",
    "LOINC_SEEN",
    "MEASUREMENTS",
    "MOST_ACTIVITY",
    "MOST_MASS",
    "OTHER_WORDS",
    "OXYGEN_DEVICES",
    "PLATFORMS",
    "PROCEDURES",
    "PUBLISHED_DOSES",
    "ROUTES",
    "SOURCES",
    "SYNDROMES",
    "TRANSFUSIONS",
    "VASOPRESSORS",
    "Agent",
    "Bounds",
    "CellDoseKey",
    "CellProduct",
    "Covariate",
    "FindingName",
    "MeasurementName",
    "PublishedDose",
    "UnknownName",
    "agent",
    "agent_of_rxnorm",
    "cell_dose_key",
    "cell_product",
    "choice",
    "covariate",
    "dose_refusal",
    "finding",
    "finding_value",
    "in_group",
    "measurement",
    "measurement_of_loinc",
    "nearest",
    "unpublished",
]


class UnknownName(ValueError):  # noqa: N818 - reads as what it is: an unknown name
    """A name outside the vocabulary; the message is one sentence that suggests the nearest."""


OTHER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "anc": "neutrophils",
        "neutrophil count": "neutrophils",
        "alc": "lymphocytes",
        "wbc": "leukocytes",
        "white cells": "leukocytes",
        "plt": "platelets",
        "hb": "hemoglobin",
        "hgb": "hemoglobin",
        "haemoglobin": "hemoglobin",
        "hct": "hematocrit",
        "temp": "temperature",
        "bp": "systolic",
        "sbp": "systolic",
        "dbp": "diastolic",
        "pulse": "heart_rate",
        "sao2": "spo2",
        "fio2": "oxygen_flow",
        "tg": "triglycerides",
        "sgot": "ast",
        "sgpt": "alt",
        "got": "ast",
        "gpt": "alt",
        "tbil": "bilirubin",
        "total bilirubin": "bilirubin",
        "scr": "creatinine",
        "scd25": "soluble_il2r",
        "sil2r": "soluble_il2r",
        "cd25": "soluble_il2r",
        "interleukin 6": "il6",
        "ifng": "ifn_gamma",
        "tnf": "tnf_alpha",
        "upcr": "urine_protein_creatinine",
        "cyclosporine": "ciclosporin",
        "mpa": "mycophenolate",
        "total mpa": "mycophenolate",
        "unbound mpa": "mycophenolate_unbound",
        "free mpa": "mycophenolate_unbound",
        "atg": "atg_active_au",
        "atg level": "atg_active_au",
        "chimerism": "donor_chimerism_whole",
        "ice": "ice_score",
        "capd": "capd_score",
        "pressors": "vasopressors",
        "oxygen": "oxygen_device",
        "gvhd": "agvhd_stage_skin",
    }
)
"""Words that people write for names of the vocabulary: suggested, never taken in their place."""


def measurement(name: str) -> MeasurementName:
    """The measurement of this name, spelled as in the vocabulary.

    Fails  UnknownName, with the nearest name suggested.
    """
    if name in MEASUREMENTS:
        return MEASUREMENTS[name]
    raise _unknown("measurement", name, list(MEASUREMENTS))


def finding(name: str) -> FindingName:
    """The finding of this name, spelled as in the vocabulary.

    Fails  UnknownName, with the nearest name suggested.
    """
    if name in FINDINGS:
        return FINDINGS[name]
    raise _unknown("finding", name, list(FINDINGS))


def agent(text: str) -> Agent:
    """The agent behind a name or an alias; case, blanks and hyphens do not count.

    Fails  UnknownName for a word that covers several agents ("ATG", "steroids"), saying what to
           write, and for anything else with the nearest name suggested.
    """
    key = _key(text)
    if key in _AGENT_BY_KEY:
        return _AGENT_BY_KEY[key]
    if key in _AMBIGUOUS_BY_KEY:
        raise UnknownName(f"{text!r} is not one agent: {_AMBIGUOUS_BY_KEY[key]}")
    raise _unknown("agent", text, _SPELLED_AGENTS)


def agent_of_rxnorm(code: str) -> Agent:
    """The agent behind an RxNorm concept.

    Fails  UnknownName where the concept is not in the vocabulary or covers several agents.
    """
    if code in AGENTS_BY_RXNORM:
        return AGENTS_BY_RXNORM[code]
    if code in AMBIGUOUS_RXNORM:
        raise UnknownName(f"RxNorm {code} is {AMBIGUOUS_RXNORM[code]}")
    raise UnknownName(f"RxNorm {code} is not in the vocabulary: give the name of the agent")


def measurement_of_loinc(code: str) -> MeasurementName:
    """The measurement behind a LOINC code; see `MeasurementName.unverified` for its standing.

    Fails  UnknownName where the code is not in the vocabulary.
    """
    if code in BY_LOINC:
        return BY_LOINC[code]
    raise UnknownName(f"LOINC {code} is not in the vocabulary: give the name of the measurement")


def cell_product(text: str) -> CellProduct:
    """The cell product behind a name or an alias; case, blanks and hyphens do not count.

    Fails  UnknownName, with the nearest name suggested.
    """
    key = _key(text)
    if key in _PRODUCT_BY_KEY:
        return _PRODUCT_BY_KEY[key]
    raise _unknown("cell product", text, _SPELLED_PRODUCTS)


def cell_dose_key(text: str) -> CellDoseKey:
    """The population counted in a cell dose; `CD34+` and `cd34` are `CD34`.

    Fails  UnknownName, with the nearest key suggested.
    """
    for name, known in CELL_DOSE_KEYS.items():
        if _key(name) == _key(text):
            return known
    raise _unknown("cell dose", text, list(CELL_DOSE_KEYS))


def covariate(name: str) -> Covariate | MeasurementName:
    """The covariate of this name, or the measurement that serves as one.

    Fails  UnknownName, with the nearest name suggested.
    """
    if name in COVARIATES:
        return COVARIATES[name]
    if name in MEASUREMENTS:
        return MEASUREMENTS[name]
    raise _unknown("covariate", name, [*COVARIATES, *MEASUREMENTS])


def choice(kind: str, text: str, known: Iterable[str]) -> str:
    """A word out of a closed list (`DONORS`, `PLATFORMS`, ...), as it stands there.

    kind  what it is, for the message: "donor"

    Fails  UnknownName, with the nearest word suggested.
    """
    words = list(known)
    for word in words:
        if _key(word) == _key(text):
            return word
    raise _unknown(kind, text, words, everywhere=False)


def finding_value(name: str, value: object) -> object:
    """The value of a finding, checked against its kind; agents come back by their own names.

    boolean -> bool; choice -> one of its choices; list -> tuple of names; grade -> int;
    boolean_or_text -> bool or str; recorded -> dict with `criterion` and `grade`.

    Fails  UnknownName for a word outside the choices, ValueError for a value of another kind.
    """
    known = finding(name)
    if known.kind in ("boolean", "boolean_or_text") and isinstance(value, bool):
        return value
    if known.kind in ("boolean_or_text", "text") and isinstance(value, str) and value.strip():
        return value.strip()
    if known.kind == "choice" and isinstance(value, str):
        return _of_choices(known, value)
    if known.kind == "list" and isinstance(value, list | tuple):
        return tuple(_list_item(known, item) for item in value)
    if known.kind == "grade" and isinstance(value, int) and not isinstance(value, bool):
        low, high = known.bounds or (value, value)
        if low <= value <= high:
            return value
    if (
        known.kind == "recorded"
        and isinstance(value, Mapping)
        and set(value) == {"criterion", "grade"}
        and isinstance(value["criterion"], str)
    ):
        return dict(value)
    raise ValueError(f"{name} cannot be {value!r}: write {_expected(known)}")


def nearest(text: str, known: Iterable[str]) -> str:
    """The name among `known` that is most like the text; "" where none is near."""
    names = {_key(name): name for name in known}
    meant = OTHER_WORDS_BY_KEY.get(_key(text), "")
    if _key(meant) in names:
        return names[_key(meant)]
    found = difflib.get_close_matches(_key(text), list(names), n=1, cutoff=0.6)
    return names[found[0]] if found else ""


def _of_choices(known: FindingName, value: str) -> str:
    if value in known.choices:
        return value
    # Plus and minus carry the meaning of a serostatus; elsewhere only case and joints vary.
    if any(_key(a) == _key(b) for a in known.choices for b in known.choices if a != b):
        by_case = {word.lower(): word for word in known.choices}
        if value.lower() in by_case:
            return by_case[value.lower()]
        raise _unknown(known.name, value, known.choices, everywhere=False)
    return choice(known.name, value, known.choices)


def _list_item(known: FindingName, item: object) -> str:
    if not isinstance(item, str):
        raise ValueError(f"{known.name} cannot hold {item!r}: write {_expected(known)}")
    if known.name == "vasopressors":
        given = agent(item).name
        if given not in known.choices:
            raise UnknownName(f"{given} is no vasopressor: one of {', '.join(known.choices)}")
        return given
    return choice(known.name, item, known.choices)


def _expected(known: FindingName) -> str:
    if known.kind == "choice":
        return f"one of {', '.join(known.choices)}"
    if known.kind == "list":
        return f"a list of {', '.join(known.choices)}; an empty list means none"
    if known.kind == "grade" and known.bounds:
        return f"a whole number from {known.bounds[0]} to {known.bounds[1]}"
    if known.kind == "recorded":
        return 'an object with "criterion" and "grade"'
    return "true or false" if known.kind == "boolean" else "true, false or a word"


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _unknown(
    kind: str, text: str, known: Iterable[str] | Mapping[str, str], *, everywhere: bool = True
) -> UnknownName:
    """The error for a name, with the nearest; `known` are names, or spellings and their names."""
    words = dict(known) if isinstance(known, Mapping) else {word: word for word in known}
    opening = f"unknown {kind} {text!r}"
    near = nearest(text, words)
    meant = _key(OTHER_WORDS_BY_KEY.get(_key(text), text))
    if everywhere and not (near and _key(near) == meant):
        other, name = _exactly_elsewhere(text)
        if name in words:
            return UnknownName(f"{opening}: the nearest known is {name!r}")
        if other:
            return UnknownName(f"{opening}: {name!r} is {_a(other)}, not {_a(kind)}")
    if near:
        return UnknownName(f"{opening}: the nearest known is {words[near]!r}")
    if not everywhere:
        return UnknownName(f"{opening}: one of {', '.join(words)}")
    for other, names in _LISTS:
        near = nearest(text, names)
        if near:
            return UnknownName(f"{opening}: the nearest known is the {other} {names[near]!r}")
    return UnknownName(f"{opening}: nothing near it is in the vocabulary")


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _exactly_elsewhere(text: str) -> tuple[str, str]:
    """Another list in which this very name stands, and the name; ("", "") where none has it."""
    key = _key(text)
    for other, names in _LISTS:
        for word, name in names.items():
            if _key(word) == key:
                return other, name
    return "", ""


OTHER_WORDS_BY_KEY: Mapping[str, str] = MappingProxyType(
    {_key(word): name for word, name in OTHER_WORDS.items()}
)
"""`OTHER_WORDS` without case, blanks and signs."""

_SPELLED_AGENTS: dict[str, str] = {
    word: known.name for known in AGENTS.values() for word in (known.name, *known.aliases)
}
_SPELLED_PRODUCTS: dict[str, str] = {
    word: known.name for known in CELL_PRODUCTS.values() for word in (known.name, *known.aliases)
}
_AGENT_BY_KEY = {_key(word): AGENTS[name] for word, name in _SPELLED_AGENTS.items()}
_PRODUCT_BY_KEY = {_key(word): CELL_PRODUCTS[name] for word, name in _SPELLED_PRODUCTS.items()}
_AMBIGUOUS_BY_KEY = {_key(word): remedy for word, remedy in AMBIGUOUS.items()}
_LISTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("measurement", {name: name for name in MEASUREMENTS}),
    ("finding", {name: name for name in FINDINGS}),
    ("agent", _SPELLED_AGENTS),
    ("cell product", _SPELLED_PRODUCTS),
    ("cell dose", {name: name for name in CELL_DOSE_KEYS}),
    ("procedure", {name: name for name in PROCEDURES}),
    ("covariate", {name: name for name in COVARIATES}),
)
