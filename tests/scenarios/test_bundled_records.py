"""The bundled records: readable, exact in both forms, faithful to their source, made again."""

from __future__ import annotations

import importlib.util
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from equipoise import files
from equipoise.examples import BUNDLED, Bundled, path
from equipoise.names import PLATFORMS
from equipoise.record import HOURS_PER_DAY, Dose, Finding, Kept, Measurement, Record

ROOT = Path(__file__).resolve().parents[2]
CASE_A = "tisagenlecleucel_case_a"
MADE_UP = (
    "sirolimus_adult",
    "sirolimus_child_12kg",
    "atg_adult_unrelated",
    "atg_haploidentical",
    "busulfan_adult",
    "falling_chimerism",
    "microtransplant_older_aml",
)

each = pytest.mark.parametrize("bundled", BUNDLED, ids=lambda b: b.name)


def read(name: str) -> Record:
    return files.read_record(path(name))[0]


def moment(record: Record, text: str) -> float:
    """Hours of a WHEN as the table of bundled records writes it."""
    found = re.fullmatch(r"day([+-]\d+)T(\d\d:\d\d)", text)
    if found is None:
        return float(text)
    day, clock = int(found[1]), datetime.strptime(found[2], "%H:%M")
    start = record.day0.replace(hour=clock.hour, minute=clock.minute)
    return (start - record.day0).total_seconds() / 3600.0 + HOURS_PER_DAY * day


def at_demo(bundled: Bundled) -> tuple[Record, float]:
    record = read(bundled.name)
    at = moment(record, bundled.at)
    return record.until(at), at


def by_name(name: str) -> Bundled:
    return next(b for b in BUNDLED if b.name == name)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "make_examples", ROOT / "examples" / "make_examples.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- every record -------------------------------------------------------------------------


def test_the_table_and_the_folder_hold_the_same_records() -> None:
    folder = path(BUNDLED[0].name).parent
    assert {b.file for b in BUNDLED} == {p.name for p in folder.glob("*.json")}
    assert {b.name for b in BUNDLED} == {CASE_A, *MADE_UP}
    assert len({read(b.name).id for b in BUNDLED}) == len(BUNDLED)


@each
def test_each_is_read_without_refusal(bundled: Bundled) -> None:
    record, report = files.import_record(path(bundled.name))
    assert record is not None
    assert report.counts["refused"] == 0
    assert report.counts["accepted"] == report.counts["events"] == len(record.events) > 10
    assert files.read_record(path(bundled.file))[0] == record


@each
def test_each_goes_round_in_both_forms(bundled: Bundled, tmp_path: Path) -> None:
    record = read(bundled.name)
    for ending in ("json", "csv"):
        written = tmp_path / f"copy.{ending}"
        files.write_record(record, written)
        assert files.read_record(written)[0] == record
    text = path(bundled.name).read_text(encoding="utf-8")
    assert (tmp_path / "copy.json").read_text(encoding="utf-8") == text


@each
def test_each_has_a_page_that_says_where_it_comes_from(bundled: Bundled) -> None:
    page = path(bundled.name).with_suffix(".md").read_text(encoding="utf-8")
    assert page.startswith(f"# {bundled.name}: ")
    if bundled.name == CASE_A:
        assert "Authorea preprint" in page
        assert "no DOI was found" in page
    else:
        assert "Nobody's chart" in page
        assert "made up" in bundled.title
    assert bundled.name in (ROOT / "examples" / "README.md").read_text(encoding="utf-8")


@each
def test_every_value_says_when_it_was_known_and_ids_are_pseudonyms(bundled: Bundled) -> None:
    record = read(bundled.name)
    assert all(event.known is not None for event in record.events)
    assert record.id == "bundled-" + bundled.name.replace("_", "-")
    assert record.born is not None


@each
def test_the_demonstration_looks_inside_the_record(bundled: Bundled) -> None:
    past, at = at_demo(bundled)
    whole = read(bundled.name)
    assert min(e.at for e in whole.events) <= at <= max(e.at for e in whole.events)
    assert past.events
    assert bundled.look


def test_only_the_atg_records_are_for_research() -> None:
    assert {b.name for b in BUNDLED if b.research} == {"atg_adult_unrelated", "atg_haploidentical"}


def test_an_unknown_record_is_refused_with_the_known_ones() -> None:
    assert path("sirolimus_adult") == path("sirolimus_adult.json")
    with pytest.raises(ValueError, match="sirolimus_adult"):
        path("sirolimus_adul")


# --- the published patient ----------------------------------------------------------------

