"""What changes busulfan clearance, and what must not go with it: label statements.

The clearance that levels showed before such a drug started or stopped no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from equipoise.advice import Alternative, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.guidance.conditions import OURS
from equipoise.record import SAME_TIME
from equipoise.source import Evidence, Source, Standing

TOPIC = "busulfan"
REVIEWED = date(2026, 11, 22)

PARACETAMOL_BEFORE = 72.0
"""Hours before busulfan within which paracetamol counts (label)."""

STILL_THERE = 24.0
"""Hours after a dose of busulfan during which another drug counts as given with it (project
convention)."""

LABEL = Source(
    "Busulfan injection, Canadian product information, Pfizer",
    where="sections 7.1 and 7.2 (label)",
    note="read on the manufacturer's medical information page; no date on it",
)
SIROLIMUS_SOS = Source(
    "Blood 112:4425 (sirolimus and veno-occlusive disease)",
    where="secondary digest",
    note="the paper was not read",
)


CTN_0402 = Source(
    "BMT CTN 0402, randomized (n=304), Blood 2014;124:1372", where="abstract", note="NCT00406393"
)
BY_LEVEL = Alternative(
    "busulfan dosed by its levels after the start, and again after a stop", OURS,
    Standing.HYPOTHESIS,
)  # fmt: skip


def _words(agents: tuple[str, ...]) -> str:
    return agents[0] if len(agents) == 1 else f"{', '.join(agents[:-1])} or {agents[-1]}"


def with_busulfan(*agents: str, before: float = 0.0) -> Callable[[Situation], Verdict]:
    """A predicate: busulfan and one of `agents`, running or about to.

    before  hours before the first busulfan within which a last dose of them still counts; 0: only
            what runs by the situation's own rule
    """

    def predicate(situation: Situation) -> Verdict:
        busulfan, base = situation.running("busulfan")
        if busulfan is Truth.NOT_MET:
            return Verdict(Truth.NOT_MET, detail="no busulfan running in the record")
        other, reasons = situation.running(*agents)
        if before and busulfan is Truth.MET and other is not Truth.NOT_MET:
            return _close(situation, agents, before)
        if other is Truth.NOT_MET:
            return Verdict(Truth.NOT_MET, base, detail=f"no {_words(agents)} running in the record")
        missing = [
            f"{words}: a recent dose or a stop"
            for words, truth in (("busulfan", busulfan), (_words(agents), other))
            if truth is Truth.UNKNOWN
        ]
        return Verdict(busulfan & other, (*base, *reasons), tuple(missing))

    return predicate


def _close(situation: Situation, agents: tuple[str, ...], before: float) -> Verdict:
    """Met where a dose of `agents` lies within `before` hours before busulfan, or during it."""
    courses = (*situation.given("busulfan"), *situation.planned("busulfan"))
    first, last = min(d.at for d in courses), max(d.at for d in courses)
    doses = (*situation.given(*agents), *situation.planned(*agents))
    near = [d for d in doses if first - before - SAME_TIME <= d.at <= last + STILL_THERE]
    if near:
        return Verdict(Truth.MET, (seen(near[-1]),))
    return Verdict(
        Truth.NOT_MET,
        detail=f"no {_words(agents)} within {before:g} h before busulfan or during it",
    )


METRONIDAZOLE = Recommendation(
    id="busulfan_metronidazole_label",
    title="Metronidazole with busulfan: less clearance, more toxicity (label)",
    statement=(
        "Metronidazole lowers busulfan clearance more than itraconazole does and went with more "
        "busulfan toxicity. The label prints no number."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=with_busulfan("metronidazole"),
    label_status="monitor",
    region="Canada",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(
        Alternative("another antibiotic against anaerobes", OURS, Standing.HYPOTHESIS),
        BY_LEVEL,
    ),
)

ITRACONAZOLE = Recommendation(
    id="busulfan_itraconazole_label",
    title="Itraconazole with busulfan: clearance up to 25 % lower (label)",
    statement=(
        "Itraconazole lowers busulfan clearance by up to 25 %. Fluconazole 200 mg has been used "
        "with busulfan. Nothing is said there of voriconazole or posaconazole."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=with_busulfan("itraconazole"),
    label_status="monitor",
    region="Canada",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(
        Alternative("fluconazole 200 mg, which has been used with it", LABEL, Standing.PUBLISHED),
        BY_LEVEL,
    ),
)

PARACETAMOL = Recommendation(
    id="busulfan_paracetamol_label",
    title="Paracetamol within 72 h before busulfan or with it (label)",
    statement=(
        "Paracetamol in the 72 hours before busulfan or with it may lower busulfan clearance, "
        "because it uses up glutathione. The label prints no number."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=with_busulfan("paracetamol", before=PARACETAMOL_BEFORE),
    label_status="monitor",
    region="Canada",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(
        Alternative("none in the 72 hours before and during it", LABEL, Standing.PUBLISHED),
        BY_LEVEL,
    ),
)

DEFERASIROX = Recommendation(
    id="busulfan_deferasirox_label",
    title="Deferasirox with busulfan: stop chelators well before (label)",
    statement=(
        "Deferasirox lowered busulfan clearance by a mechanism that is not known; the label asks "
        "to stop iron chelators well before busulfan. It does not say how long before."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=with_busulfan("deferasirox"),
    label_status="avoid",
    region="Canada",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(Alternative("stopped well before busulfan", LABEL, Standing.PUBLISHED),),
)

PHENYTOIN = Recommendation(
    id="busulfan_phenytoin_label",
    title="Phenytoin with busulfan: clearance 15 % higher or more (label)",
    statement=(
        "Phenytoin raises busulfan clearance by 15 % or more. The label's doses were studied with "
        "it: without phenytoin clearance may be lower and exposure higher than they promise, and "
        "the same holds for a model whose patients all had it."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=with_busulfan("phenytoin", "fosphenytoin"),
    label_status="monitor",
    region="Canada",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(
        Alternative(
            "a prophylaxis that does not induce, and doses by level", OURS, Standing.HYPOTHESIS
        ),
    ),
)

SIROLIMUS = Recommendation(
    id="busulfan_sirolimus_sos",
    title="Sirolimus with myeloablative busulfan: more veno-occlusive disease",
    statement=(
        "Sirolimus went with veno-occlusive disease far more often after busulfan (odds ratio 8.8 "
        "as told at second hand) than after cyclophosphamide and irradiation (2.35)."
    ),
    source=SIROLIMUS_SOS,
    standing=Standing.PROVISIONAL,
    evidence=Evidence("4"),
    predicate=with_busulfan("sirolimus"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=(
        Alternative(
            "tacrolimus with methotrexate: as many free of grade II-IV GVHD in a randomized trial",
            CTN_0402,
            Standing.PUBLISHED,
        ),
    ),
)
