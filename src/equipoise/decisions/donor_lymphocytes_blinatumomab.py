"""Blinatumomab after an allogeneic graft: alone or with donor lymphocytes, early or at relapse.

It acts on CD19 and through T cells, so both stand among what must be known; without CD19 the answer
is "cannot tell". What is printed is printed side by side, and no joint effect is computed.
"""

from __future__ import annotations

import math
from typing import Any

from equipoise.advice import Situation
from equipoise.criterion import seen
from equipoise.decision import Decision, DecisionOption, Need, OpenDecision
from equipoise.decisions.blinatumomab_facts import (
    CLEMENTS,
    COUNTED_FROM,
    COUNTS,
    EARLY_OR_LATE,
    EXPOSURE,
    MOLECULAR_RELAPSE,
    TOWER,
    US_LABEL_USE,
)
from equipoise.decisions.lymphocyte_case import (
    ENGAGER,
    Case,
    cd3_per_kg,
    cd19_need,
    find_case,
    gvhd_need,
    hla_need,
    need,
    outside_need,
    status_alone,
    status_both,
    suppression_need,
    written,
)
from equipoise.decisions.lymphocyte_facts import (
    BLAST,
    CAR_DONOR,
    CD19_LOSS,
    CD19_REVIEW,
    GABALLA,
    HLA_LOSS,
    PERUGIA,
    SFGM_TC,
    WITH_BLINATUMOMAB,
)
from equipoise.source import Evidence, Source, Standing

WHO = "transplant physician with laboratory (CD19, HLA, T cells, residual disease) and the patient"
RECENT = 30.0 * 24.0
"""Hours in which a count of T cells or of B cells is taken as the present one (convention)."""


def consider(situation: Situation) -> OpenDecision | None:
    """Open after an allogeneic graft with B-lineage disease, or where blinatumomab runs or is
    planned.
    """
    if situation.record.platform == "microtransplant":
        return None
    case = find_case(situation)
    if case is None or not case.asks_blinatumomab:
        return None
    first = case.first_ahead
    because = list(case.because)
    if case.running is not None:
        because.append(seen(case.running, "runs"))
    opens = [case.opens, math.nan if case.running is None else case.running.at]
    return OpenDecision(
        id="donor_lymphocytes_blinatumomab",
        question=_question(case),
        who=WHO,
        opens=min(t for t in opens if math.isfinite(t)),
        closes=None if first is None else first.at,
        closes_why="no deadline in the record; ask again with the next sample"
        if first is None
        else f"planned {'donor lymphocytes' if first is case.cells else 'blinatumomab'}",
        first=_first(case),
        because=(
            *because,
            seen(case.graft, case.graft.donor.replace("_", " ") or "donor not charted"),
        ),
        needs=_needs(situation, case),
        options=_options(case),
        evidence=EVIDENCE,
        would_change=(
            "CD19 lost, dim or shown on the present disease; HLA loss for lymphocytes of the "
            "original donor",
            "blasts in marrow or disease elsewhere: it is salvage then, not pre-emption",
            "few T cells, or drugs and antibodies that hold them back",
            "GVHD, infection, neurologic disease",
        ),
        monitor=(
            "B cells: gone by about day 2 of an infusion; if not, look at the pump and the line "
            "(our reading)",
            "T cells: a dip within a day or two is expected",
            "cytokine release and neurologic signs by grade, mostly in the first cycle",
            "residual disease after each cycle by the same marker and specimen; CD19 again at any "
            "return",
            "GVHD at every visit, for months where lymphocytes were given",
        ),
        stop=(
            "Interruptions and restarts go by the label; its rule stands under guidance.",
            "GVHD ends the series of lymphocytes (handbook); what it means for blinatumomab was "
            "not read.",
            "No rule was read for how many cycles to give after transplantation, or for when to "
            "call it a failure.",
        ),
        standing=Standing.PROVISIONAL,
        notes=_notes(situation, case),
        tables=(WITH_BLINATUMOMAB, EARLY_OR_LATE, EXPOSURE),
    )


def _question(case: Case) -> str:
    if case.running is not None:
        return "Blinatumomab runs after the transplant: with donor lymphocytes, or without?"
    if case.intent == "therapeutic":
        return "Relapse after the transplant: blinatumomab alone, with donor lymphocytes, or not?"
    return "Blinatumomab after the transplant: now or at relapse, alone or with donor lymphocytes?"


