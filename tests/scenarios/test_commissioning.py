""" "Commission with 60 courses of mine": from CSV to page, to formulary, to the note at the bed."""

from __future__ import annotations

import csv
import html
import importlib.util
import json
import re
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from command_shell import ADULT, ATG, CHILD, NOW, TOMORROW, Shell
from equipoise import examples, files, units
from equipoise.assess import assess
from equipoise.bedside import bedside_note
from equipoise.charting import read_conventions
from equipoise.formulary import (
    NOT_APPROVED,
    Formulary,
    FormularyError,
    assess_approved,
    parse_formulary,
    version_of,
    versions,
    write,
)
from equipoise.record import Measurement, Record
from equipoise.report.bedside import note_page, note_text
from equipoise.shelves import SHELVES

ROOT = Path(__file__).resolve().parents[2]
SITE_CSV = ROOT / "examples" / "site_sirolimus.csv"
CHENG, WINDOW = "sirolimus_cheng2020", "sirolimus_child_cytopenia_5_15"
HEAD: dict[str, Any] = {
    "formulary": 1, "site": "Ward", "version": "1", "approved_on": date(2026, 11, 22),
    "approved_by": ["A", "B"],
}  # fmt: skip
BUSULFAN = str(examples.path("busulfan_adult"))
EVENING = "day-7T18:30"


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """The first three courses of the site's file."""
    rows = list(csv.reader(SITE_CSV.read_text(encoding="utf-8").splitlines()))
    place = tmp_path / "few.csv"
    with place.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(
            [rows[0], *(r for r in rows[1:] if r[0] in ("S01", "S02", "S03"))]
        )
    return place


def ward(**tables: dict[str, str]) -> Formulary:
    return parse_formulary({**HEAD, **tables})


# --- commissioning ------------------------------------------------------------------------


