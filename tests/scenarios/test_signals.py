"""Residual disease and chimerism in series: from record to signal, report and refusals."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from equipoise import files, report
from equipoise.assess import assess
from equipoise.assessment import Assessment, to_json
from equipoise.files import InputError
from equipoise.guidance.signal_marks import MARKS, PACES
from equipoise.signal import Signal
from equipoise.source import Standing
from small_records import record_of, value

DAY = 24.0
GRAFT = {"type": "cells", "at": 0, "product": "graft", "donor": "haploidentical"}


def mrd(text: str, day: float, **more: Any) -> dict[str, Any]:
    keys = {"specimen": "marrow", "marker": "NPM1c", "method": "qPCR", "input": "1e5 cells"}
    return value("mrd", text, day * DAY, **{**keys, **more})


def share(text: str, day: float, name: str = "donor_chimerism_cd3", **more: Any) -> dict[str, Any]:
    keys = {"specimen": "blood", "method": "STR", "limit": "1 %"}
    return value(name, text, day * DAY, **{**keys, **more})


def assessed(*events: dict[str, Any], at: float = 200.0) -> Assessment:
    return assess(record_of(GRAFT, *events, t=at * DAY), at * DAY, seed=1)


def only(*events: dict[str, Any], at: float = 200.0) -> Signal:
    (found,) = assessed(*events, at=at).signals
    return found


RISE = (mrd("0", 60), mrd("0", 90), mrd("1e-4", 120), mrd("6e-4", 150))


def test_residual_disease_rises_with_a_doubling_time_and_what_is_ahead() -> None:
    found = only(*RISE)
    assert (found.of, found.trend, found.standing) == ("disease", "rising", Standing.HYPOTHESIS)
    assert found.doubling[0] < 11.0 < found.doubling[4]
    assert found.level[0] < 6e-4 < found.level[4]
    assert [p.days for p in found.paces] == [11.0]
    (npm1, plain) = found.crossings
    assert (npm1.mark.share, plain.mark.share) == (0.10, 0.05)
    assert plain.days[2] < npm1.days[2]
    odds = [p for _, p in plain.within]
    assert odds == sorted(odds)
    assert plain.passed < 0.01


def test_markers_specimens_and_methods_are_never_one_series() -> None:
    found = assessed(
        *RISE, mrd("1e-5", 150, specimen="blood"), mrd("0.2", 150, marker="WT1"),
        mrd("1e-3", 150, method="flow cytometry"),
    ).signals  # fmt: skip
    assert len(found) == 4
    assert {len(s.readings) for s in found} == {1, 4}
    alone = next(s for s in found if s.specimen == "blood")
    assert alone.trend == "cannot tell"
    assert math.isnan(alone.rising)
    assert alone.doubling == alone.halving == ()
    assert "of one day only" in " ".join(alone.notes)


def test_undetectable_by_str_and_one_in_ten_thousand_by_dpcr_are_consistent() -> None:
    whole = "donor_chimerism_whole"
    dpcr = {"method": "dPCR", "input": "1e5 genomes", "limit": "0.001 %"}
    found = only(share("<1 %", 30, whole), share("0.01 %", 30, whole, **dpcr))
    assert found.of == "donor"
    assert min(found.fits) > 0.5
    (said,) = [n for n in found.notes if "STR" in n]
    assert "are consistent" in said
    assert found.crossings == ()
    clash = only(share("<1 %", 30, whole), share("12 %", 30, whole, **dpcr))
    assert any("do not go together" in n for n in clash.notes)


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        (("0.08 %", "0.02 %", "0.004 %", "0 %"), "falling"),
        (("0.05 %", "0.05 %", "0.05 %", "0.05 %"), "persisting"),
        (("0 %", "0.004 %", "0.02 %", "0.08 %"), "rising"),
    ],
)
def test_microchimerism_falls_persists_or_rises(values: tuple[str, ...], trend: str) -> None:
    days = (14, 60, 120, 180)
    found = only(
        *(
            share(v, d, "donor_chimerism_whole", method="dPCR", input="1e6 genomes", limit=None)
            for v, d in zip(values, days, strict=True)
        )
    )
    assert (found.of, found.trend) == ("donor", trend)


def test_a_fall_in_donor_cd3_is_a_rise_of_the_recipient_and_no_relapse() -> None:
    found = only(share(">99 %", 60), share("98 %", 120), share("91 %", 150))
    assert (found.of, found.trend) == ("recipient", "rising")
    assert found.readings[0].bound == "<"
    assert found.readings[-1].share == pytest.approx(0.09)
    (mark,) = (c.mark for c in found.crossings)
    assert "not relapse" in mark.operating


@pytest.mark.parametrize(
    ("beside", "stands"),
    [
        ((), "met"),
        ((mrd("0", 149),), "met"),
        ((mrd("3e-4", 149),), "not met"),
        ((mrd("3e-4", 100), mrd("0", 149)), "met"),
        (({"type": "finding", "at": 149 * DAY, "name": "relapse", "value": "molecular"},),
         "not met"),
        ((share("99 %", 149, "donor_chimerism_cd34"),), "not met"),
    ],
)  # fmt: skip
def test_cd3_stands_alone_only_where_no_disease_stands_beside_it(
    beside: tuple[dict[str, Any], ...], stands: str
) -> None:
    found = assessed(share("98 %", 91), share("91 %", 149), *beside, at=150)
    (alone,) = [a for a in found.advice if a.recommendation.id == "cd3_chimerism_alone"]
    assert alone.applies.value == stands


def test_donor_cd3_of_95_percent_is_mixed_and_above_it_complete() -> None:
    answers = []
    for text in ("95 %", "95.1 %", ">95 %", "<95 %"):
        found = assessed(share(text, 149), at=150)
        (alone,) = [a for a in found.advice if a.recommendation.id == "cd3_chimerism_alone"]
        answers.append(alone.applies.value)
    assert answers == ["met", "not met", "not met", "met"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((">99 %", ">99 %", "98 %"), "complete chimerism by the last sample"),
        (("98 %", "94 %", "80 %"), "mixed chimerism by the last sample (5 to 95 % donor), "
         "increasing on the recipient's side"),
        (("90 %", "90 %", "90 %"), "mixed chimerism by the last sample (5 to 95 % donor) ("),
        (("2 %", "3 %", "4 %"), "below 5 % donor by the last sample: the handbook calls it absent"),
        (("1 %", "0.4 %", "<1 %"), "others microchimerism"),
        (("97 %", "96 %", ">90 %"), "is open: >90 % is a bound"),
        # Complete is above 95 %, mixed from 5 to 95 %, microchimerism below 1 %.
        (("97 %", "96 %", "95.1 %"), "complete chimerism by the last sample"),
        (("97 %", "96 %", "95 %"), "mixed chimerism by the last sample"),
        (("97 %", "96 %", ">95 %"), "complete chimerism by the last sample"),
        (("9 %", "7 %", "5 %"), "mixed chimerism by the last sample"),
        (("9 %", "7 %", "<5 %"), "the handbook calls it absent (EBMT"),
        (("3 %", "2 %", "1 %"), "the handbook calls it absent (EBMT"),
        # A bound on the other side settles nothing of this.
        (("97 %", "96 %", "<99 %"), "is open: <99 % is a bound"),
        (("97 %", "96 %", "<95 %"), "not complete by the last sample; mixed or absent is open"),
        (("2 %", "3 %", ">3 %"), "is open: >3 % is a bound"),
    ],
)  # fmt: skip
def test_complete_mixed_and_increasing_are_said_with_their_side(
    values: tuple[str, ...], says: str
) -> None:
    found = only(*(share(v, d) for v, d in zip(values, (30, 60, 90), strict=True)))
    (said,) = [n for n in found.notes if "EBMT Handbook 2024, chapter 21" in n]
    assert says in said


def test_residual_disease_has_no_class_of_chimerism() -> None:
    assert not any("chapter 21" in n for n in only(*RISE).notes)


def test_samples_count_from_the_last_cells_given() -> None:
    cells = {"type": "cells", "at": 100 * DAY, "product": "donor_lymphocytes"}
    found = only(*RISE, cells)
    assert [r.at / DAY for r in found.readings] == [120.0, 150.0]
    assert "donor lymphocytes" in found.since_why


def test_a_treatment_between_the_samples_is_said() -> None:
    dose = {"type": "dose", "at": 100 * DAY, "agent": "blinatumomab", "rate": "28 ug/d",
            "duration": "28 d", "route": "iv"}  # fmt: skip
    assert any("linatumomab began on day +100" in n for n in only(*RISE, dose).notes)


def test_a_course_that_turns_is_not_taken_for_a_line() -> None:
    values = (("1e-2", 20), ("0", 40), ("0", 60), ("0", 80), ("0", 100), ("1e-2", 120))
    turned = [mrd(text, day) for text, day in values]
    assert any("does not hold" in n for n in only(*turned).notes)


def test_odds_just_under_what_is_asked_for_are_not_rounded_up_to_it() -> None:
    made = assessed(
        value("mrd", "1e-4", 91 * DAY), value("mrd", "3e-4", 149 * DAY), at=150
    )  # fmt: skip
    (found,) = made.signals
    assert (found.trend, round(100.0 * found.rising)) == ("cannot tell", 95)
    text = " ".join(report.text(made).split())
    assert "probability that it rises just under 95% (95% either way is asked for)" in text


def test_two_days_never_show_a_turn() -> None:
    fall = [
        share("0.4 %", 7, "donor_chimerism_whole", method="dPCR", limit="0.05 %"),
        share("<0.05 %", 14, "donor_chimerism_whole", method="dPCR"),
        share("<1 %", 14.1, "donor_chimerism_whole", method="STR"),
    ]
    notes = only(*fall).notes
    assert not any("turned" in n for n in notes)
    assert any("go by the samples" in n for n in notes)
    slow = [share("98 %", 91), share("91 %", 149)]
    assert not any("go by the samples" in n for n in only(*slow).notes)


def test_a_negative_without_limit_or_input_is_left_out_and_said() -> None:
    found = only(*RISE, mrd("0", 30, input=None))
    assert len(found.readings) == 4
    assert any("neither limit nor input" in n for n in found.notes)
    assert assessed(mrd("0", 30, input=None)).signals == ()


def test_nothing_known_later_is_in_a_signal() -> None:
    early = only(*RISE[:3], mrd("6e-4", 150, known=160 * DAY), at=155.0)
    assert [r.at / DAY for r in early.readings] == [60.0, 90.0, 120.0]


def test_page_text_and_json_show_it() -> None:
    found = assessed(*RISE, share(">99 %", 60), share("91 %", 150))
    page = report.html(found)
    for words in (
        "Disease and chimerism in series",
        "NPM1c",
        "Rising.",
        "Ommen 2010",
        "hypothesis",
    ):
        assert words in page
    assert "disease and chimerism in series" in report.text(found).casefold()
    plain = json.loads(json.dumps(to_json(found)))
    assert [s["name"] for s in plain["signals"]] == ["mrd", "donor_chimerism_cd3"]
    assert plain["signals"][0]["trend"] == "rising"


@pytest.mark.parametrize(
    ("name", "text", "given", "says"),
    [
        ("mrd", "1e-4", "0 cells", "no number of cells"),
        ("mrd", "1e-4", "5 mg", "no number of cells"),
        ("mrd", "1e-4", "<1e5 cells", "no number of cells"),
        ("ferritin", "100 ng/mL", "1e5 cells", "no share of cells"),
    ],
)
def test_an_input_that_is_none_is_refused(name: str, text: str, given: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        record_of(value(name, text, 1.0, input=given))


def test_input_goes_round_in_both_forms(tmp_path: Any) -> None:
    record = record_of(GRAFT, *RISE)
    for ending in ("json", "csv"):
        files.write_record(record, tmp_path / f"copy.{ending}")
        copy = files.read_record(tmp_path / f"copy.{ending}")[0]
        assert [m.input for m in copy.measurements("mrd")] == [
            m.input for m in record.measurements("mrd")
        ]


def test_marks_and_paces_say_where_they_come_from() -> None:
    for entry in (*MARKS, *PACES):
        assert entry.source.where
    assert {p.marker: p.days for p in PACES if p.source.short.startswith("Ommen")} == {
        "NPM1c": 11.0, "PML-RARA": 12.0, "RUNX1-RUNX1T1": 14.0, "CBFB-MYH11": 36.0,
    }  # fmt: skip