def _first(case: Case) -> tuple[str, ...]:
    said = []
    if not case.cd19:
        said.append(
            "Blinatumomab: cannot tell, lacks CD19 expression on the present disease. It binds "
            "CD19 and does nothing without it."
        )
    if case.cd19 == "negative":
        said.append("CD19 is negative: blinatumomab is not supported.")
    if case.myeloid:
        said.append("A marker of myeloid disease is recorded: blinatumomab does not act on it.")
    if case.mismatched and case.hla_loss is None:
        said.append("Donor lymphocytes: cannot tell, lacks HLA-loss test.")
    if case.mismatched and case.hla_loss is True:
        said.append("HLA loss is shown: lymphocytes of the original donor are not supported.")
    if case.sick:
        said.append(
            "Active GVHD or its treatment is recorded: lymphocytes are not supported, and what is "
            "given for GVHD holds back the T cells that blinatumomab needs."
        )
    return tuple(said)


def _needs(situation: Situation, case: Case) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    needs = [cd19_need(case)]
    if case.mismatched:
        needs.append(hla_need(case))
    count = record.latest("cd3", t, within=RECENT)
    needs.append(
        need(
            "T cells",
            count is not None,
            "no CD3 count in 30 days"
            if count is None
            else f"CD3 {count.text}, day {record.calendar_day(count.at):+d}; no count is in print "
            "above which blinatumomab works",
        )
    )
    cells = record.latest("cd19", t, within=RECENT)
    needs.append(
        need(
            "B cells in blood",
            cells is not None,
            "no CD19 count in 30 days"
            if cells is None
            else f"{cells.text}, day {record.calendar_day(cells.at):+d}",
        )
    )
    needs.append(need("how much disease", case.disease, _burden(case)))
    weight = record.latest("weight", t)
    needs.append(
        need(
            "weight",
            weight is not None,
            "none: the dose goes by weight" if weight is None else weight.text,
        )
    )
    needs += [outside_need(situation), gvhd_need(case), suppression_need(situation, case)]
    return tuple(needs)


def _burden(case: Case) -> str:
    parts = []
    if case.intent == "therapeutic":
        parts.append("relapse is recorded")
    for m in case.shares:
        where = " ".join(p for p in (m.marker, m.specimen) if p)
        side = "below" if m.number < COUNTED_FROM else "at or above"
        parts.append(f"{where or 'residual disease'} {m.text}, {side} {COUNTED_FROM:g}")
    return "; ".join(parts) or "no residual disease and no relapse recorded since the graft"


def _options(case: Case) -> tuple[DecisionOption, ...]:
    late = case.intent == "therapeutic"
    head = "Blinatumomab for relapse" if late else "Blinatumomab now, before relapse"
    found = [_settle(case), _alone(case, head, late=late), _both(case, head)]
    if late:
        found.append(
            DecisionOption(
                "CD19 CAR T cells instead",
                "Donor-derived: 13 of 13 children in remission, one acute GVHD; 3 had "
                "haploidentical donors. Not compared with blinatumomab there.",
                (CAR_DONOR,),
                Standing.PUBLISHED,
                status=status_alone(case),
                evidence=Evidence("4"),
            )
        )
    elif case.running is None:
        found.append(
            DecisionOption(
                "Wait, and treat at relapse",
                "Salvage is what most reports with lymphocytes describe; the Perugia authors ask "
                "that pre-emptive use be considered instead. After chemotherapy, not after "
                "transplantation, 44 of 55 whose residual disease came back relapsed, after a "
                "median of 3 months. How fast it rises here stands under disease and chimerism in "
                "series.",
                (PERUGIA, SFGM_TC, MOLECULAR_RELAPSE),
                Standing.PUBLISHED,
                evidence=Evidence("4"),
            )
        )
    return tuple(found)


def _settle(case: Case) -> DecisionOption:
    tests = ["T cells"]
    if not case.cd19:
        tests.insert(0, "CD19 on the leukemic cells")
    if case.mismatched and case.hla_loss is None:
        tests.insert(len(tests) - 1, "HLA loss")
    return DecisionOption(
        "Settle first what decides",
        f"{', '.join(tests)}. Of relapses after blinatumomab 22.5 % were CD19-negative.",
        (CD19_REVIEW, HLA_LOSS),
        Standing.PUBLISHED,
        evidence=Evidence("4"),
    )