def test_the_site_s_file_is_made_again_to_the_byte(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("make_site", ROOT / "examples" / "make_site.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    maker.main(tmp_path / "site.csv")
    assert (tmp_path / "site.csv").read_bytes() == SITE_CSV.read_bytes()


def test_few_courses_make_a_page_that_offers_nothing(
    few: Path, tmp_path: Path, shell: Shell
) -> None:
    out = tmp_path / "out"
    command = ("commission", few, "--model", CHENG, "--target", WINDOW, "--draws", "100",
               "--site", "A <b>ward</b>", "--on", "2026-11-22", "--out", out)  # fmt: skip
    code, said, _ = shell(*command)
    assert code == 0
    assert "TOO FEW COURSES" in said
    assert "limits: the project's conventions, not the center's own" in said
    page = (out / "commissioning.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "<b>ward" not in page
    assert page.count('class="rule"') == 4
    assert "Not offered for approval" in page
    assert "is approved here" not in page
    document = json.loads((out / "commissioning.json").read_text(encoding="utf-8"))
    (model,) = document["models"]
    assert model["version"] == version_of(next(m for m in SHELVES.models if m.id == CHENG))
    assert (model["courses"], model["levels"]) == (3, 9)
    assert document["digest"] in page
    code, again, _ = shell(*command, "--json")
    assert code == 0
    assert json.loads(again)["models"][0]["judged"] == model["judged"]
    assert "forecasts" not in json.loads(again)["models"][0]["replay"]


def test_courses_that_no_model_can_read_say_what_they_lack(tmp_path: Path, shell: Shell) -> None:
    columns = "record,type,at,known,name,value,unit,agent,amount,route,duration,method,low,high"
    rows = [columns]
    for id_ in ("B1", "B2"):
        rows += [
            f"{id_},header,,,equipoise,1,,,,,,,,",
            f"{id_},header,,,day0,2026-01-10T08:00:00+01:00,,,,,,,,",
            f"{id_},measurement,-24,-24,weight,75,kg,,,,,,,",
            f"{id_},dose,0,,,,,busulfan,240 mg,iv,3 h,,,",
            f"{id_},measurement,4,10,busulfan,3000,ng/mL,,,,,,,",
        ]
    place = tmp_path / "mine.csv"
    place.write_text("\n".join(rows) + "\n", encoding="utf-8")
    lacks = "2 of 2 levels have no forecast: busulfan_choe2012 needs sex, which the record does not"
    asked = ("--model", "busulfan_choe2012", "--draws", "100")
    code, said, _ = shell("commission", place, *asked)
    assert code == 0
    assert lacks in " ".join(said.split())
    assert "why: 0 patients have a forecast after a level; 20 were asked for" in said
    code, _, err = shell("replay", "busulfan_choe2012", place, "--draws", "100")
    assert code == 0
    assert lacks in " ".join(err.split())


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--target", "nothing"), "no such target"),
        (("--target", "busulfan_adult_62_100", "--model", "busulfan_choe2012"), "no single level"),
        (("--on", "yesterday"), "--on yesterday is no date"),
        (("--limits", "none.toml"), "cannot be read"),
        (("--model", "sirolimus_chen"), "did you mean"),
        (("--limits", str(ROOT / "examples" / "limits.toml"), "--on", "2026-09-30"), "lies after"),
    ],
)
def test_what_cannot_be_commissioned_is_said_in_a_sentence(
    few: Path, more: tuple[str, ...], said: str, shell: Shell
) -> None:
    code, out, err = shell("commission", few, "--draws", "100", *more)
    assert (code, out) == (2, "")
    assert said in err


def test_a_data_set_wants_its_candidates_named(tmp_path: Path, shell: Shell) -> None:
    place = tmp_path / "data.csv"
    place.write_text("ID,TIME,EVID,AMT,DV\n1,0,1,2,.\n", encoding="utf-8")
    code, _, err = shell("commission", place)
    assert code == 2
    assert "name the candidates with --model" in err


# --- the formulary ------------------------------------------------------------------------


def test_a_formulary_written_is_read_again(tmp_path: Path, shell: Shell) -> None:
    place = tmp_path / "formulary.toml"
    made = ("formulary", place, "--approve", CHENG, "--approve", WINDOW,
            "--approve", str(ROOT / "examples" / "charting.toml"), "--site", "Ward \"7\"",
            "--version", "1", "--by", "A", "--by", "B", "--on", "2026-11-22")  # fmt: skip
    assert shell(*made)[0] == 0
    code, out, _ = shell("formulary", place, "--json")
    assert code == 0
    states = {e["id"]: e["state"] for e in json.loads(out)["entries"]}
    assert states[CHENG] == states[WINDOW] == "approved"
    code, _, err = shell(*made)
    assert code == 2
    assert "give a new one" in err
    conventions = read_conventions(ROOT / "examples" / "charting.toml")
    assert f'"{conventions.name}" = "{version_of(conventions)}"' in place.read_text("utf-8")
    ids = set(versions()["models"]) & set(versions()["targets"])
    assert not ids, "an id names one thing, so that --approve is not ambiguous"


def test_every_thing_on_the_shelves_has_a_version_of_its_own_numbers() -> None:
    found = versions()
    target = next(t for t in SHELVES.targets if t.id == WINDOW)
    assert version_of(replace(target, high=target.high + 0.1)) != found["targets"][WINDOW]
    rule = SHELVES.guidance[0]
    changed = replace(rule, statement=rule.statement + " ")
    assert version_of(changed) != found["guidance"][rule.id]
    assert len(set(found["targets"].values())) == len(SHELVES.targets)
    assert all(re.fullmatch("[0-9a-f]{12}", v) for kind in found.values() for v in kind.values())


def test_what_a_model_takes_from_its_shelf_is_part_of_its_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from equipoise import formulary

    lawson = next(m for m in SHELVES.models if m.id == "busulfan_lawson2022")
    before = version_of(lawson)
    read = Path.read_text

    def edited(path: Path, *args: Any, **more: Any) -> str:
        text = read(path, *args, **more)
        return text + "# edited" if path.name == "fat_free_mass.py" else text

    formulary.files_of.cache_clear()
    monkeypatch.setattr(Path, "read_text", edited)
    assert version_of(lawson) != before
    monkeypatch.undo()
    formulary.files_of.cache_clear()
    assert version_of(lawson) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"formulary": 2}, "begin the file with formulary = 1"),
        ({"site": " "}, "site is missing"),
        ({"approved_on": "today"}, "approved_on is missing or no date"),
        ({"approved_by": ["A"]}, "two names"),
        ({"medels": {}}, "unknown key 'medels'"),
        ({"models": [CHENG]}, r"write a table \[models\]"),
        ({"targets": {"sirolimus_itp_5_16": "a"}}, "did you mean sirolimus_itp_5_15"),
        ({"criteria": {"crs_astct2019": ""}}, "has no version"),
    ],
)
def test_a_bad_formulary_is_refused_in_a_sentence(change: dict[str, Any], said: str) -> None:
    with pytest.raises(FormularyError, match=said):
        parse_formulary({**HEAD, **change})


