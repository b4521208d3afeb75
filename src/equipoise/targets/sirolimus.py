"""Trough windows of sirolimus by indication, whole blood.

Not here, because no source that was read prints a window: pure red cell aplasia, chronic GVHD
(the EBMT Handbook asks for "regular blood levels" without one), prevention of GVHD with cord
blood or a T-cell depleted graft. Cold agglutinin disease has no window because it has no
evidence for sirolimus at all. The 10-14 ng/mL that is told of the BMT CTN 1501 trial and the
5-15 ng/mL told of Feng 2020 in adult ITP were not found in print; they are named as conflicts.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from equipoise.source import Evidence, Source, Standing
from equipoise.target import Absence, Metric, Target

REVIEWED = date(2026, 11, 22)

_TRIAL_2303 = (
    "the abstract of the trial has 4-12 ng/mL, its registry record 4-15 ng/mL; "
    "response was unrelated to the level in one series (Li 2020, doi:10.1016/j.exphem.2020.08.001) "
    "and rose with it in another (doi:10.1080/07853890.2023.2282180)"
)

_HEMOLYSIS = Target(
    id="sirolimus_waiha_evans_4_12",
    agent="sirolimus",
    analyte="sirolimus",
    metric=Metric.TROUGH,
    low=4.0,
    high=12.0,
    unit="ng/mL",
    indications=("aiha", "evans"),
    platforms=(),
    ages=(18.0, math.inf),
    line="relapsed or refractory warm autoimmune hemolytic anemia and Evans syndrome (not cold "
    "agglutinin disease, where nothing supports sirolimus), 1-3 mg daily for at least 6 months",
    source=Source(
        "NCT05925023, prospective, warm AIHA and Evans syndrome (n=78)",
        where="abstract",
        note="read as abstract; ages are not in it, adults is our reading",
    ),
    standing=Standing.PUBLISHED,
    evidence=Evidence("4"),
    era="registered 2023",
    reviewed_on=REVIEWED,
    because="a stable responder at 13 ng/mL is above the window of the abstract and inside that "
    "of the registry record: whether to lower the dose hangs on which one the team follows",
    conflict=_TRIAL_2303,
)

TARGETS: tuple[Target, ...] = (
    Target(
        id="sirolimus_itp_5_15",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=15.0,
        unit="ng/mL",
        indications=("itp",),
        platforms=(),
        ages=(0.0, math.inf),
        line="second line; adults start 2-4 mg and continue 1-2 mg daily, children start "
        "1-2 mg and continue 0.5-1 mg daily",
        source=Source(
            "Sirolimus as second-line treatment of ITP (n=20), Blood Coagul Fibrinolysis",
            doi="10.1097/MBC.0000000000001303",
            where="abstract",
            note="read as abstract: 'typically between 5 and 15 ng/mL', adults and children, no "
            "age limit printed",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("4"),
        era="published 2024",
        reviewed_on=REVIEWED,
        because="a trough of 4.5 ng/mL is below this window and inside the other ITP window: "
        "whether the dose is raised hangs on which one the team follows",
        conflict="ChiCTR-ONC-17012126, refractory ITP, has 4-15 ng/mL; a later report of the same "
        "registration (Feng 2020, doi:10.3389/fmed.2020.00110) is told to have 5-15 ng/mL, which "
        "was not found in print",
    ),
    Target(
        id="sirolimus_itp_refractory_4_15",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=4.0,
        high=15.0,
        unit="ng/mL",
        indications=("itp",),
        platforms=(),
        ages=(18.0, math.inf),
        line="refractory or relapsed, adults; 2 mg daily (at first at most 4 mg) for 3 months, "
        "then 0.5 mg less every 2 weeks",
        source=Source(
            "ChiCTR-ONC-17012126, early multicenter report in refractory ITP",
            where="abstract",
            note="read as abstract; the later single-center report of this registration is not a "
            "second source",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("4"),
        era="registered 2017",
        reviewed_on=REVIEWED,
        because="a trough between 4 and 5 ng/mL is inside this window and below the other",
        conflict="the second-line series has 5-15 ng/mL (doi:10.1097/MBC.0000000000001303), and "
        "so has a randomized trial in new ITP with dexamethasone (doi:10.1182/blood-2024-207041)",
    ),
    Target(
        id="sirolimus_itp_first_line_5_15",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=15.0,
        unit="ng/mL",
        indications=("itp",),
        platforms=(),
        ages=(18.0, math.inf),
        line="newly diagnosed, adults; 2 mg daily for 3 months with dexamethasone 40 mg for 4 days",
        source=Source(
            "Sirolimus with dexamethasone in new ITP, randomized, 13 centers, Blood 2024 (ASH)",
            doi="10.1182/blood-2024-207041",
            where="abstract",
            note="conference abstract with preliminary results",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("1b"),
        era="published 2024",
        reviewed_on=REVIEWED,
        because="the only window that was set beside a randomized comparison in ITP, and it is "
        "for the first three months with dexamethasone, not for refractory disease",
        conflict="in refractory ITP 4-15 ng/mL was used (ChiCTR-ONC-17012126)",
    ),
    Target(
        id="sirolimus_child_cytopenia_5_15",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=15.0,
        unit="ng/mL",
        indications=("itp", "aiha", "evans", "immune_cytopenia"),
        platforms=(),
        ages=(1.0, 16.0),
        line="refractory immune cytopenia of one or several lineages, children 1-15 years; "
        "1.5 mg/m2 once daily, then by level from day 7",
        source=Source(
            "Cheng 2020, Int J Immunopathol Pharmacol",
            doi="10.1177/2058738420934936",
            where="Methods",
            note="from an open transcription of the paper; measured by FPIA, an immunoassay "
            "(another one reads about 30 % higher than LC-MS/MS, secondary source). The paper's "
            "groups are single- and multi-lineage cytopenia; ITP, AIHA and Evans syndrome are our "
            "reading",
        ),
        standing=Standing.TRANSCRIBED,
        evidence=None,
        era="2016-2017",
        reviewed_on=REVIEWED,
        because="the cohort's troughs were drawn on day 7 or later, 0.5 h before the dose, and its "
        "dose table follows weight and bilirubin to 5-15 ng/mL",
    ),
    Target(
        id="sirolimus_alps_5_15",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=15.0,
        unit="ng/mL",
        indications=("alps",),
        platforms=(),
        ages=(1.0, 30.0),
        line="ALPS and multi-lineage cytopenia, over 1 to under 30 years",
        source=Source(
            "Bride 2016, Blood",
            doi="10.1182/blood-2015-07-657981",
            where="from memory",
            note="the window was not found in print; the registry record (NCT00392951) gives the "
            "ages and no window",
        ),
        standing=Standing.PROVISIONAL,
        evidence=Evidence("4"),
        era="published 2016",
        reviewed_on=REVIEWED,
        because="nothing may be dosed on this until the window has been read in the paper",
    ),
    _HEMOLYSIS,
    replace(
        _HEMOLYSIS,
        id="sirolimus_waiha_evans_4_15",
        high=15.0,
        source=Source(
            "NCT05925023, prospective, warm AIHA and Evans syndrome",
            where="registry record (copy)",
            note="registry text; ages were not read, adults is our reading",
        ),
        because="a stable responder at 13 ng/mL stays inside this window",
    ),
    Target(
        id="sirolimus_gvhd_prophylaxis_3_12",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=3.0,
        high=12.0,
        unit="ng/mL",
        indications=("gvhd_prophylaxis",),
        platforms=("adult_related",),
        ages=(18.0, math.inf),
        line="with tacrolimus 5-10 ng/mL (some with low-dose methotrexate), matched related donor, "
        "reduced-intensity busulfan and fludarabine, from day -3",
        source=Source(
            "Tacrolimus and sirolimus with or without methotrexate, matched related donors, "
            "PMC2700950",
            where="abstract",
            note="read as abstract; it says serum where whole blood is meant; ages were not read, "
            "adults is our reading",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("2b"),
        era="published 2009 or earlier",
        reviewed_on=REVIEWED,
        because="a trough of 9-12 ng/mL is inside this window, and after myeloablative "
        "conditioning a mean of 9 and over on days 11-20 went with more SOS; this window was "
        "studied after reduced intensity",
        conflict="after myeloablative conditioning SOS was more frequent at a mean of 9 ng/mL and "
        "over on days 11-20 (doi:10.1038/s41409-020-0987-1), while CMV DNAemia was rarer above 8 "
        "ng/mL (doi:10.1111/ajt.14754): the usable early window is narrow",
    ),
    Target(
        id="sirolimus_gvhd_prophylaxis_unrelated_3_12",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=3.0,
        high=12.0,
        unit="ng/mL",
        indications=("gvhd_prophylaxis",),
        platforms=("adult_unrelated",),
        ages=(18.0, math.inf),
        line="with ciclosporin and mycophenolate, unrelated donor, non-myeloablative",
        source=Source(
            "Sandmaier 2019, Lancet Haematol",
            doi="10.1016/S2352-3026(19)30088-2",
            where="from memory",
            note="the trial's outcomes were read in a secondary report; its window was not",
        ),
        standing=Standing.PROVISIONAL,
        evidence=Evidence("1b"),
        era="published 2019",
        reviewed_on=REVIEWED,
        because="the partner is ciclosporin, which raises sirolimus: the window with tacrolimus "
        "and a related donor does not simply carry over",
    ),
    Target(
        id="sirolimus_agvhd_refractory_4_12",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=4.0,
        high=12.0,
        unit="ng/mL",
        indications=("agvhd_refractory",),
        platforms=(),
        ages=(18.0, math.inf),
        line="steroid-refractory or -intolerant; load in 19 of 34, median 6 mg (3-8), then 1-2 mg "
        "daily",
        source=Source(
            "Sirolimus for steroid-refractory acute GVHD (n=34), Bone Marrow Transplant",
            doi="10.1038/bmt.2009.343",
            where="abstract",
            note="read as abstract; ages are not in it, adults is our reading",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("4"),
        era="published 2009",
        reviewed_on=REVIEWED,
        because="a load is usual here, so the first trough is judged by a two-compartment model "
        "and not as a steady state",
    ),
    Target(
        id="sirolimus_agvhd_first_line_5_14",
        agent="sirolimus",
        analyte="sirolimus",
        metric=Metric.TROUGH,
        low=5.0,
        high=14.0,
        unit="ng/mL",
        indications=("agvhd_first_line",),
        platforms=(),
        ages=(18.0, math.inf),
        line="first line in place of steroid, retrospective (n=32)",
        source=Source(
            "Sirolimus as primary treatment of acute GVHD (n=32), PMID 21565902",
            where="abstract",
            note="read as abstract; ages are not in it, adults is our reading",
        ),
        standing=Standing.PUBLISHED,
        evidence=Evidence("3b"),
        era="published 2011",
        reviewed_on=REVIEWED,
        because="3 of the 32 had thrombotic microangiopathy (their levels at that time were not "
        "read): creatinine, LDH and schistocytes belong beside the level",
        conflict="the randomized trial BMT CTN 1501 (doi:10.1182/blood.2019003125) is told to have "
        "aimed at 10-14 ng/mL, which was not found in print",
    ),
)

ABSENT: tuple[Absence, ...] = (
    Absence(
        agent="sirolimus",
        reason="no trough window of sirolimus in pure red cell aplasia was found in print: the "
        "prospective study of 64 patients names none in its abstract",
        source=Source(
            "Sirolimus in acquired pure red cell aplasia (n=64), Leukemia",
            doi="10.1038/s41375-022-01532-1",
            where="abstract",
        ),
        standing=Standing.PUBLISHED,
        reviewed_on=REVIEWED,
        indications=("prca",),
    ),
    Absence(
        agent="sirolimus",
        reason="no trough window of sirolimus in chronic GVHD was found in print: the EBMT "
        'Handbook asks for "regular blood levels" and prints none, nor does the abstract of the '
        "randomized trial BMT CTN 0801",
        source=Source(
            "EBMT Handbook 2024, chapter 44",
            doi="10.1007/978-3-031-44080-9_44",
            where="Tables 44.1 and 44.2",
        ),
        standing=Standing.PUBLISHED,
        reviewed_on=REVIEWED,
        indications=("cgvhd",),
    ),
)
"""Where a window is looked for and there is none."""
