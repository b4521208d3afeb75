"""A dose that cannot be one: refused everywhere; what is given in print: never."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from command_shell import PLAN, Shell
from equipoise import examples, files, models, targets, units
from equipoise.names import AGENTS, MOST_ACTIVITY, MOST_MASS, agent, dose_refusal
from equipoise.names.doses import LIGHT, SMALL
from equipoise.record import Dose
from equipoise.strategy import StrategyError, parse_strategy

ROOT = Path(__file__).resolve().parents[2]
SAID = "is above what one dose can be"

# Large doses as they are given: agent, amount, hours, when.
LARGE = [
    ("sirolimus", "40 mg", 0, "label: a load is at most 40 mg in a day"),
    ("thymoglobulin", "15 mg/kg", 0, "Blood 2001;98:2942, the whole course as if it were one dose"),
    ("grafalon", "60 mg/kg", 0, "Swiss label, the whole course as if it were one dose"),
    ("alemtuzumab", "1 mg/kg", 0, "the whole course as if it were one dose"),
    ("busulfan", "16 mg/kg", 0, "four days of 4 mg/kg as if they were one dose"),
    ("blinatumomab", "28 ug/d", 672, "label"),
    ("blinatumomab", "15 ug/m2/d", 672, "label"),
    ("cyclophosphamide", "60 mg/kg", 0, "Dey and others"),
    ("thiotepa", "4 mg/kg", 0, "protocol of 2008"),
    ("immunoglobulin", "2 g/kg", 0, "two days of 1 g/kg"),
    ("methylprednisolone", "30 mg/kg", 0, "pulse"),
    ("cytarabine", "3 g/m2", 0, "high dose"),
    ("methotrexate", "12 g/m2", 0, "high dose"),
    ("noradrenaline", "3 ug/kg/min", 24, "refractory shock"),
    ("defibrotide", "25 mg/kg", 0, "the daily dose as if it were one"),
    ("tocilizumab", "8 mg/kg", 0, "label"),
    ("anakinra", "10 mg/kg", 0, "second line of IEC-HS, a day"),
    ("everolimus", "10 mg", 0, "de Wit 2016"),
    ("treosulfan", "14 g/m2", 0, "label"),
]


def test_every_agent_has_a_bound_of_mass() -> None:
    assert set(MOST_MASS) == set(AGENTS)
    assert set(MOST_ACTIVITY) <= set(AGENTS)
    for bound in MOST_MASS.values():
        digits = f"{bound.number:f}".strip("0")
        assert units.UNITS[bound.unit].dimension == "mass"
        assert digits in ("1", "3")
    assert {units.UNITS[b.unit].dimension for b in MOST_ACTIVITY.values()} == {"activity"}


@pytest.mark.parametrize(("name", "amount", "hours", "where"), LARGE)
def test_three_times_a_large_dose_passes_and_ten_thousand_times_does_not(
    name: str, amount: str, hours: float, where: str
) -> None:
    """Also for 150 kg and 2.5 m2."""
    found = units.parse(amount)
    heavy = {"weight": 150.0, "surface": 2.5}
    for factor, refused in ((1, False), (3, False), (10_000, True)):
        more = units.parse(f"{found.number * factor} {found.unit}")
        for body in ({}, heavy):
            assert bool(dose_refusal(name, more, hours=hours, **body)) is refused, (factor, where)


def test_doses_of_every_bundled_and_documented_record_pass() -> None:
    records = [files.read_record(examples.path(each.file))[0] for each in examples.BUNDLED]
    checked = 0
    for record in records:
        for event in record.events:
            if isinstance(event, Dose):
                for entered in (event.amount, event.rate):
                    if entered is not None:
                        refusal = dose_refusal(event.agent, entered, hours=event.duration)
                        assert not refusal
                        checked += 1
    assert checked > 50


def test_doses_in_the_text_of_the_shelves_pass() -> None:
    """A name of an agent with an amount right behind it, wherever the package says one."""
    words = "|".join(sorted(AGENTS, key=len, reverse=True))
    said = re.compile(rf"\b({words}) (?:at )?(\d+(?:\.\d+)? (?:mg|ug|g)(?:/kg|/m2)?)(?:/d|\b)")
    found = [
        hit
        for file in sorted((ROOT / "src" / "equipoise").rglob("*.py"))
        for hit in said.findall(file.read_text(encoding="utf-8"))
    ]
    assert len(found) > 20
    for name, amount in found:
        assert not dose_refusal(agent(name).name, units.parse(amount)), (name, amount)


def test_a_dose_per_size_is_held_against_the_size_or_a_small_one() -> None:
    bound = float(MOST_MASS["sirolimus"].number) * 1000.0  # mg
    at = units.parse(f"{bound / LIGHT:g} mg/kg")
    above = units.parse(f"{1.01 * bound / LIGHT:g} mg/kg")
    assert not dose_refusal("sirolimus", at)
    assert dose_refusal("sirolimus", above)
    assert not dose_refusal("sirolimus", above, weight=10.0)
    assert dose_refusal("sirolimus", units.parse(f"{1.01 * bound / SMALL:g} mg/m2"))
    assert not dose_refusal(
        "sirolimus", units.parse(f"{1.01 * bound / SMALL:g} mg/m2"), surface=0.5
    )


def test_of_a_long_infusion_a_day_counts() -> None:
    month = units.parse("270 mg")  # 9.6 mg a day
    assert dose_refusal("blinatumomab", month)
    assert not dose_refusal("blinatumomab", month, hours=672.0)
    said = dose_refusal("blinatumomab", units.parse("28 mg/d"), hours=672.0)
    assert said == (
        "blinatumomab is above what a day of it can be (10 mg): check the number and its unit"
    )
    # A push of minutes is no day of it.
    assert not dose_refusal("noradrenaline", units.parse("100 ug/kg/min"), hours=0.1)


def test_units_of_activity_and_agents_without_a_bound() -> None:
    assert not dose_refusal("heparin", units.parse("50000 U"))
    assert "(1 000 000 U)" in dose_refusal("heparin", units.parse("5000 kU"))
    assert not dose_refusal("sirolimus", units.parse("1e9 U"))
    assert not dose_refusal("nobodys_drug", units.parse("1e9 kg"))


# --- where doses come in --------------------------------------------------------------------------


def record_with(**dose: Any) -> dict[str, Any]:
    return {
        "equipoise": 1, "id": "p", "day0": "2025-03-10T10:00:00+01:00", "born": "1990-04-01",
        "events": [{"type": "dose", "at": 0, "agent": "sirolimus", **dose}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dose", "field"),
    [
        ({"amount": "2 kg"}, "events[0].amount"),
        ({"amount": "2 g", "status": "planned", "known": -1}, "events[0].amount"),
        ({"rate": "2000 g/d", "duration": "24 h"}, "events[0].rate"),
    ],
)
def test_a_record_names_the_field(
    shell: Shell, tmp_path: Path, dose: dict[str, Any], field: str
) -> None:
    place = tmp_path / "r.json"
    place.write_text(json.dumps(record_with(**dose)), encoding="utf-8")
    said = shell.wrong("assess", place, "--at", "24")
    assert field in said
    assert SAID in said
    assert "check the number and its unit" in said
    code, out, _ = shell("validate", place)
    assert code == 1
    assert SAID in " ".join(out.split())


def test_a_table_names_the_row(shell: Shell, tmp_path: Path) -> None:
    place = tmp_path / "r.csv"
    place.write_text(
        "record,type,at,name,value,agent,amount\np,header,,day0,2025-03-10T10:00:00+01:00,,\n"
        "p,dose,0,,,sirolimus,2 kg\n",
        encoding="utf-8",
    )
    _, out, err = shell("validate", place)
    assert SAID in " ".join((out + err).split())


def test_a_dose_line_is_refused(shell: Shell) -> None:
    said = shell.wrong(
        "simulate", "sirolimus_wu2012", "--dose", "2 kg oral", "--times", "24",
        "--covariate", "weight=70",
    )  # fmt: skip
    assert said.startswith("--dose '2 kg oral': ")
    assert SAID in said


@pytest.mark.parametrize(
    ("offer", "key"),
    [
        ('amounts = ["2 mg", "2 kg"]', "amounts"),
        ('amounts = ["2 mg"]\nloading = ["6 kg"]', "loading"),
        ('vial = "100 g"\nmost = "200 g"', "amounts"),
    ],
)
def test_an_offer_names_its_key(shell: Shell, tmp_path: Path, offer: str, key: str) -> None:
    place = tmp_path / "offer.toml"
    place.write_text(f'{offer}\ninterval = "24 h"\nroute = "oral"\n', encoding="utf-8")
    said = shell.wrong(*PLAN, "--offer", place)
    assert said.startswith(f"offer: {key}: ")
    assert SAID in said


STRATEGY = {
    "strategy": "fixed", "agent": "thymoglobulin", "source": "tests", "times": [-96, -72],
    "fixed": {"per_kg": "1.5 mg/kg"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"fixed": {"per_kg": "1.5 g/kg"}}, "fixed.per_kg"),
        ({"most": "1 kg"}, "most"),
        ({"vial": "25 g"}, "vial"),
        (
            {"strategy": "banded", "fixed": None,
             "band": [{"weight": ["0 kg"], "per_kg": "6 g/kg"}]},
            "band.per_kg",
        ),
        (
            {"strategy": "a_priori", "fixed": None,
             "model": {"id": "atg_thymoglobulin_linear", "per_kg": ["1 g/kg"],
                       "targets": ["thymoglobulin_adult_unrelated_post_60_90"]}},
            "model.per_kg",
        ),
    ],
)  # fmt: skip
def test_a_strategy_names_its_key(changed: dict[str, Any], key: str) -> None:
    content = {k: v for k, v in {**STRATEGY, **changed}.items() if v is not None}
    with pytest.raises(StrategyError, match=rf"^strategy: {key}: thymoglobulin {SAID}"):
        parse_strategy(content, {m.id: m for m in models.ALL}, {t.id: t for t in targets.ALL})


def test_the_page_of_conventions_shows_every_bound() -> None:
    text = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- doses: begin -->")[2].partition("<!-- doses: end -->")[0]
    rows = dict(re.findall(r"^\| ([\d ]+ \w+) \| (.+) \|$", shown, re.MULTILINE))
    found: dict[str, set[str]] = {}
    for bounds in (MOST_MASS, MOST_ACTIVITY):
        for name, bound in bounds.items():
            key = f"{bound.number:,f} {bound.unit}".replace(",", " ")
            found.setdefault(key, set()).add(name)
    assert {bound: set(listed.split(", ")) for bound, listed in rows.items()} == found
