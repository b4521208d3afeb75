"""Donor lymphocytes and blinatumomab as one decision: when it opens, lacks what, says what."""

from __future__ import annotations

from typing import Any

import pytest

from equipoise import report
from equipoise.advice import Situation
from equipoise.assess import assess
from equipoise.decision import DecisionOption, OpenDecision
from equipoise.decisions.donor_lymphocytes import DECISION
from equipoise.decisions.lymphocyte_case import find_case
from equipoise.decisions.lymphocyte_facts import (
    DOSE_GVHD,
    FIRST_DOSES,
    STARTS,
    WITH_BLINATUMOMAB,
    first_doses,
    gvhd_after_first_bulk_dose,
)
from equipoise.source import Standing
from small_records import record_of, value

DAY = 24.0
LYMPHOCYTES = "Donor lymphocytes of the original donor"


def graft(donor: str = "haploidentical") -> dict[str, Any]:
    return {"type": "cells", "at": 0, "product": "graft", "donor": donor}


def found(name: str, what: object, day: float = 149.0) -> dict[str, Any]:
    return {"type": "finding", "at": day * DAY, "name": name, "value": what}


def mrd(text: str = "3e-4", day: float = 145.0, **more: Any) -> dict[str, Any]:
    return value("mrd", text, day * DAY, **{"specimen": "marrow", "marker": "Ig/TR", **more})


def planned(day: float = 160.0, **more: Any) -> dict[str, Any]:
    return {
        "type": "cells", "at": day * DAY, "known": 149 * DAY, "status": "planned",
        "product": "donor_lymphocytes", **more,
    }  # fmt: skip


def stands(*events: dict[str, Any], day: float = 150.0, donor: str = "haploidentical",
           **header: Any) -> OpenDecision | None:  # fmt: skip
    t = day * DAY
    return DECISION.consider(Situation(record_of(graft(donor), *events, t=t, **header), t))


def opened(*events: dict[str, Any], **more: Any) -> OpenDecision:
    decision = stands(*events, **more)
    assert decision is not None
    return decision


def option(decision: OpenDecision, label: str) -> DecisionOption:
    (one,) = (o for o in decision.options if o.label == label)
    return one


def labels(decision: OpenDecision) -> set[str]:
    return {o.label for o in decision.options}


def needs(decision: OpenDecision) -> dict[str, bool]:
    return {n.name: n.known for n in decision.needs}


CD3 = value("donor_chimerism_cd3", "91 %", 149 * DAY, specimen="blood")


MIXED_AT_95 = value("donor_chimerism_whole", "95 %", 149 * DAY)


@pytest.mark.parametrize("event", [mrd(), CD3, MIXED_AT_95, found("relapse", True), planned()])
def test_it_opens_with_disease_falling_chimerism_relapse_or_a_plan(event: dict[str, Any]) -> None:
    assert stands(event) is not None


@pytest.mark.parametrize(
    "event",
    [
        mrd("0"), mrd("<1e-5"), found("relapse", False),
        value("donor_chimerism_cd3", "98 %", 149 * DAY),
        value("donor_chimerism_whole", "95.1 %", 149 * DAY),
        value("donor_chimerism_cd3", ">99 %", 149 * DAY),
        value("donor_chimerism_whole", "60 %", 10 * DAY),
        planned(known=155 * DAY),
    ],
)  # fmt: skip
def test_it_stays_closed_without(event: dict[str, Any]) -> None:
    assert stands(event) is None


def test_it_is_about_allogeneic_grafts_only() -> None:
    assert stands(mrd(), donor="autologous") is None
    assert stands(mrd(), platform="microtransplant") is None
    assert DECISION.consider(Situation(record_of(mrd(), t=150 * DAY), 150 * DAY)) is None


def test_before_a_mismatched_donors_lymphocytes_it_cannot_tell_without_the_hla_test() -> None:
    decision = opened(mrd())
    assert option(decision, LYMPHOCYTES).status == "cannot tell: lacks HLA-loss test"
    assert "lacks HLA-loss test" in decision.first[0]
    assert needs(decision)["HLA loss on leukemic cells"] is False
    kept = opened(mrd(), found("hla_loss", False))
    assert option(kept, LYMPHOCYTES).status == ""
    assert needs(kept)["HLA loss on leukemic cells"] is True
    early = opened(mrd(), found("hla_loss", False, day=-3))
    assert option(early, LYMPHOCYTES).status == "cannot tell: lacks HLA-loss test"


