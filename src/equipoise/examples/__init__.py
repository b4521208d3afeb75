"""Records that come with the package: one published patient and seven made-up ones.

Beside each `NAME.json` stands `NAME.md`, which says where it comes from, what is printed in the
source and what is not, or how it was made. `examples/make_examples.py` makes the seven again.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundled record and how to look at it.

    file      name of the JSON file
    title     for people
    at        the moment to ask about, as the command line takes it
    research  whether it is run in research mode: not for dosing
    look      what to look at, one line
    """

    file: str
    title: str
    at: str
    research: bool
    look: str

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.removesuffix(".json")


BUNDLED: tuple[Bundled, ...] = (
    Bundled(
        "tisagenlecleucel_case_a.json",
        "Second inflammatory wave after tisagenlecleucel (published patient)",
        "day+14T20:00",
        False,
        "CRS, then the second wave: what could be graded each day, and what was not known",
    ),
    Bundled(
        "sirolimus_adult.json",
        "Adult on sirolimus for immune thrombocytopenia, posaconazole from tomorrow (made up)",
        "day+15T18:00",
        False,
        "the contraindication first, then exposure now, under the azole, and other ways",
    ),
    Bundled(
        "sirolimus_child_12kg.json",
        "Child of 12 kg, Evans syndrome, sirolimus planned with a loading dose (made up)",
        "-14",
        False,
        "the steady-state trough is answered, the loading question refused, and why",
    ),
    Bundled(
        "atg_adult_unrelated.json",
        "ATG before an unrelated graft, one dose still changeable (made up)",
        "day-2T18:00",
        True,
        "two levels known, a third drawn and awaited: what the last dose would do",
    ),
    Bundled(
        "atg_haploidentical.json",
        "ATG before a haploidentical graft, measured in AU/mL (made up)",
        "day-2T10:00",
        True,
        "exposure in AU; the only published window is in UE: no target, no options, and why",
    ),
    Bundled(
        "busulfan_adult.json",
        "Busulfan once daily, the first day's levels are back, three doses left (made up)",
        "day-7T18:30",
        False,
        "the cumulative AUC so far and ahead, in mg.h/L and uM.min, and the doses left",
    ),
    Bundled(
        "falling_chimerism.json",
        "Falling CD3 chimerism and rising residual disease after a haploidentical graft (made up)",
        "day+150T18:00",
        False,
        "two signals and two decisions: what must be known before lymphocytes or blinatumomab",
    ),
    Bundled(
        "microtransplant_older_aml.json",
        "AML at 68, two courses with microtransplanted cells, a third planned (made up)",
        "day+82T15:00",
        False,
        "the three ways and where each was inferior, doses against print, microchimerism partly "
        "below the limit",
    ),
)
"""Every bundled record, in the order of the demonstration."""


def path(name: str) -> Path:
    """Where a bundled record lies.

    name   with or without ".json"
    Fails  ValueError for a name that is not bundled, listing those that are.
    """
    for bundled in BUNDLED:
        if name in (bundled.file, bundled.name):
            return Path(str(files(__name__).joinpath(bundled.file)))
    raise ValueError(f"no bundled record {name!r}: there are {', '.join(b.name for b in BUNDLED)}")