PRINTED_VALUES = [
    (0, "ferritin", "6905 ng/mL", 6905.0, ""),
    (14, "ferritin", "800000 ng/mL", 800_000.0, ""),
    (14, "car_cells", "4141 /mL", 4.141, ""),
    (14, "soluble_il2r_mass", ">10000 pg/mL", 10_000.0, ">"),
    (14, "il18", ">10000 pg/mL", 10_000.0, ">"),
    (14, "ifn_gamma", "1365 pg/mL", 1365.0, ""),
    (14, "tnf_alpha", "241 pg/mL", 241.0, ""),
]
PRINTED_FINDINGS = [
    (0, 0.0, "fever", False),
    (0, 6.0, "recorded_grade", {"criterion": "crs_astct2019", "grade": 1}),
    (2, 48.0, "recorded_grade", {"criterion": "crs_astct2019", "grade": 2}),
    (2, 48.0, "antipyretic_or_anticytokine", True),
    (11, 264.0, "fever", True),
    (11, 264.0, "oxygen_device", "high_flow"),
    (47, 1128.0, "progression", "proven"),
    (47, 1128.0, "death", "necrotizing pancreatitis"),
]
INFERRED_FINDINGS = [(0, 6.0, "fever", True)]
PRINTED_DOSES = [
    (2, "tocilizumab", ""),
    *((14, "dexamethasone", "20 mg"),) * 2,
    *((15, "dexamethasone", "20 mg"),) * 2,
    *((day, "anakinra", "100 mg") for day in (15, 15, 16, 16, 17, 17)),
    (15, "etoposide", ""),
    (18, "etoposide", ""),
]
KEPT = [
    (11, "impaired_renal_function"),
    (11, "impaired_liver_function"),
    (11, "coagulopathy"),
]


def test_case_a_is_the_man_of_22_treated_in_2020() -> None:
    record = read(CASE_A)
    assert record.sex == "male"
    assert record.indication == "cart"
    assert record.day0.year == 2020
    age = record.age_at(0.0)
    assert age is not None
    assert int(age) == 22
    assert [(c.product, c.at, c.doses) for c in record.cells()] == [("tisagenlecleucel", 0.0, ())]


def test_case_a_holds_the_printed_values_on_their_days_and_no_others() -> None:
    record = read(CASE_A)
    found = [
        (record.calendar_day(m.at), m.name, m.text, pytest.approx(m.number), m.censored)
        for m in record.events
        if isinstance(m, Measurement)
    ]
    assert found == PRINTED_VALUES


def test_case_a_holds_the_printed_findings_and_one_inferred() -> None:
    record = read(CASE_A)
    found = [
        (record.calendar_day(f.at), f.at, f.name, f.value)
        for f in record.events
        if isinstance(f, Finding)
    ]
    expected = sorted(PRINTED_FINDINGS + INFERRED_FINDINGS, key=lambda f: f[1])
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_case_a_holds_the_printed_doses_and_keeps_the_rest_as_text() -> None:
    record = read(CASE_A)
    doses = [d for d in record.events if isinstance(d, Dose)]
    found = [(record.calendar_day(d.at), d.agent, d.amount.text if d.amount else "") for d in doses]
    assert sorted(found) == sorted(PRINTED_DOSES)
    steroid = [d.at for d in record.doses("dexamethasone")]
    assert [later - earlier for earlier, later in pairwise(steroid)] == [6.0] * 3
    blocker = [d.at for d in record.doses("anakinra")]
    assert [later - earlier for earlier, later in pairwise(blocker)] == [12.0] * 5
    assert [record.calendar_day(s.at) for s in record.stops("dexamethasone")] == [44]
    kept = [(record.calendar_day(k.at), k.name) for k in record.events if isinstance(k, Kept)]
    assert kept == KEPT
    assert record.calendar_day(record.end) == 47


def test_case_a_knows_nothing_of_the_second_wave_on_day_10() -> None:
    past = read(CASE_A).until(10 * HOURS_PER_DAY)
    assert [m.number for m in past.measurements("ferritin")] == [6905.0]
    assert past.findings("oxygen_device") == ()
    assert past.agents() == ("tocilizumab",)
    assert past.death(10 * HOURS_PER_DAY) is None


# --- the made-up ones ---------------------------------------------------------------------


def test_the_made_up_ones_are_made_again_to_the_byte(script: ModuleType, tmp_path: Path) -> None:
    written = script.write(tmp_path)
    assert {p.stem for p in written} == set(MADE_UP)
    for made in written:
        assert made.read_bytes() == path(made.stem).read_bytes(), made.stem