def test_with_loss_the_original_donor_is_not_supported_and_other_ways_are_listed() -> None:
    lost = opened(mrd(), found("hla_loss", True), found("cd19_expression", "positive"))
    assert option(lost, LYMPHOCYTES).status == "not supported"
    assert "CD3/kg" not in option(lost, LYMPHOCYTES).text
    assert option(lost, "Blinatumomab with donor lymphocytes").status == "not supported"
    assert option(lost, "Blinatumomab alone").status == ""
    assert "Ways that do not need the lost haplotype" in labels(lost)


def test_a_matched_donor_is_not_asked_for_hla_loss() -> None:
    decision = opened(mrd(), donor="matched_sibling")
    assert option(decision, LYMPHOCYTES).status == ""
    assert "HLA loss on leukemic cells" not in needs(decision)
    assert opened(mrd(), donor="mismatched_unrelated").first[0].startswith("Donor lymphocytes")


@pytest.mark.parametrize(
    ("expression", "alone", "both"),
    [
        (None, "cannot tell: lacks CD19 expression",
         "cannot tell: lacks HLA-loss test and CD19 expression"),
        ("positive", "", "cannot tell: lacks HLA-loss test"),
        ("dim", "", "cannot tell: lacks HLA-loss test"),
        ("negative", "not supported", "not supported"),
    ],
)  # fmt: skip
def test_before_blinatumomab_cd19_must_be_known(
    expression: str | None, alone: str, both: str
) -> None:
    events = [] if expression is None else [found("cd19_expression", expression)]
    decision = opened(mrd(), *events)
    assert option(decision, "Blinatumomab alone").status == alone
    assert option(decision, "Blinatumomab with donor lymphocytes").status == both


def test_myeloid_markers_leave_blinatumomab_out() -> None:
    npm1 = value("mrd", "1e-3", 145 * DAY, specimen="marrow", marker="NPM1c")
    decision = opened(npm1)
    assert not {label for label in labels(decision) if "linatumomab" in label}
    assert WITH_BLINATUMOMAB not in decision.tables


def test_active_gvhd_and_immunosuppression_are_looked_at() -> None:
    sick = opened(mrd(), found("active_gvhd", True), donor="matched_sibling")
    assert option(sick, LYMPHOCYTES).status == "not supported"
    assert any("85.6 %" in line for line in sick.first)
    tacrolimus = {"type": "dose", "at": 148 * DAY, "agent": "tacrolimus", "amount": "1 mg",
                  "route": "oral"}  # fmt: skip
    assert "Taper immunosuppression first" in labels(opened(mrd(), tacrolimus))
    stopped = opened(
        mrd(),
        {**tacrolimus, "at": 80 * DAY},
        {"type": "stop", "at": 90 * DAY, "agent": "tacrolimus"},
    )
    assert "Taper immunosuppression first" not in labels(stopped)
    assert needs(stopped)["immunosuppression"] is True
    assert needs(opened(mrd()))["immunosuppression"] is False
    ahead = {"type": "stop", "at": 160 * DAY, "known": 149 * DAY, "agent": "tacrolimus"}
    still = opened(mrd(), ahead)
    assert "Taper immunosuppression first" in labels(still), "who stops it later takes it now"
    assert needs(still)["immunosuppression"] is False


def test_it_closes_with_what_is_planned() -> None:
    assert opened(mrd()).closes is None
    assert opened(mrd(), planned(160)).closes == 160 * DAY


# --- doses in print -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "donor", "months", "doses"),
    [
        ("prophylactic", "haploidentical", 3.0, (1e5, 1e5)),
        ("prophylactic", "matched_unrelated", 6.0, (1e6, 1e6)),
        ("pre-emptive", "matched_sibling", 6.0, (1e6, 3e6)),
        ("therapeutic", "haploidentical", 5.0, (1e6, 1e6)),
        ("therapeutic", "matched_unrelated", 12.0, (1e7, 1e7)),
        ("pre-emptive", "mismatched_unrelated", 8.0, (5e5, 5e5)),
    ],
)
def test_first_doses_are_those_of_the_handbook(
    intent: str, donor: str, months: float, doses: tuple[float, float]
) -> None:
    ((_, found_doses),) = first_doses(intent, donor, months)
    assert found_doses == doses


