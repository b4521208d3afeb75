"""What other treatment means for infused cells: rules in print for the panel of what is on board,
and the one of them that is advice.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Because, Truth, seen
from equipoise.names import in_group
from equipoise.onboard import Rule
from equipoise.record import SAME_TIME
from equipoise.source import Evidence, Source, Standing

ONE_MONTH = 30.0 * 24.0
"""Hours: "about 1 month" of the handbook."""

ATLG_LEVEL = Source(
    "Haematologica 2024 (active ATLG in children, day below 1 AU/mL)",
    doi="10.3324/haematol.2023.284632",
    where="abstract",
    note="the day on which active antibody fell below 1 AU/mL; later meant less acute GVHD and "
    "slower CD4 recovery",
)
IN_VITRO = Source(
    "Bone Marrow Transplant (active and total rabbit ATG, n = 3 adults, 6 mg/kg)",
    doi="10.1038/s41409-019-0505-5",
    where="abstract",
    note="no line at which killing ends; that of 1 AU/mL is borrowed from ATLG in children",
)
ALEMTUZUMAB_LEVEL = Source(
    "Blood 2016;127(4):503 (alemtuzumab at the graft, 105 patients)",
    where="abstract",
    note="lytic threshold about 0.1 to 0.16 ug/mL; groups of 0.15 and below against 0.16 and above",
)
HANDBOOK = Source(
    "EBMT Handbook 2024, donor lymphocytes",
    doi="10.1007/978-3-031-44080-9_59",
    where="chapter 59, text around Table 59.1",
    note="level C, expert opinion",
)
T_CELLS = Source(
    "Blood 2022 (blinatumomab after transplantation)",
    doi="10.1182/blood.2021013290",
    where="abstract",
)

RULES: tuple[Rule, ...] = (
    Rule(
        id="active_atlg_below_1",
        agents=("grafalon",),
        products=(),
        statement="active ATLG was counted as gone below 1 AU/mL; where it stayed longer, acute "
        "GVHD was rarer and CD4 cells came later",
        source=ATLG_LEVEL,
        standing=Standing.PUBLISHED,
        analyte="atg_active_au",
        limit=1.0,
        unit="AU/mL",
    ),
    Rule(
        id="active_atg_below_1",
        agents=("thymoglobulin",),
        products=(),
        statement="killing by serum was seen in vitro down to 0.03 ug/mL of active antibody; the "
        "line of 1 AU/mL is ATLG's, and below it ATG need not be gone",
        source=IN_VITRO,
        standing=Standing.PROVISIONAL,
        analyte="atg_active_au",
        limit=1.0,
        unit="AU/mL",
    ),
    Rule(
        id="alemtuzumab_lytic",
        agents=("alemtuzumab",),
        products=(),
        statement="alemtuzumab is held to kill T cells from 0.1 to 0.16 ug/mL on",
        source=ALEMTUZUMAB_LEVEL,
        standing=Standing.PUBLISHED,
        analyte="alemtuzumab",
        limit=0.16,
        unit="ug/mL",
    ),
    Rule(
        id="lymphocytes_off_immunosuppression",
        agents=(
            "prednisone",
            "prednisolone",
            "methylprednisolone",
            "dexamethasone",
            "hydrocortisone",
            *in_group("calcineurin inhibitor"),
            *in_group("mTOR inhibitor"),
            "mycophenolate",
            "mycophenolate_sodium",
        ),
        products=("donor_lymphocytes",),
        statement="prophylactic donor lymphocytes start off immunosuppression and free of GVHD for "
        "about 1 month",
        source=HANDBOOK,
        standing=Standing.PUBLISHED,
        clear=ONE_MONTH,
    ),
    Rule(
        id="blinatumomab_needs_t_cells",
        agents=("blinatumomab",),
        products=("donor_lymphocytes",),
        statement="blinatumomab works through T cells: those who did not respond after "
        "transplantation were short of them",
        source=T_CELLS,
        standing=Standing.PUBLISHED,
    ),
)
"""In the order of the panel."""

_SUPPRESSION = next(r for r in RULES if r.id == "lymphocytes_off_immunosuppression")


def _off_immunosuppression(situation: Situation) -> Verdict:
    """Donor lymphocytes are planned within a month of immunosuppression."""
    ahead = [
        c
        for c in situation.record.cells("donor_lymphocytes")
        if c.at > situation.at + SAME_TIME and c.status != "held"
    ]
    if not ahead:
        return Verdict(Truth.NOT_MET, detail="no donor lymphocytes are planned")
    cells = ahead[0]
    because: list[Because] = [seen(cells, "planned")]
    charted = [
        a
        for a in _SUPPRESSION.agents
        if situation.given(a) or situation.planned(a) or situation.record.stops(a)
    ]
    if not charted:
        return Verdict(
            Truth.UNKNOWN, tuple(because), ("immunosuppression, or its stop",),
            "the record has no immunosuppression; not charted is not the same as not given",
        )  # fmt: skip
    near, unsure = [], []
    for agent in charted:
        given, stop = situation.given(agent), situation.stop_of(agent)
        doses = [d for d in (*given, *situation.planned(agent)) if d.at < cells.at - SAME_TIME]
        if not doses:
            # It ran until its stop, whether its doses are charted or not.
            if stop is None or given or situation.planned(agent):
                continue
            if stop.at > cells.at + SAME_TIME:
                unsure.append(seen(stop, "stopped only later, no dose in the record"))
            elif cells.at - stop.at < ONE_MONTH - SAME_TIME:
                near.append(seen(stop, "stopped"))
            else:
                because.append(seen(stop, "stopped"))
            continue
        last = max(doses, key=lambda d: d.at)
        if cells.at - last.at < ONE_MONTH - SAME_TIME:
            near.append(seen(last, "last dose before them"))
        elif stop is None:
            unsure.append(seen(last, "last dose in the record, no stop"))
        else:
            because.append(seen(stop, "stopped"))
    if near:
        return Verdict(Truth.MET, (*because, *near), detail="immunosuppression within 30 days")
    if unsure:
        return Verdict(Truth.UNKNOWN, (*because, *unsure), ("stop of immunosuppression",))
    return Verdict(
        Truth.NOT_MET, tuple(because), detail="all of it that is charted ended a month before"
    )


OFF_IMMUNOSUPPRESSION = Recommendation(
    id="donor_lymphocytes_off_immunosuppression",
    title="Donor lymphocytes off immunosuppression",
    statement="Start prophylactic donor lymphocytes off immunosuppression and free of GVHD for "
    "about 1 month.",
    source=HANDBOOK,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_off_immunosuppression,
    certainty="level C (expert opinion)",
    topic="donor lymphocytes",
    reviewed_on=date(2026, 11, 22),
)