def test_another_seed_makes_another_patient(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = [m.number for m in read("sirolimus_adult").measurements("sirolimus")]
    monkeypatch.setattr(script, "SEED", script.SEED + 1)
    other = [m.number for m in script.sirolimus_adult().measurements("sirolimus")]
    assert len(other) == len(shipped) == 2
    assert other != shipped


def test_the_seed_is_the_one_its_rule_gives(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(1, 5):
        monkeypatch.setattr(script, "SEED", seed)
        early, late = (m.number for m in script.sirolimus_adult().measurements("sirolimus"))
        assert (early < 5.0 <= late <= 15.0) == (seed == 4)


@pytest.mark.parametrize("name", MADE_UP)
def test_the_pages_name_the_seed_of_what_was_simulated(script: ModuleType, name: str) -> None:
    page = path(name).with_suffix(".md").read_text(encoding="utf-8")
    drawn = any(e.of for e in read(name).events if hasattr(e, "of"))
    assert (f"seed {script.SEED}" in page) == drawn


def test_the_adult_has_two_troughs_and_posaconazole_tomorrow() -> None:
    past, at = at_demo(by_name("sirolimus_adult"))
    levels = past.measurements("sirolimus")
    assert [past.calendar_day(m.at) for m in levels] == [4, 14]
    assert all(m.known == m.at + 24.0 and m.method == "LC-MS/MS" for m in levels)
    given = past.given("sirolimus", at, unit="mg")
    assert [d.amount for d in given] == [2.0] * 16
    assert past.pending("sirolimus", at) == ()
    assert past.given_doses("posaconazole", at) == ()
    azole = past.planned("posaconazole", at, unit="mg")
    assert [past.calendar_day(d.at) for d in azole[:2]] == [16, 16]
    assert {d.amount for d in azole} == {300.0}
    assert past.planned("sirolimus", at, unit="mg")[0].at == azole[0].at
    assert past.cells() == ()
    # Planned doses stay planned, whatever time passes.
    later = read("sirolimus_adult").until(at + 10 * HOURS_PER_DAY)
    assert later.given_doses("posaconazole", at + 10 * HOURS_PER_DAY) == ()


def test_posaconazole_is_not_seen_before_it_was_ordered() -> None:
    record = read("sirolimus_adult")
    noon = moment(record, "day+15T12:00")
    assert "posaconazole" not in record.until(noon).agents()


def test_the_early_trough_was_not_yet_known_on_day_4() -> None:
    record = read("sirolimus_adult")
    evening = moment(record, "day+4T18:00")
    past = record.until(evening)
    assert past.measurements("sirolimus") == ()
    assert [past.calendar_day(p.at) for p in past.pending("sirolimus", evening)] == [4]


def test_the_child_has_a_loading_dose_ahead_and_nothing_given() -> None:
    past, at = at_demo(by_name("sirolimus_child_12kg"))
    assert past.given_doses("sirolimus", at) == ()
    assert [d.amount for d in past.planned("sirolimus", at, unit="mg")] == [2.25] + [0.75] * 13
    assert past.value_at("weight", at) == 12.0
    bilirubin = past.latest("bilirubin", at)
    assert bilirubin is not None
    assert bilirubin.text == "30 umol/L"
    assert bilirubin.number == pytest.approx(1.754, abs=1e-3)
    age = past.age_at(at)
    assert age is not None
    assert 3.0 <= age < 4.0


@pytest.mark.parametrize(
    ("name", "platform", "per_dose", "awaited"),
    [
        ("atg_adult_unrelated", "adult_unrelated", 93.75, [-2]),
        ("atg_haploidentical", "haploidentical_replete", 162.5, []),
    ],
)
def test_the_atg_records(name: str, platform: str, per_dose: float, awaited: list[int]) -> None:
    past, at = at_demo(by_name(name))
    assert past.platform == platform
    assert platform in PLATFORMS
    assert [d.amount for d in past.given("thymoglobulin", at, unit="mg")] == [per_dose] * 3
    ahead = past.planned("thymoglobulin", at, unit="mg")
    assert [d.amount for d in ahead] == [per_dose]
    assert [past.calendar_day(m.at) for m in past.measurements("atg_active_au")] == [-4, -3]
    assert [past.calendar_day(p.at) for p in past.pending("atg_active_au", at)] == awaited
    assert past.measurements("atg_active_ue") == ()
    graft = past.cells("graft")
    assert [(c.at, c.status) for c in graft] == [(0.0, "planned")]
    # Whatever is awaited arrives before the last dose that can still be changed.
    results = [m.known for m in read(name).measurements("atg_active_au")]
    assert all(known is not None and known < ahead[0].at for known in results)


def test_the_third_level_of_the_adult_comes_the_next_morning() -> None:
    record = read("atg_adult_unrelated")
    at = moment(record, "day-1T08:00")
    assert len(record.until(at).measurements("atg_active_au")) == 3
    assert record.until(at).pending("atg_active_au", at) == ()


def test_the_microtransplant_record_has_values_on_both_sides_of_the_limit() -> None:
    past, at = at_demo(by_name("microtransplant_older_aml"))
    assert past.platform == "microtransplant"
    cells = past.cells("microtransplant")
    assert [(c.course, c.status) for c in cells] == [(1, ""), (2, ""), (3, "planned")]
    values = past.measurements("donor_chimerism_whole", end=at)
    assert [m.censored for m in values if m.method == "dPCR"] == ["", "", "<", "", "", "<"]
    assert all(m.limit is not None for m in values)
    same_day = [m for m in values if past.calendar_day(m.at) == 14]
    assert {m.method: m.censored for m in same_day} == {"dPCR": "", "STR": "<"}
    # What follows chemotherapy by 26 h is charted so.
    for c in cells[:2]:
        last = max(d.at + d.duration for d in past.doses() if d.at < c.at)
        assert c.after == pytest.approx(c.at - last)
