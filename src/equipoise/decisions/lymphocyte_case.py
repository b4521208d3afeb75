"""What a record says about cells and blinatumomab after an allogeneic graft, for two decisions.

Nothing is judged here: what was found since the graft, and what is planned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from equipoise import units
from equipoise.advice import Situation
from equipoise.criterion import Because, Truth, seen
from equipoise.decision import Need
from equipoise.decisions.lymphocyte_facts import MISMATCHED
from equipoise.names import in_group
from equipoise.record import SAME_TIME, Cells, Dose, Finding, Measurement

COMPLETE = 95.0
"""% donor above which chimerism is complete, itself mixed (EBMT Handbook 2024, chapter 21)."""

EARLY = 30.0 * 24.0
"""Hours after the graft before which incomplete chimerism does not open this (convention)."""

CHIMERISM = ("donor_chimerism_cd34", "donor_chimerism_cd3", "donor_chimerism_whole")

MYELOID = ("npm1", "runx1", "cbfb", "pml", "wt1", "flt3", "inv16")
"""How markers begin that speak of myeloid disease, on which blinatumomab does not act."""

LYMPHOID = ("ig", "tr/", "tr ", "tra", "trb", "trd", "trg", "tcr")
"""How markers begin that speak of lymphoid disease: rearranged genes of its receptors."""

ENGAGER = "blinatumomab"
MOLECULAR = "molecular"
"""A relapse charted with this word is residual disease, not the disease in full."""

DEPLETED = ("cd34_selected", "alpha_beta_depleted", "treg_tcon")

SUPPRESSING = (
    *in_group("calcineurin inhibitor"),
    *in_group("mTOR inhibitor"),
    *in_group("corticosteroid"),
    "mycophenolate",
    "mycophenolate_sodium",
)


@dataclass(frozen=True, slots=True)
class Case:
    """What stands in a record after its last allogeneic graft.

    intent      "therapeutic" after relapse, "pre-emptive" with residual disease or incomplete
                chimerism, else "prophylactic"
    because     what opens a question, () where nothing does;  opens  hours, NaN where nothing does
    disease     relapse, or residual disease in the last sample of a series
    shares      the last positive sample of each series of residual disease
    cells, engager  lymphocytes and blinatumomab that are planned;  running  infusion that runs
    hla_loss    None: not tested on the present disease;  cd19  "" where not recorded on it. What a
                test found before the disease was gone and came back is not of the present one; a
                loss that was shown stands
    gvhd        the finding that speaks of it, None where none does
    myeloid     a marker speaks of myeloid disease;  lymphoid  a marker, CD19 or blinatumomab in the
                record speaks of B-lineage disease
    """

    graft: Cells
    intent: str
    because: tuple[Because, ...]
    opens: float
    disease: bool
    shares: tuple[Measurement, ...]
    cells: Cells | None
    engager: Dose | None
    running: Dose | None
    hla_loss: bool | None
    cd19: str
    gvhd: Finding | None
    suppression: Truth
    suppressing: tuple[Because, ...]
    myeloid: bool
    lymphoid: bool

    @property
    def mismatched(self) -> bool:
        """Whether HLA loss is a question: a mismatched donor, or one that is not charted."""
        return self.graft.donor in MISMATCHED or self.graft.donor in ("", "cord")

    @property
    def sick(self) -> bool:
        """Whether active GVHD, or its treatment, is recorded."""
        return self.gvhd is not None and self.gvhd.value is True

    @property
    def asks_blinatumomab(self) -> bool:
        """Whether blinatumomab is a question of its own: B-lineage disease, or it runs or is
        planned.
        """
        if self.running is not None or self.engager is not None:
            return True
        return self.disease and self.lymphoid and not self.myeloid

    @property
    def first_ahead(self) -> Cells | Dose | None:
        """The first planned infusion, of cells or of blinatumomab."""
        ahead = [e for e in (self.cells, self.engager) if e is not None]
        return min(ahead, key=lambda e: e.at, default=None)


def find_case(situation: Situation) -> Case | None:
    """The case of a record, or None without an allogeneic graft that was given."""
    record, t = situation.record, situation.at
    grafts = [
        c
        for c in record.cells("graft")
        if c.at <= t + SAME_TIME and c.status not in ("planned", "held")
    ]
    if not grafts or grafts[-1].donor == "autologous":
        return None
    graft = grafts[-1]
    because: list[Because] = []
    opens: list[float] = []

    def trigger(
        event: Measurement | Finding | Cells | Dose,
        note: str = "",
        first: Measurement | None = None,
    ) -> None:
        because.append(seen(event, note))
        known = event.known if first is None else first.known
        opens.append(event.at if known is None else known)

    relapse = record.latest_finding("relapse", t)
    back = relapse is not None and relapse.at > graft.at and relapse.value is not False
    if back and relapse is not None:
        trigger(relapse)
    relapsed = back and relapse is not None and MOLECULAR not in str(relapse.value).casefold()
    shares = _positive(situation, graft)
    for first, measured in shares:
        trigger(measured, " ".join(p for p in (measured.marker, measured.specimen) if p), first)
    for first, measured in _mixed(situation, graft):
        trigger(measured, measured.specimen, first)
    cells = next(
        (
            c
            for c in record.cells("donor_lymphocytes")
            if c.at > t + SAME_TIME and c.status != "held"
        ),
        None,
    )
    ahead = situation.planned(ENGAGER)
    intent = "therapeutic" if relapsed else "pre-emptive" if because else "prophylactic"
    if cells is not None:
        trigger(cells, "planned")
    if ahead:
        trigger(ahead[0], "planned")
    gvhd = next(
        (
            f
            for f in (record.latest_finding(n, t) for n in ("active_gvhd", "systemic_gvhd_therapy"))
            if f is not None and f.at > graft.at and f.value is True
        ),
        record.latest_finding("active_gvhd", t),
    )
    lost = _since(situation, "hla_loss", graft)
    if lost is not None and lost.value is not True and _came_back(situation, graft, relapse, lost):
        lost = None
    antigen = _since(situation, "cd19_expression", graft)
    if (
        antigen is not None
        and antigen.value != "negative"
        and _came_back(situation, graft, relapse, antigen)
    ):
        antigen = None
    suppression, suppressing = situation.running(*SUPPRESSING)
    later = any(s.at > t + SAME_TIME for a in SUPPRESSING for s in record.stops(a))
    if suppression is Truth.NOT_MET and later:
        # Who stops a drug later takes it now, whether its doses are charted or not.
        suppression = Truth.UNKNOWN
    return Case(
        graft=graft,
        intent=intent,
        because=tuple(because),
        opens=min(opens, default=math.nan),
        disease=back or bool(shares),
        shares=tuple(last for _, last in shares),
        cells=cells,
        engager=ahead[0] if ahead else None,
        running=_running(situation, graft),
        hla_loss=None if lost is None else lost.value is True,
        cd19="" if antigen is None else str(antigen.value),
        gvhd=gvhd if gvhd is None or gvhd.at > graft.at else None,
        suppression=suppression,
        suppressing=suppressing,
        myeloid=any(m.marker.casefold().startswith(MYELOID) for _, m in shares),
        lymphoid=any(f"{m.marker.casefold()} ".startswith(LYMPHOID) for _, m in shares)
        or record.latest_finding("cd19_expression", t) is not None
        or bool(record.doses(ENGAGER)),
    )


def _running(situation: Situation, graft: Cells) -> Dose | None:
    """The infusion of blinatumomab that runs now, None where none does."""
    stop = situation.stop_of(ENGAGER)
    if stop is not None and stop.at <= situation.at + SAME_TIME:
        return None
    for dose in reversed(situation.given(ENGAGER)):
        if dose.at > graft.at and dose.at + dose.duration > situation.at + SAME_TIME:
            return dose
    return None


def cd3_per_kg(situation: Situation, cells: Cells) -> float | None:
    """CD3 per kg of cells, None where not charted or without a weight."""
    for key, quantity in cells.doses:
        if key != "CD3":
            continue
        if units.UNITS[quantity.unit].dimension == "count/mass":
            return float(units.convert(float(quantity.number), quantity.unit, "/kg"))
        weight = situation.record.value_at("weight", situation.at)
        number = float(units.convert(float(quantity.number), quantity.unit, "1"))
        return None if weight is None else number / weight
    return None


def written(number: float) -> str:
    """Cells per kg as people write them: "5e7", "2.5e6"."""
    return f"{number:.1e}".replace(".0e", "e").replace("e+0", "e")


def need(name: str, known: bool, text: str) -> Need:
    """A need whose text stands alone, name first."""
    return Need(name, known, f"{name}: {text}")


def hla_need(case: Case) -> Need:
    """Whether loss of the mismatched haplotype was tested since the graft."""
    state = {None: "not tested", True: "lost", False: "not lost"}[case.hla_loss]
    if case.hla_loss is None:
        state += "; whether so little disease is enough to test is for the laboratory"
    return need("HLA loss on leukemic cells", case.hla_loss is not None, state)


def cd19_need(case: Case) -> Need:
    """Whether CD19 on the present disease is known."""
    return need(
        "CD19 on the present disease",
        bool(case.cd19),
        case.cd19 or "not recorded on it since the graft",
    )


def outside_need(situation: Situation) -> Need:
    """Whether disease outside marrow was looked for."""
    out = situation.record.latest_finding("extramedullary_relapse", situation.at)
    return need(
        "disease outside marrow", out is not None, "not recorded" if out is None else out.text
    )


def gvhd_need(case: Case) -> Need:
    """Whether GVHD is recorded, present or absent."""
    state = "not recorded" if case.gvhd is None else case.gvhd.text
    return need("GVHD, now or before", case.gvhd is not None, state)


def suppression_need(situation: Situation, case: Case) -> Need:
    """Whether immunosuppression runs."""
    words = {
        Truth.MET: "running",
        Truth.UNKNOWN: "last dose long ago and no stop, or a stop ahead and no doses",
        Truth.NOT_MET: "stopped",
    }[case.suppression]
    charted = bool(case.suppressing) or any(situation.stop_of(a) for a in SUPPRESSING)
    return need(
        "immunosuppression",
        charted and case.suppression is not Truth.UNKNOWN,
        words if charted else "none in the record; is the medication list complete?",
    )


LACKS_HLA = "cannot tell: lacks HLA-loss test"
LACKS_CD19 = "cannot tell: lacks CD19 expression"
LACKS_BOTH = "cannot tell: lacks HLA-loss test and CD19 expression"
NOT_SUPPORTED = "not supported"


def status_alone(case: Case) -> str:
    """Of blinatumomab by itself: what it lacks, that it is not supported, or "" for neither."""
    return {"": LACKS_CD19, "negative": NOT_SUPPORTED}.get(case.cd19, "")


def status_cells(case: Case) -> str:
    """Of lymphocytes of the original donor, likewise."""
    if case.sick or (case.mismatched and case.hla_loss is True):
        return NOT_SUPPORTED
    return LACKS_HLA if case.mismatched and case.hla_loss is None else ""


def status_both(case: Case) -> str:
    """Of blinatumomab with lymphocytes of the original donor, likewise."""
    alone, cells = status_alone(case), status_cells(case)
    if NOT_SUPPORTED in (alone, cells):
        return NOT_SUPPORTED
    return LACKS_BOTH if alone and cells else alone or cells


def _since(situation: Situation, name: str, graft: Cells) -> Finding | None:
    """The last finding after the graft, None where there is none."""
    found = situation.record.latest_finding(name, situation.at)
    return None if found is None or found.at <= graft.at else found


def _came_back(situation: Situation, graft: Cells, relapse: Finding | None, test: Finding) -> bool:
    """Whether disease was gone in samples after a test and is there again."""
    series = _residual(situation, graft).values()
    gone = [max((m.at for m in s if not _there(m)), default=-math.inf) for s in series
            if _there(s[-1])]  # fmt: skip
    if gone:
        return min(gone) > test.at
    if relapse is None or relapse.value is False:
        return False
    return any(test.at < m.at < relapse.at and not _there(m) for s in series for m in s)


Run = tuple[Measurement, Measurement]
"""First and last of the values that say the same, up to now."""


def _residual(
    situation: Situation, graft: Cells
) -> Mapping[tuple[str, ...], Sequence[Measurement]]:
    """Residual disease after the graft by marker and specimen."""
    series: dict[tuple[str, ...], list[Measurement]] = {}
    for measured in situation.record.measurements("mrd", start=graft.at, end=situation.at):
        series.setdefault((measured.marker, measured.specimen), []).append(measured)
    return series


def _there(measured: Measurement) -> bool:
    return measured.number > 0.0 and measured.censored != "<"


def _positive(situation: Situation, graft: Cells) -> tuple[Run, ...]:
    """Of each marker and specimen the residual disease after the graft, where the last has it."""
    return _runs(_residual(situation, graft), _there)


def _mixed(situation: Situation, graft: Cells) -> tuple[Run, ...]:
    """Of each lineage and specimen the chimerism from day 30 on, where the last is incomplete."""
    series: dict[tuple[str, ...], list[Measurement]] = {}
    for name in CHIMERISM:
        for measured in situation.record.measurements(
            name, start=graft.at + EARLY, end=situation.at
        ):
            series.setdefault((name, measured.specimen, measured.lineage), []).append(measured)
    return _runs(series, lambda m: m.number <= COMPLETE and m.censored != ">")


def _runs(
    series: Mapping[tuple[str, ...], Sequence[Measurement]], holds: Callable[[Measurement], bool]
) -> tuple[Run, ...]:
    found = []
    for values in series.values():
        run: list[Measurement] = []
        for measured in values:
            run = [*run, measured] if holds(measured) else []
        if run:
            found.append((run[0], run[-1]))
    return tuple(found)
