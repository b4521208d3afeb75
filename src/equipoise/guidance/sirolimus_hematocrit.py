"""Sirolimus troughs in anemia: whole blood falls with the red cells that hold the drug."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Recommendation
from equipoise.guidance.conditions import measured, running, together
from equipoise.source import Evidence, Source, Standing

MAO = Source("Mao 2024, Drug Des Devel Ther", doi="10.2147/DDDT.S503463", where="Table 2, Eq. 8")
WU = Source(
    "Wu 2012, CPT Pharmacometrics Syst Pharmacol", doi="10.1038/psp.2012.18", where="Table 1"
)

LADDER: tuple[Recommendation, ...] = (
    Recommendation(
        id="sirolimus_trough_in_anemia",
        title="Sirolimus trough with hematocrit below 30 %: read it with the anemia",
        statement=(
            "Red cells hold most of the sirolimus in blood, so in anemia a whole-blood trough can "
            "be low while unbound drug is not. How much, two adult models do not agree on: "
            "hematocrit 25 % instead of their references raises clearance by 46 % (Mao 2024, "
            "liver transplants, 38 %) or by 5 % (Wu 2012, tumors, 35.1 %). A low trough alone is "
            "then no reason to raise the dose. The limit of 30 % is ours."
        ),
        source=MAO,
        standing=Standing.HYPOTHESIS,
        evidence=Evidence("5"),
        predicate=together(
            running("sirolimus"), measured("hematocrit", "<", "30", "%", within=14 * 24.0)
        ),
        topic="sirolimus levels",
        reviewed_on=date(2026, 11, 22),
        other_sources=(WU,),
        alternatives=(
            Alternative(
                "the window as published, whatever the hematocrit: no window was corrected for it",
                WU,
                Standing.TRANSCRIBED,
            ),
        ),
        would_change=("A red-cell transfusion before the next trough.",),
    ),
)