def test_an_empty_formulary_lets_nothing_through_and_silences_no_warning() -> None:
    record = files.read_record(ADULT)[0]
    at = 15 * 24.0 + 10.0
    answer = assess_approved(ward(), record, at)
    assert answer.exposures == ()
    assert not any(o.options for o in answer.options)
    assert any(NOT_APPROVED in c and "sirolimus_wu2012" in c for c in answer.cautions)
    free = assess(record, at)
    assert [a.applies for a in answer.advice] == [a.applies for a in free.advice]
    assert all(NOT_APPROVED in a.recommendation.title for a in answer.advice)
    assert all(NOT_APPROVED in t for t in answer.criterion_titles.values())
    assert dict(answer.made_by)["formulary"] == "Ward, version 1"
    assert parse_formulary(tomllib.loads(write(ward()))) == ward()


def test_a_model_without_its_window_gives_bands_and_no_options() -> None:
    record = files.read_record(BUSULFAN)[0]
    now = versions()["models"]
    site = ward(models={"busulfan_choe2012": now["busulfan_choe2012"]})
    answer = assess_approved(site, record, -7 * 24 + 6.5)
    assert [e.model for e in answer.exposures] == ["busulfan_choe2012"]
    assert not any(o.options for o in answer.options)
    assert any("busulfan_adult_62_100 is not approved here" in c for c in answer.cautions)


def test_commands_refuse_what_changed_since_it_was_approved(tmp_path: Path, shell: Shell) -> None:
    place = tmp_path / "formulary.toml"
    stale = ward(models={"busulfan_choe2012": "0" * 12})
    place.write_text(write(stale), encoding="utf-8")
    code, out, err = shell("plan", BUSULFAN, "--at", EVENING, "--model", "busulfan_choe2012",
                           "--target", "busulfan_adult_62_100", "--formulary", place)  # fmt: skip
    assert (code, out) == (2, "")
    assert "version 000000000000 was" in err
    assert "look at what changed" in err
    code, out, _ = shell("formulary", place)
    assert "changed since: not approved here" in " ".join(out.split())
    code, _, err = shell("assess", ADULT, "--at", NOW, "--research", "--formulary", place)
    assert code == 2
    assert "leave one out" in err
    conventions = ROOT / "examples" / "charting.toml"
    code, _, err = shell("grade", ADULT, "--conventions", conventions, "--formulary", place)
    assert code == 2
    assert "Example ward, version 2026-11 is not approved here" in err
    code, out, _ = shell("grade", ADULT, "--criterion", "aki_kdigo2012", "--formulary", place,
                         "--json")  # fmt: skip
    assert code == 0
    assert json.loads(out)[0]["sentence"].endswith("(not approved here)")


# --- the note -----------------------------------------------------------------------------


def test_the_note_holds_dose_options_time_and_a_sum_that_a_hand_can_check() -> None:
    record = files.read_record(BUSULFAN)[0]
    answer = assess(record, -7 * 24 + 6.5)
    note = bedside_note(answer)
    (drug,) = note.drugs
    (window,) = drug.windows
    assert 2 <= len(window.options) <= 4
    assert window.options[0].id.endswith("as_planned")
    assert [d[0] for d in drug.current] == ["last given: 200 mg", "next planned: 200 mg"]
    assert drug.recheck is not None
    assert drug.recheck > answer.at
    received = next(s for s in answer.exposures[0].summaries if s.name == "auc_received")
    for option, line in zip(window.options[1:], window.sums, strict=True):
        each = float(option.course[0].split()[0])
        base = window.options[0].exposure[2]
        got = received.posterior[2]
        assert line.by_hand == pytest.approx(got + (base - got) * each / 200.0, rel=1e-6)
        assert line.agrees
    text, page = note_text(note), note_page(note)
    for word in ("Physician, time", "Checked by, time", "Look again", "paracetamol"):
        assert word in " ".join(text.split())
        assert word in page
    assert max(map(len, text.splitlines())) <= 90


def itp_child(level: float) -> Record:
    """A week of 1 mg at 12 kg and bilirubin 30 umol/L, for which the model expects about 12."""
    events: list[dict[str, Any]] = [
        {"type": "measurement", "at": -24, "name": "weight", "value": "12 kg"},
        {"type": "measurement", "at": -2, "known": 0, "name": "bilirubin", "value": "30 umol/L"},
        *({"type": "dose", "at": 24 * day, "agent": "sirolimus", "amount": "1 mg", "route": "oral"}
          for day in range(8)),
        {"type": "measurement", "at": 167.5, "known": 175, "name": "sirolimus",
         "value": f"{level:g} ng/mL"},
    ]  # fmt: skip
    head = {"id": "c1", "day0": "2026-03-10T08:00:00+01:00", "born": "2023-02-01",
            "indication": "itp"}  # fmt: skip
    return files.record_from_json({"equipoise": 1, **head, "events": events})


