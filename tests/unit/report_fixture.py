"""Assessments made by hand, so that the report can be tested without the job that fills it.

Curves are drawn from a one-compartment sum with factors for the bands: shapes, not predictions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from equipoise.advice import Advice, Recommendation, Verdict
from equipoise.assessment import (
    NOT_FOR_DOSING,
    Assessment,
    Day,
    DoseMark,
    Exposure,
    Level,
    NextSample,
    Option,
    OptionList,
    Summary,
)
from equipoise.criterion import Because, Grade, Missing, Truth
from equipoise.decision import DecisionOption, Need, OpenDecision
from equipoise.source import Evidence, Source, Standing
from equipoise.target import Design, Effect, Metric, Refused, Target

MODEL_PAPER = Source("Author A 2012, Journal", "10.1000/a", "Table 2")
WINDOW = Source("Author B 2016, Journal", "10.1000/b", "Methods")
LABEL = Source("Posaconazole, US prescribing information", where="section 4.2")
SERIES = Source("Author C 2015, Journal", "", "abstract", "read as abstract only")
OUTCOME = Source("Author D 2020, Journal", "10.1000/example<2020>&x", "Table 4")
LEE = Source("Lee 2019, Biol Blood Marrow Transplant", "10.1016/j.bbmt.2018.12.758", "Table 2")
HINES = Source("Hines 2023, Transplant Cell Ther", "10.1016/j.jtct.2023.03.006", "Table 1")
FARDET = Source("Fardet 2014, Arthritis Rheumatol", "10.1002/art.38690", "Table 3")
ATG_STUDY = Source("Author E 2017, Journal", "10.1000/e", "Figure 2")

TITLES = {
    "crs_astct2019": "CRS (ASTCT 2019)",
    "icans_astct2019": "ICANS (ASTCT 2019)",
    "iechs_astct2023": "IEC-HS (ASTCT 2023)",
    "hscore_2014": "HScore (2014)",
    "icaht_early_2023": "ICAHT early (2023)",
}

FACTORS = (0.55, 0.80, 1.0, 1.25, 1.80)


def target(
    *, metric: Metric = Metric.TROUGH, low: float = 5.0, high: float = 15.0, unit: str = "ng/mL"
) -> Target:
    return Target(
        id="sirolimus_cytopenia_trough",
        agent="sirolimus",
        analyte="sirolimus",
        metric=metric,
        low=low,
        high=high,
        unit=unit,
        indications=("itp", "evans", "alps"),
        platforms=(),
        ages=(0.0, math.inf),
        line="second line",
        source=WINDOW,
        standing=Standing.PUBLISHED,
        evidence=Evidence("2b"),
        era="2007-2015",
        reviewed_on=date(2025, 1, 1),
        because="the window of the multi-institution trial in autoimmune cytopenia",
        conflict="a later series aims at 4-12 ng/mL",
    )


def curve(
    times: Sequence[float], doses: Sequence[DoseMark], *, rate: float = 0.0115, volume: float = 0.15
) -> list[float]:
    out = []
    for t in times:
        total = 0.0
        for d in doses:
            if d.status != "held" and t > d.at:
                lag = t - d.at
                total += d.amount / volume * (math.exp(-rate * lag) - math.exp(-0.8 * lag))
        out.append(total)
    return out


def bands(
    values: Sequence[float], factors: Sequence[float] = FACTORS
) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(v * f for v in values) for f in factors)


def effect() -> Effect:
    return Effect(
        id="sirolimus_sos_trough",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        unit="ng/mL",
        applies_low=9.0,
        applies_high=math.inf,
        outcome="more sinusoidal obstruction syndrome",
        estimand="SOS by day 100, mean trough of day 11-20 at or above 9 ng/mL",
        scale="hazard ratio",
        estimate=3.68,
        low=1.58,
        high=8.56,
        baseline="cohort of adult transplants",
        design=Design.COHORT,
        cohort="adults after transplantation",
        era="2006-2015",
        adjustment="none printed",
        cut_point="data-derived",
        validation="none",
        platforms=(),
        source=OUTCOME,
        standing=Standing.TRANSCRIBED,
    )


def sirolimus_exposure() -> Exposure:
    doses = [DoseMark(24.0 * i, 0.0, "2 mg oral", 2.0, "mg", "given") for i in range(12)]
    doses[5] = replace(doses[5], status="held")
    doses += [DoseMark(24.0 * i, 0.0, "2 mg oral", 2.0, "mg", "planned") for i in range(12, 20)]
    times = tuple(2.0 * i for i in range(240))
    values = curve(times, doses)
    narrow = (0.74, 0.9, 1.0, 1.11, 1.35)
    levels = (
        Level(
            at=47.5,
            known=54.0,
            known_assumed=True,
            text="9.9 ng/mL",
            number=9.9,
            censored="",
            prior_median=17.5,
            posterior_median=15.0,
            standardized=-0.62,
            verdict="suspect",
            reasons=("drawn before steady state, which this model needs", "one of two doses"),
            method="LC-MS/MS",
        ),
        Level(
            at=263.5,
            known=270.0,
            known_assumed=False,
            text="31.2 ng/mL",
            number=31.2,
            censored="",
            prior_median=36.4,
            posterior_median=31.0,
            standardized=-0.4,
            verdict="used",
            reasons=(),
            method="LC-MS/MS",
        ),
        Level(
            at=12.0,
            known=18.0,
            known_assumed=False,
            text="<2.0 ng/mL",
            number=2.0,
            censored="<",
            prior_median=1.5,
            posterior_median=1.4,
            standardized=math.nan,
            verdict="used",
            reasons=(),
            method="",
        ),
    )
    return Exposure(
        agent="sirolimus",
        agent_label="Sirolimus",
        analyte="sirolimus",
        unit="ng/mL",
        model="sirolimus_made_up",
        model_title="two compartments, saturable absorption (made up)",
        standing=Standing.PUBLISHED,
        watermark="",
        purposes=("steady-state trough", "washout"),
        times=times,
        prior=bands(values),
        posterior=bands([0.85 * v for v in values], narrow),
        levels=levels,
        pending=(287.0,),
        doses=tuple(doses),
        summaries=(
            Summary(
                "trough",
                "Steady-state trough on the present dose",
                "ng/mL",
                (6.1, 8.9, 11.7, 15.2, 22.4),
                (7.2, 8.1, 8.94, 9.9, 11.6),
                0.43,
            ),
            Summary(
                "auc",
                "AUC over a dosing interval",
                "ng.h/mL",
                (180.0, 260.0, 341.0, 440.0, 655.0),
                (math.nan,) * 5,
                math.nan,
            ),
        ),
        targets=(target(low=12.0, high=30.0),),
        refused=(
            Refused(target(low=4.0, high=12.0), "studied in adult unrelated, this record: none"),
        ),
        effects=(effect(),),
        etas=(("CL", -0.21, 0.14), ("V", 0.02, 0.30)),
        pareto_k=0.31,
        ess=1843.0,
        method="posterior draws",
        cautions=("outside the model's domain: weight 104 kg, studied 45-98 kg",),
        weight=0.64,
    )


def sirolimus_options(*, none_reaches: bool = False) -> OptionList:
    scale = 0.2 if none_reaches else 1.0
    rows = []
    for key, label, scenario, below, within in (
        ("half_label", "half the dose (1 mg a day)", "healthy volunteers, ratio 8.9", 0.004, 0.12),
        ("half_hct", "half the dose (1 mg a day)", "transplant series, ratio 2.7", 0.06, 0.58),
        ("third_hct", "a third of the dose", "transplant series, ratio 2.7", 0.12, 0.71),
        ("same_other", "the present dose, an echinocandin", "", 0.09, 0.83),
        ("hold", "hold for 7 days", "transplant series, ratio 2.7", 0.44, 0.50),
    ):
        inside = within * scale
        rows.append(
            Option(
                id=key,
                label=label,
                course=("1 mg oral every 24 h",),
                scenario=scenario,
                exposure=(5.1, 7.6, 9.63, 12.4, 18.8),
                below=below,
                within=inside,
                above=1.0 - below - inside,
                measured_within=inside * 0.93,
                error=0.011,
                notes=("tablets of 0.5 mg",),
            )
        )
    rows.sort(key=lambda o: -o.within)
    return OptionList(
        agent="sirolimus",
        model="sirolimus_made_up",
        target=target(),
        standing=Standing.PUBLISHED,
        watermark="",
        metric_label="steady-state trough",
        at=288.0,
        options=tuple(rows),
        none_reaches=none_reaches,
        reach=0.5,
        refused="",
        next_samples=(NextSample(359.5, 0.27, 366.0, "a trough on the fourth day"),),
        cautions=("the two published ratios differ threefold; both are shown",),
        last_changeable=312.0,
        decision="azole_on_sirolimus",
    )


def dose_options(*, none_reaches: bool = False) -> OptionList:
    """The courses of the offer, nothing else changing, best first."""
    scale = 0.2 if none_reaches else 1.0
    rows = tuple(
        Option(
            id=f"offer_{i}",
            label=label,
            course=(f"{label} oral every 24 h",),
            scenario="",
            exposure=(5.1, 7.6, 9.63, 12.4, 18.8),
            below=0.05,
            within=scale * within,
            above=0.95 - scale * within,
            measured_within=scale * within * 0.9,
            error=0.011,
            notes=("tablets of 0.5 mg",),
        )
        for i, (label, within) in enumerate((("2 mg", 0.83), ("1.5 mg", 0.71), ("1 mg", 0.44)))
    )
    return replace(
        sirolimus_options(none_reaches=none_reaches), options=rows, decision="", cautions=()
    )


def azole_decision() -> OpenDecision:
    return OpenDecision(
        id="azole_on_sirolimus",
        question="Posaconazole is planned while sirolimus runs: which antifungal, which dose?",
        who="transplant physician with the pharmacist and infectious diseases",
        opens=264.0,
        closes=312.0,
        closes_why="first planned dose of posaconazole",
        first=(
            "US label of posaconazole, section 4.2: sirolimus is contraindicated with it",
            "the EBMT Handbook advises against the combination",
        ),
        because=(Because("posaconazole", 312.0, "300 mg oral", "planned"),),
        needs=(
            Need("sirolimus", True, "a sirolimus trough at steady state"),
            Need(
                "bilirubin", False, "bilirubin of the last 72 h: liver impairment halves the dose"
            ),
        ),
        options=(
            DecisionOption(
                "Another antifungal",
                "an echinocandin lowers sirolimus a little and needs no change in advance",
                (SERIES,),
                Standing.PROVISIONAL,
                computed=("same_other",),
            ),
            DecisionOption(
                "Reduce sirolimus and combine",
                "done in series of transplant patients against the label",
                (SERIES,),
                Standing.TRANSCRIBED,
                status="contraindicated",
                computed=("half_label", "half_hct", "third_hct"),
                evidence=Evidence("4"),
            ),
            DecisionOption(
                "Hold sirolimus",
                "until the azole has ended",
                (),
                Standing.HYPOTHESIS,
                computed=("hold",),
            ),
            DecisionOption(
                "Stop sirolimus for good",
                "where the cytopenia is in remission",
                (),
                Standing.HYPOTHESIS,
            ),
            DecisionOption(
                "Everolimus instead",
                "no odds",
                (),
                Standing.HYPOTHESIS,
                computed=("everolimus_switch",),
            ),
        ),
        evidence=(
            (
                "single doses of sirolimus rose 8.9-fold in healthy volunteers, at steady state "
                "after transplantation 2.7-fold",
                SERIES,
                Standing.TRANSCRIBED,
            ),
        ),
        would_change=("proof of an infection that only this azole covers",),
        monitor=("trough on day 3 and day 7 after any change",),
        stop=("trough above 15 ng/mL twice",),
        standing=Standing.TRANSCRIBED,
        notes=("odds assume full adherence",),
    )


def rule(
    key: str,
    title: str,
    statement: str,
    *,
    label_status: str = "",
    source: Source = LABEL,
    evidence: Evidence | None = None,
) -> Recommendation:
    return Recommendation(
        id=key,
        title=title,
        statement=statement,
        source=source,
        standing=Standing.PUBLISHED,
        evidence=evidence,
        predicate=lambda _s: Verdict(Truth.UNKNOWN),
        label_status=label_status,
        region="US" if label_status else "",
        label_date="2022" if label_status else "",
        strength="strong" if evidence else "",
    )


def advice() -> tuple[Advice, ...]:
    return (
        Advice(
            rule(
                "azole",
                "Posaconazole with sirolimus",
                "sirolimus is contraindicated with posaconazole",
                label_status="contraindicated",
            ),
            Truth.MET,
            (Because("posaconazole", 312.0, "300 mg oral", "planned"),),
            (),
            "posaconazole is planned for tomorrow",
        ),
        Advice(
            rule(
                "hepatic",
                "Sirolimus in liver impairment",
                "reduce the maintenance dose by a third to a half",
                evidence=Evidence("4"),
            ),
            Truth.UNKNOWN,
            (),
            ("bilirubin", "albumin"),
            "",
        ),
        Advice(
            rule("atg_units", "Units of ATG", "active and total ATG are different quantities"),
            Truth.NOT_MET,
            (),
            (),
            "no ATG in this record",
        ),
    )


def assessment_of(**changes: object) -> Assessment:
    base = Assessment(
        record="bare",
        at=288.0,
        clock="2025-03-22T09:00:00+01:00",
        day0="2025-03-10T09:00:00+01:00",
        day=12,
        research=False,
        header=(("Sex", "female"), ("Age", "41 years"), ("Weight", "68 kg (day +10)")),
        decisions=(),
        exposures=(),
        options=(),
        grades=(),
        daily={},
        criterion_titles=TITLES,
        recorded=(),
        advice=(),
        events=(),
        cautions=(),
        sources=(),
        made_by=(),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def sirolimus(*, none_reaches: bool = False) -> Assessment:
    """An adult on sirolimus, posaconazole planned for tomorrow."""
    return assessment_of(
        record="sirolimus-adult",
        header=(
            ("Day", "+12"),
            ("Sex", "female"),
            ("Age", "41 years"),
            ("Weight", "104 kg (day +10)"),
            ("Indication", "immune thrombocytopenia"),
            ("Platform", "none given"),
        ),
        decisions=(azole_decision(),),
        exposures=(sirolimus_exposure(),),
        options=(
            sirolimus_options(none_reaches=none_reaches),
            dose_options(none_reaches=none_reaches),
        ),
        advice=advice(),
        events=(
            (0.0, "dose", "sirolimus 2 mg oral, given"),
            (47.5, "measurement", "sirolimus 9.9 ng/mL"),
            (120.0, "dose", "sirolimus 2 mg oral, held"),
            (263.5, "measurement", "sirolimus 31.2 ng/mL"),
            (287.0, "procedure", "level drawn: sirolimus"),
            (312.0, "dose", "posaconazole 300 mg oral, planned"),
        ),
        cautions=("the time of knowing the first level was assumed: 6.5 h after drawing",),
        sources=(
            (MODEL_PAPER, Standing.PUBLISHED),
            (WINDOW, Standing.PUBLISHED),
            (LABEL, Standing.PUBLISHED),
            (SERIES, Standing.TRANSCRIBED),
            (OUTCOME, Standing.PROVISIONAL),
        ),
        made_by=(("Equipoise", "0.1.0"), ("Seed", "20250322"), ("Input SHA-256", "9f2c" * 16)),
    )


def grade(
    criterion: str,
    at: float,
    low: int | None,
    high: int | None,
    *,
    kind: str = "grade",
    met: bool | None = None,
    status: str | None = None,
    missing: tuple[Missing, ...] = (),
    because: tuple[Because, ...] = (),
    sentence: str = "as observed",
    source: Source = LEE,
    standing: Standing = Standing.PUBLISHED,
    probability: tuple[float, float] | None = None,
    since: float | None = None,
) -> Grade:
    settled = low if low is not None and low == high else None
    return Grade(
        criterion=criterion,
        at=at,
        low=low,
        high=high,
        grade=settled if kind == "grade" else None,
        score=settled if kind == "score" else None,
        met=met,
        since=since,
        because=because,
        missing=missing,
        sentence=sentence,
        source=source,
        standing=standing,
        status=status,
        probability_low=probability[0] if probability else None,
        probability_high=probability[1] if probability else None,
    )


OXYGEN = Missing(
    "oxygen_device",
    (
        ("none", 2, 2),
        ("nasal_cannula", 2, 2),
        ("face_mask", 3, 3),
        ("cpap", 4, 4),
        ("ventilator", 4, 4),
    ),
)


def cart() -> Assessment:
    """A patient after CAR-T, days 0 to 16, graded day by day from what was known."""
    crs = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 1), (0, 4), (0, 4), (0, 0), (0, 0), (0, 4), (0, 4),
           (3, 4), (3, 4), (2, 4), (2, 4), (1, 3), (0, 4)]  # fmt: skip
    icans = [(0, 4)] * 17
    hscore: list[tuple[int | None, int | None]] = [(35, 276)] * 11 + [(84, 301)] * 3
    hscore += [(169, 301), (169, 301), (187, 187)]
    met = [None] * 9 + [False] * 2 + [None] * 3 + [True] * 3

    def days(name: str, answers: Sequence[tuple[int | None, int | None]], kind: str) -> tuple:  # type: ignore[type-arg]
        return tuple(
            Day(i, grade(name, 24.0 * i + 14.0, a, b, kind=kind, missing=(OXYGEN,)))
            for i, (a, b) in enumerate(answers)
        )

    iechs = tuple(
        Day(
            i,
            grade(
                "iechs_astct2023",
                24.0 * i + 14.0,
                None if i < 2 else 0,
                None if i < 2 else 1,
                kind="met",
                met=m,
                status=None if i < 2 else "possible",
                source=HINES,
                standing=Standing.PROVISIONAL,
            ),
        )
        for i, m in enumerate(met)
    )
    late = [(None, None)] * 3 + [(0, 4)] * 9 + [(1, 4)] * 5
    now = 16 * 24.0 + 13.5
    grades = (
        grade(
            "crs_astct2019",
            now,
            2,
            4,
            since=11 * 24.0 + 3.0,
            because=(
                Because("temperature", now - 4.0, "38.4 Cel"),
                Because("hypotension", now - 3.0, "present", "assumed by the charting convention"),
            ),
            missing=(OXYGEN,),
            sentence="at least grade 2: fever and hypotension without vasopressor; "
            "oxygen need unknown",
        ),
        grade(
            "hscore_2014",
            now,
            169,
            301,
            kind="score",
            met=True,
            probability=(0.53, 0.999),
            because=(Because("ferritin", 14 * 24.0, "800000 ng/mL"),),
            missing=(Missing("triglycerides", (("< 132.7 mg/dL", 169, 257), ("> 354", 233, 301))),),
            sentence="at least 169 points",
            source=FARDET,
        ),
        grade(
            "iechs_astct2023",
            now,
            0,
            1,
            kind="met",
            met=True,
            status="consistent",
            sentence="required element and timing hold",
            source=HINES,
            standing=Standing.PROVISIONAL,
        ),
        grade(
            "icaht_early_2023",
            now,
            None,
            None,
            sentence="no neutrophil count in the record",
            standing=Standing.PROVISIONAL,
        ),
    )
    wave = OpenDecision(
        id="second_wave",
        question="A second inflammatory wave after CAR-T: treat as IEC-HS now, or wait and test?",
        who="cell therapy physician",
        opens=11 * 24.0,
        closes=None,
        closes_why="",
        first=(),
        because=(Because("ferritin", 14 * 24.0, "800000 ng/mL"),),
        needs=(Need("infection", False, "infection excluded or proven"),),
        options=(
            DecisionOption("Corticosteroid and anakinra", "first step of the ladder", (HINES,),
                           Standing.PUBLISHED),
            DecisionOption("Watch and test twice a day", "", (HINES,), Standing.PUBLISHED),
        ),
        evidence=(("expert opinion of the working group", HINES, Standing.PUBLISHED),),
        would_change=("an infection is proven",),
        monitor=("ferritin, fibrinogen, triglycerides daily",),
        stop=("ferritin falls by half and no fever for 48 h",),
        standing=Standing.PUBLISHED,
    )  # fmt: skip
    return assessment_of(
        record="cart-case-a",
        at=now,
        day=16,
        day0="2020-01-06T10:00:00+00:00",
        header=(
            ("Sex", "male"),
            ("Age", "22 years"),
            ("Weight", "unknown"),
            ("Indication", "CAR-T"),
        ),
        decisions=(wave,),
        grades=grades,
        daily={
            "crs_astct2019": days("crs_astct2019", crs, "grade"),
            "icans_astct2019": days("icans_astct2019", icans, "grade"),
            "iechs_astct2023": iechs,
            "hscore_2014": days("hscore_2014", hscore, "score"),
            "icaht_early_2023": days("icaht_early_2023", late, "grade"),
        },
        recorded=(("crs_astct2019", 6.0, "grade 1"), ("crs_astct2019", 50.0, "grade 2")),
        events=(
            (0.0, "cells", "tisagenlecleucel"),
            (6.0, "finding", "recorded grade crs_astct2019 1"),
            (50.0, "dose", "tocilizumab 8 mg/kg, given"),
            (264.0, "finding", "fever present"),
            (336.0, "measurement", "ferritin 800000 ng/mL"),
        ),
        sources=((LEE, Standing.PUBLISHED), (HINES, Standing.PROVISIONAL)),
        made_by=(("Equipoise", "0.1.0"),),
    )


def atg() -> Assessment:
    """An adult on ATG in research mode, one level pending, one dose still changeable."""
    doses = tuple(
        DoseMark(-96.0 + 24.0 * i, 6.0, "160 mg iv over 6 h", 160.0, "mg", status)
        for i, status in enumerate(("given", "given", "partial", "planned"))
    )
    times = tuple(float(t) for t in range(-96, 240, 2))
    values = curve(times, doses, rate=0.0113, volume=7.84)
    levels = tuple(
        Level(at, at + 24.0, False, text, number, "", number * 1.1, number, 0.3, "used", (),
              "flow cytometry")
        for at, text, number in ((-72.5, "17.1 AU/mL", 17.1), (-48.5, "28.9 AU/mL", 28.9))
    )  # fmt: skip
    window = target(metric=Metric.AUC_POST, low=60.0, high=95.0, unit="[UE].d/mL")
    exposure = replace(
        sirolimus_exposure(),
        agent="thymoglobulin",
        agent_label="Thymoglobulin (active ATG)",
        analyte="atg_active_au",
        unit="AU/mL",
        model="atg_thymoglobulin_linear",
        model_title="one compartment, linear",
        standing=Standing.PROVISIONAL,
        watermark=NOT_FOR_DOSING,
        times=times,
        prior=bands(values),
        posterior=bands(values, (0.82, 0.93, 1.0, 1.07, 1.22)),
        levels=levels,
        pending=(-26.0,),
        doses=doses,
        summaries=(
            Summary("auc_post", "AUC after the graft", "AU.d/mL", (20.0, 41.0, 62.0, 90.0, 151.0),
                    (38.0, 47.0, 55.5, 64.0, 80.0), 0.62),
        ),
        targets=(),
        refused=(
            Refused(window, "its unit is [UE].d/mL (atg_active_ue), the levels are atg_active_au; "
                            "no conversion between these units exists"),
        ),
        effects=(),
        weight=1.0,
        pareto_k=math.nan,
        ess=math.nan,
        cautions=("the model is provisional: clearance and volume from an abstract",),
    )  # fmt: skip
    options = replace(
        sirolimus_options(),
        agent="thymoglobulin",
        model="atg_thymoglobulin_linear",
        target=window,
        standing=Standing.PROVISIONAL,
        watermark=NOT_FOR_DOSING,
        metric_label="AUC after the graft",
        options=(),
        refused="the levels are in AU/mL and the only published window is in UE.d/mL",
        next_samples=(),
        cautions=(),
        last_changeable=-24.0,
        decision="atg_remaining",
    )
    return assessment_of(
        record="atg-haploidentical",
        at=-25.0,
        day=-1,
        research=True,
        exposures=(exposure,),
        options=(options,),
        sources=((ATG_STUDY, Standing.PROVISIONAL),),
        made_by=(("Mode", "research"), ("Seed", "7")),
    )


def hostile() -> Assessment:
    """Words that would be markup, style or script where they were not escaped."""
    bad = "<script>alert(1)</script>\"'&</style></title>{{ 7*7 }}"
    decision = replace(azole_decision(), question=bad, who=bad, first=(bad,), notes=(bad,))
    exposure = replace(sirolimus_exposure(), agent_label=bad, cautions=(bad,), model=bad)
    return replace(
        sirolimus(),
        record=bad,
        header=((bad, bad),),
        decisions=(decision,),
        exposures=(exposure,),
        events=((0.0, bad, bad),),
        cautions=(bad,),
        grades=(grade("crs_astct2019", 0.0, 1, 3, sentence=bad),),
        daily={"crs_astct2019": (Day(0, grade("crs_astct2019", 0.0, 1, 3)),)},
        criterion_titles={"crs_astct2019": bad},
        recorded=(("crs_astct2019", 0.0, bad),),
        made_by=((bad, bad),),
        sources=((Source(bad, "10.1/" + bad, bad, bad), Standing.PUBLISHED),),
    )