def test_the_six_month_doses_may_be_discussed_from_month_four() -> None:
    assert [m for m, _ in first_doses("pre-emptive", "haploidentical", 3.9)] == [3]
    assert [m for m, _ in first_doses("pre-emptive", "haploidentical", 4.9)] == [3, 6]
    assert first_doses("prophylactic", "haploidentical", 1.0) == ()
    assert first_doses("prophylactic", "cord", 6.0) == ()
    printed = {cell for line in STARTS.rows for cell in line.cells}
    assert {"1-5e5", "1-3e6"} <= printed
    assert {f"{a:.0e}".replace("e+0", "e") for a, b in FIRST_DOSES.values() if a == b} <= printed


@pytest.mark.parametrize(("dose", "printed"), [(5e6, 0.21), (3.2e7, 0.45), (1.5e8, 0.55)])
def test_the_line_meets_the_cohort_it_was_drawn_through(dose: float, printed: float) -> None:
    ours = gvhd_after_first_bulk_dose(dose, "matched_sibling", 300.0, first=True)
    assert ours == pytest.approx(printed, abs=0.08)


@pytest.mark.parametrize(
    ("dose", "donor", "days", "first", "says"),
    [
        (1e7, "haploidentical", 300.0, True, "mismatched donors"),
        (1e7, "matched_sibling", 150.0, True, "six months"),
        (1e7, "matched_sibling", 300.0, False, "further doses"),
        (1e5, "matched_sibling", 300.0, True, "nothing is computed outside"),
    ],
)
def test_no_odds_are_computed_outside_the_cohort(
    dose: float, donor: str, days: float, first: bool, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        gvhd_after_first_bulk_dose(dose, donor, days, first=first)


def test_a_planned_dose_is_held_against_what_is_in_print() -> None:
    haplo = opened(mrd(), planned(doses={"CD3": "1e6 /kg"}))
    assert any("no dose-risk model exists" in n for n in haplo.notes)
    matched = opened(
        mrd(day=300), planned(320, known=305 * DAY, doses={"CD3": "3.2e7 /kg"}),
        day=310, donor="matched_sibling",
    )  # fmt: skip
    assert any("about 4" in n and "hypothesis" in n for n in matched.notes)
    held = planned(250, status="held", doses={"CD3": "1e6 /kg"})
    still = opened(
        mrd(day=300), held, planned(320, known=305 * DAY, doses={"CD3": "3.2e7 /kg"}),
        day=310, donor="matched_sibling",
    )  # fmt: skip
    assert still.notes == matched.notes, "what was held is no earlier infusion"
    weight = value("weight", "70 kg", 100 * DAY)
    for dose in ("2e8 /kg", "2e10 cells"):
        far = opened(mrd(), weight, planned(doses={"CD3": dose}))
        assert any("above 1e8/kg" in line for line in far.first)


@pytest.mark.parametrize(
    ("dose", "says", "first"),
    [
        ("5e5 /kg", None, False),
        ("1e6 /kg", "2 times the highest first dose", False),
        ("5e6 /kg", "10 times the highest first dose", True),
        ("5e7 /kg", "100 times the highest first dose", True),
        ("3.5e9 cells", "100 times the highest first dose", True),
    ],
)
def test_a_first_dose_above_the_handbooks_is_said_and_first_from_ten_times(
    dose: str, says: str | None, first: bool
) -> None:
    """Day 160 after a haploidentical graft, pre-emptive: 5e5/kg. 10^6 and 10^8 are easily
    exchanged."""
    weight = value("weight", "70 kg", 100 * DAY)
    made = opened(mrd(), weight, planned(doses={"CD3": dose}))
    notes = [n for n in made.notes if "first dose of the handbook" in n]
    assert [n for n in notes if says and says in n] == notes
    assert not any("e+0" in n for n in made.notes)
    assert bool(notes) is (says is not None)
    assert any("check the exponent" in line for line in made.first) is first
    if first:
        shown = report.text(
            assess(
                record_of(graft(), mrd(), weight, planned(doses={"CD3": dose}), t=150 * DAY),
                150 * DAY,
            )
        )
        assert "check the exponent" in " ".join(shown.split())


def test_a_trisomy_is_no_lymphoid_marker() -> None:
    for marker, lymphoid in (("trisomy 8", False), ("TRB", True), ("IGH", True), ("TR", True)):
        record = record_of(graft(), mrd(marker=marker), t=150 * DAY)
        case = find_case(Situation(record, 150 * DAY))
        assert case is not None
        assert case.lymphoid is lymphoid


def given(day: float, dose: str) -> dict[str, Any]:
    return {"type": "cells", "at": day * DAY, "known": day * DAY, "product": "donor_lymphocytes",
            "doses": {"CD3": dose}}  # fmt: skip


def test_a_further_infusion_is_held_against_interval_and_step() -> None:
    soon = opened(mrd(), given(140, "1e5 /kg"), planned(160, doses={"CD3": "1e6 /kg"}))
    assert any("infusion 2, 20 days after the last: sooner than the 28 days" in n
               for n in soon.notes)  # fmt: skip
    assert any("sooner" in line for line in soon.first)
    assert any("10 times the last" in n and "more than one log" not in n for n in soon.notes)
    high = opened(mrd(), given(110, "1e5 /kg"), planned(160, doses={"CD3": "5e6 /kg"}))
    assert any("50 times the last" in line for line in high.first)
    assert not any("sooner" in n for n in high.notes)
    assert not any("after the last" in n for n in opened(mrd(), planned(160)).notes)


def test_the_printed_numbers_stand_in_the_tables() -> None:
    rows = [line.cells for line in DOSE_GVHD.rows]
    assert [r[3] for r in rows[:6]] == [
        "21 % at 12 months", "45 % at 12 months", "55 % at 12 months", "26 %", "53 %", "62 %",
    ]  # fmt: skip
    assert "no dose-risk model exists" in " ".join(DOSE_GVHD.covers.split()).casefold()
    (alone, both) = (line.cells for line in WITH_BLINATUMOMAB.rows[:2])
    assert (alone[1], both[1]) == ("50", "22")
    assert "31 %" in alone[3]
    assert "43 %" in both[3]


def test_a_haploidentical_start_is_provisional_and_never_an_odds() -> None:
    decision = opened(mrd())
    haplo = option(decision, LYMPHOCYTES)
    assert haplo.standing is Standing.PROVISIONAL
    assert "1e5 CD3/kg at 3 months, 5e5 CD3/kg at 6 months" in haplo.text
    assert "No dose-risk model exists" in haplo.text
    assert all(not o.computed for o in decision.options)
    assert decision.standing < Standing.TRANSCRIBED


def test_cd3_alone_is_not_called_relapse() -> None:
    decision = opened(CD3)
    assert any("not relapse by themselves" in n for n in decision.notes)
    assert "Relapse" not in decision.question


def test_the_report_shows_question_tables_and_sources() -> None:
    t = 150 * DAY
    page = report.html(assess(record_of(graft(), mrd(), CD3, t=t), t, seed=1))
    for words in ("lacks HLA-loss test", "Dose and GVHD in print", "SFGM-TC", "Villalobos 2010",
                  "no dose-risk model exists"):  # fmt: skip
        assert words in page


def test_what_was_tested_before_the_disease_was_gone_is_not_of_the_present_one() -> None:
    """CD19 and HLA on a first return, then nothing found, then a second return."""
    tested = (
        found("cd19_expression", "positive", 92.0), found("hla_loss", False, 92.0),
        mrd("1e-3", 90.0),
    )  # fmt: skip
    again = opened(*tested, mrd("<1e-5", 120.0), mrd("3e-4", 145.0))
    assert not needs(again)["CD19 on the present disease"]
    assert not needs(again)["HLA loss on leukemic cells"]
    assert any("lacks CD19 expression" in line for line in again.first)
    # It never went, in one marker of two: the tests are of the present disease.
    there = opened(
        *tested, mrd("2e-3", 120.0), mrd("3e-4", 145.0),
        mrd("<1e-5", 120.0, marker="flow"), mrd("1e-4", 145.0, marker="flow"),
    )  # fmt: skip
    assert needs(there)["CD19 on the present disease"]
    assert needs(there)["HLA loss on leukemic cells"]
    # A relapse charted as such, after a sample in which nothing was found.
    relapsed = opened(*tested, mrd("<1e-5", 120.0), found("relapse", True, 145.0))
    assert not needs(relapsed)["CD19 on the present disease"]
    # A loss that was shown still stands against it.
    shown = opened(
        mrd("1e-3", 90.0), found("hla_loss", True, 92.0),
        found("cd19_expression", "negative", 92.0), mrd("<1e-5", 120.0), mrd("3e-4", 145.0),
    )  # fmt: skip
    assert any("HLA loss is shown" in line for line in shown.first)
    assert any("CD19 is negative" in line for line in shown.first)
