"""The pages of the shelf say what the tables say, and every boundary that they show holds."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from equipoise import criteria, models, units
from equipoise.truth import Limit, Truth

ROOT = Path(__file__).resolve().parents[2]


def _maker(name: str) -> ModuleType:
    place = ROOT / "docs" / "shelf" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


MAKER, CARDS = _maker("make_pages"), _maker("model_cards")


def test_the_pages_are_those_of_the_shelf_as_it_is() -> None:
    _up_to_date(MAKER.pages(), ROOT / "docs" / "shelf" / "criteria")


def test_the_cards_are_those_of_the_models_as_they_are() -> None:
    _up_to_date(CARDS.cards(), ROOT / "docs" / "shelf" / "models")


def _up_to_date(made: Mapping[str, str], folder: Path) -> None:
    there = {p.name: p.read_text(encoding="utf-8") for p in folder.glob("*.md")}
    stale = [name for name in {*made, *there} if made.get(name) != there.get(name)]
    assert not stale, f"{sorted(stale)}: run python docs/shelf/make_pages.py"


@pytest.mark.parametrize("criterion", criteria.ALL, ids=lambda c: c.id)
def test_every_boundary_turns_between_the_two_values_on_its_page(criterion) -> None:
    for name, limit in MAKER.limits_of(MAKER.module_of(criterion)):
        for printed in limit.printed:
            alone = Limit(limit.relation, (printed,), limit.substance)
            met, unmet = (units.parse(alone.example(met=side)) for side in (True, False))
            assert limit.met_by(met) is Truth.MET, (name, printed)
            assert limit.met_by(unmet) is Truth.NOT_MET, (name, printed)
            apart = abs(Decimal(met.number) - Decimal(unmet.number))
            assert apart == Decimal(1).scaleb(Decimal(printed[0]).as_tuple().exponent)


def test_the_rounding_gaps_that_the_sources_leave_are_listed() -> None:
    by_id = {c.id: MAKER.page(c) for c in criteria.ALL}
    assert "34 umol/L is 1.988 mg/dL" in by_id["vod_ebmt2016"]
    assert "3.0 mmol/L is 265.7 mg/dL" in by_id["hlh_2004"]
    assert "None: each limit" in by_id["car_hematotox_2021"]


def test_a_test_is_found_by_the_values_it_names_and_by_no_other() -> None:
    hscore = next(c for c in criteria.ALL if c.id == "hscore_2014")
    found = {b.name: b for b in MAKER.boundaries(hscore)}
    assert found["TEMPERATURE 1"].met
    assert found["TEMPERATURE 1"].unmet
    made_up = Limit(">=", (("987654", "ng/mL"),))
    tests = MAKER.tests_of(ROOT / "tests" / "published" / "test_hscore_2014.py")
    assert not any(MAKER._names(test, made_up, met=True) for test in tests)


@pytest.mark.parametrize("model", models.ALL, ids=lambda m: m.id)
def test_a_card_says_all_that_a_reader_may_ask(model) -> None:
    card = CARDS.card(model)
    assert model.external_validation in card
    assert model.because in card
    for trap in model.traps:
        assert trap in card
    rows = [line for line in card.splitlines() if line.startswith("| ")]
    for name, value in model.thetas.items():
        (row,) = [r for r in rows if r.startswith(f"| {name} | {value.number:.6g} |")]
        assert value.where.replace("|", "\\|").strip() in row
    for check in model.checks:
        here = check.compute(model)
        assert abs(here / check.expected - 1.0) <= check.tolerance
        assert any(f"| {check.expected:.4g} {check.unit} | {here:.4g} " in r for r in rows)
    for line in card.splitlines():
        assert " nan " not in line