def _alone(case: Case, head: str, *, late: bool) -> DecisionOption:
    if late:
        text = (
            "Randomized against chemotherapy in relapsed or refractory ALL: remission 44 and 25 %, "
            "median survival 7.7 and 4.0 months. After transplantation, alone: 2-year survival 31 "
            "% of 50, retrospective."
        )
        sources: tuple[Source, ...] = (TOWER, SFGM_TC, CD19_LOSS)
    else:
        text = (
            "In remission with residual disease from 1e-3 on, 78 % had a complete response of it "
            "after one cycle; not a cohort after transplantation. As prophylaxis after "
            "transplantation, 21 patients: 1-year survival 85 %, acute GVHD II-IV 33 %."
        )
        highest = max((m.number for m in case.shares), default=1.0)
        if highest < COUNTED_FROM:
            text += (
                f" The residual disease here is below {COUNTED_FROM:g}, from which that study and "
                "that use on the US label speak of it."
            )
        sources = (BLAST, GABALLA, US_LABEL_USE)
    return DecisionOption(
        f"{head}, alone", text, sources, Standing.PUBLISHED if late else Standing.TRANSCRIBED,
        status=status_alone(case), evidence=Evidence("4"),
    )  # fmt: skip


def _both(case: Case, head: str) -> DecisionOption:
    return DecisionOption(
        f"{head}, with donor lymphocytes",
        "All reports that were read treated relapse: 22 patients with lymphocytes, 2-year survival "
        "43 %, against 31 % of 50 without (p = 0.31), GVHD alike; two haploidentical patients "
        "without GVHD, both in remission and both relapsed again. Doses of lymphocytes with "
        "blinatumomab are in no abstract that was read; the handbook's first doses stand with the "
        "decision on lymphocytes.",
        (SFGM_TC, PERUGIA),
        Standing.PUBLISHED,
        status=status_both(case),
        evidence=Evidence("4"),
    )


EVIDENCE: tuple[tuple[str, Source, Standing], ...] = (
    (
        "One use on the US label: CD19-positive B-cell precursor ALL in first or second remission "
        "with residual disease of 0.1 % or more. Whether a transplant came before is not spoken of "
        "in that statement; other uses are not told here.",
        US_LABEL_USE,
        Standing.TRANSCRIBED,
    ),
    (
        "Why without immunosuppression: drugs against GVHD hinder T cells and make the treatment "
        "less effective, say the Perugia authors; blinatumomab did not raise alloreactivity of T "
        "cells in vitro.",
        PERUGIA,
        Standing.PUBLISHED,
    ),
    (
        "CD19: negative in 22.5 % of relapses after blinatumomab (4.5 % of all treated), by a "
        "review; 10 to 20 % in another report.",
        CD19_REVIEW,
        Standing.PUBLISHED,
    ),
)


def _notes(situation: Situation, case: Case) -> tuple[str, ...]:
    notes = [_exposure(situation)]
    if case.cells is not None:
        dose = cd3_per_kg(situation, case.cells)
        when = situation.record.calendar_day(case.cells.at)
        notes.append(
            f"Lymphocytes are planned for day {when:+d}"
            + (
                f" at {written(dose)} CD3 per kg"
                if dose is not None
                else ", no CD3 dose per kg charted"
            )
            + ": no report tells how such a dose does with blinatumomab."
        )
    notes.append(
        "No model of blinatumomab, donor T cells and disease together is in print, and nothing of "
        "the kind is computed here."
    )
    return tuple(notes)


def _exposure(situation: Situation) -> str:
    found: Any = situation.exposures.get(ENGAGER)
    if found is None:
        return (
            "No blinatumomab is planned or given in the record, so no exposure is predicted; chart "
            "the planned infusion to see it."
        )
    low, middle, high = (found.posterior[i] for i in (0, 2, 4))
    top = max(range(len(middle)), key=lambda i: middle[i])
    return (
        f"Predicted level while the infusion runs ({found.model}): median {middle[top]:.0f} "
        f"{found.unit} (90 %: {low[top]:.0f} to {high[top]:.0f}). No window for it is in print."
    )


DECISION = Decision(
    id="donor_lymphocytes_blinatumomab",
    title="Blinatumomab after transplantation, alone or with donor lymphocytes",
    who=WHO,
    consider=consider,
    sources=(SFGM_TC, PERUGIA, BLAST, TOWER, GABALLA, CLEMENTS, COUNTS, CD19_REVIEW),
)