def test_the_note_shows_a_level_that_the_estimate_does_not_reach_and_readings_that_differ() -> None:
    answer = assess(itp_child(6.2), 175.0, seed=1)
    (exposure,) = answer.exposures
    (seen,) = exposure.levels
    assert seen.posterior_median > 1.5 * seen.number
    note = bedside_note(answer)
    for said in (" ".join(note_text(note).split()), html.unescape(note_page(note))):
        assert f"6.2 ng/mL; the model, having seen it, expects {seen.posterior_median:.3g}" in said
        assert "The paper allows 2 readings of its variability" in said
        (window,) = note.drugs[0].windows
        differing = [(o, n) for o in window.options for n in o.notes if "candidates differ" in n]
        assert differing
        for option, words in differing:
            assert f"{option.label}: {words}" in said


def test_a_suspect_is_shown_and_the_estimate_stands_with_and_without_it() -> None:
    """A tenfold level at the end: the line that infused, or another patient's tube."""
    at = 15 * 24.0 + 10.0
    record = files.read_record(ADULT)[0]
    alone = tuple(e for e in record.events if e.key != "posaconazole")
    record = replace(record, events=alone)
    value = units.parse("95 ng/mL")
    drawn = Measurement(at=at - 2.0, known=at - 1.0, name="sirolimus", value=value, number=95.0)
    answer, clean = (
        assess(replace(record, events=events), at, seed=1)
        for events in ((*record.events, drawn), record.events)
    )
    assert [x.verdict for x in answer.exposures[0].levels] == ["used", "used", "suspect"]
    said = next(c for c in answer.exposures[0].cautions if "without the 1 suspect level" in c)
    full, less, robust = (float(x) for x in re.findall(r"([0-9.]+)(?: ng/mL)? with", said))
    trough = next(s for s in clean.exposures[0].summaries if s.name == "trough")
    # The most likely patient beside the median of draws, on a chart without that level.
    assert less == pytest.approx(trough.posterior[2], rel=0.05)
    assert full > 1.1 * less
    assert less <= robust < full
    assert "[suspect]" in note_text(bedside_note(answer))


def test_a_note_says_with_what_chance_no_option_lies_in_the_window() -> None:
    note = bedside_note(assess(files.read_record(BUSULFAN)[0], -7 * 24 + 6.5))
    (drug,) = note.drugs
    none = replace(drug.windows[0], none_reaches=True)
    said = note_text(replace(note, drugs=(replace(drug, windows=(none,)),)))
    assert "No option weighed lies in the window with a chance of 50%." in " ".join(said.split())


def test_a_sum_that_does_not_come_out_says_so() -> None:
    record = files.read_record(BUSULFAN)[0]
    note = bedside_note(assess(record, -7 * 24 + 6.5))
    (drug,) = note.drugs
    (window,) = drug.windows
    wrong = replace(window.sums[0], by_hand=1.2 * window.sums[0].computed)
    assert not wrong.agrees
    said = note_text(
        replace(note, drugs=(replace(drug, windows=(replace(window, sums=(wrong,)),)),))
    )
    assert "they differ" in " ".join(said.split())


def test_provisional_things_give_a_note_without_options() -> None:
    record = files.read_record(ATG)[0]
    note = bedside_note(assess(record, -2 * 24 + 8.0))
    assert note.drugs
    assert not any(w.options for d in note.drugs for w in d.windows)
    assert "No options" in note_text(note)
    research = bedside_note(assess(record, -2 * 24 + 8.0, research=True))
    assert not any(w.options for d in research.drugs for w in d.windows)
    assert "NOT FOR DOSING" in note_text(research)


def test_a_note_offers_nothing_while_a_decision_weighs_several_assumptions(shell: Shell) -> None:
    code, out, _ = shell("assess", ADULT, "--at", NOW, "--note")
    assert code == 0
    flat = " ".join(out.split())
    assert "READ THIS FIRST" in flat
    assert "No options" in flat
    assert "odds depend on what is assumed" in flat
    code, out, _ = shell("assess", CHILD, "--at", TOMORROW, "--note", "--json")
    assert code == 0
    assert json.loads(out)["drugs"]
