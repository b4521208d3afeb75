"""The table of units as data: codes, factors, spellings and what is refused, with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

DIMENSIONS: tuple[tuple[str, str], ...] = (
    (
        "dimensionless",
        "1=1 %=0.01 L/L=1 10*3=1e3 10*4=1e4 10*5=1e5 10*6=1e6 10*7=1e7 10*8=1e8 10*9=1e9",
    ),
    ("mass", "kg=1000 g=1 mg=1e-3 ug=1e-6 ng=1e-9 [lb_av]=453.59237 [oz_av]=28.349523125"),
    ("length", "m=100 cm=1 mm=0.1 [in_i]=2.54 [ft_i]=30.48"),
    ("area", "m2=1"),
    ("volume", "L=1 dL=0.1 mL=1e-3 uL=1e-6"),
    ("time", "s=1/3600 min=1/60 h=1 d=24 wk=168 mo=730.5 a=8766"),
    ("temperature", "Cel=1 [degF]=5/9"),
    ("pressure", "mm[Hg]=1 kPa=7.50062"),
    (
        "mass/volume",
        "g/L=1 g/dL=10 g/mL=1000 mg/L=1e-3 mg/dL=1e-2 mg/mL=1 ug/L=1e-6 ug/dL=1e-5 ug/mL=1e-3 "
        "ng/L=1e-9 ng/dL=1e-8 ng/mL=1e-6 pg/mL=1e-9",
    ),
    ("molar/volume", "mol/L=1 mmol/L=1e-3 umol/L=1e-6 nmol/L=1e-9 pmol/L=1e-12"),
    ("enzyme/volume", "U/L=1 U/mL=1000 kU/L=1000 IU/L=1 IU/mL=1000 ukat/L=60 nkat/L=0.06"),
    ("atg_au/volume", "AU/mL=1"),
    ("atg_ue/volume", "UE/mL=1"),
    (
        "count/volume",
        "/L=1 /mL=1e3 /uL=1e6 10*3/mL=1e6 10*3/uL=1e9 10*4/uL=1e10 10*6/mL=1e9 10*6/L=1e6 "
        "10*6/uL=1e12 10*9/L=1e9 10*12/L=1e12",
    ),
    ("copies/volume", "copies/mL=1 copies/uL=1000"),
    ("copies/mass", "copies/ug=1 copies/ng=1000"),
    ("count/mass", "/kg=1 10*3/kg=1e3 10*4/kg=1e4 10*5/kg=1e5 10*6/kg=1e6 10*7/kg=1e7 10*8/kg=1e8"),
    ("count/time", "/d=1 /h=24 /min=1440 /a=4/1461"),
    ("mass/mass", "mg/mg=1 g/g=1 mg/g=1e-3"),
    ("mass/molar", "mg/mmol=1 g/mol=1"),
    ("activity", "U=1 IU=1 kU=1000"),
    ("mass/body mass", "g/kg=1 mg/kg=1e-3 ug/kg=1e-6 ng/kg=1e-9"),
    ("mass/body surface", "g/m2=1 mg/m2=1e-3 ug/m2=1e-6"),
    ("activity/body mass", "U/kg=1 IU/kg=1"),
    ("activity/body surface", "U/m2=1 IU/m2=1"),
    ("volume/body mass", "L/kg=1 mL/kg=1e-3"),
    (
        "mass/time",
        "g/d=1/24 mg/d=1/24000 ug/d=1/24000000 g/h=1 mg/h=1e-3 ug/h=1e-6 ng/h=1e-9 mg/min=0.06 "
        "ug/min=6e-5 ng/min=6e-8",
    ),
    (
        "mass/time/body mass",
        "mg/kg/d=1/24000 ug/kg/d=1/24000000 mg/kg/h=1e-3 ug/kg/h=1e-6 ug/kg/min=6e-5 "
        "ng/kg/min=6e-8",
    ),
    ("mass/time/body surface", "mg/m2/d=1/24000 ug/m2/d=1/24000000 mg/m2/h=1e-3"),
    ("activity/time", "U/h=1 U/min=60 IU/h=1 U/d=1/24"),
    ("volume/time", "L/h=1 L/d=1/24 L/min=60 mL/h=1e-3 mL/d=1/24000 mL/min=0.06"),
    ("volume/time/body mass", "L/h/kg=1 mL/kg/h=1e-3 mL/kg/d=1/24000 mL/kg/min=0.06"),
    (
        "mass.time/volume",
        "mg.h/L=1 ug.h/mL=1 mg.d/L=24 ug.d/mL=24 ng.h/mL=1e-3 ug.h/L=1e-3 ng.d/mL=0.024 "
        "pg.h/mL=1e-6 pg.d/mL=2.4e-5",
    ),
    ("molar.time/volume", "mmol.h/L=1 umol.h/L=1e-3 umol.min/L=1/60000 nmol.h/L=1e-6"),
    ("atg_au.time/volume", "AU.d/mL=24 AU.h/mL=1"),
    ("atg_ue.time/volume", "UE.d/mL=24 UE.h/mL=1"),
)  # fmt: skip
"""Each dimension with its codes, and how many base units are in one of them."""

UCUM: Mapping[str, str] = {
    "AU/mL": "[arb'U]/mL",
    "AU.d/mL": "[arb'U].d/mL",
    "AU.h/mL": "[arb'U].h/mL",
    # UE has no code of its own: an annotated one, so that it is never taken for AU.
    "UE/mL": "{UE}/mL",
    "UE.d/mL": "{UE}.d/mL",
    "UE.h/mL": "{UE}.h/mL",
    "IU": "[iU]",
    "IU/L": "[iU]/L",
    "IU/mL": "[iU]/mL",
    "IU/kg": "[iU]/kg",
    "IU/m2": "[iU]/m2",
    "IU/h": "[iU]/h",
    "copies/mL": "{copies}/mL",
    "copies/uL": "{copies}/uL",
    "copies/ug": "{copies}/ug",
    "copies/ng": "{copies}/ng",
}
"""The strict UCUM code where ours is another; a code that is not here is UCUM as it stands."""

PARTS: Mapping[str, str] = MappingProxyType(
    {
        spelling: part
        for part, spellings in {
            "L": "l liter litre liters litres",
            "dL": "dl DL",
            "mL": "ml ML cc",
            "uL": "ul UL mcL mcl mm3 mm^3 cumm cmm",
            "kg": "KG Kg kgs kilogram kilograms",
            "g": "gm gms gram grams",
            "mg": "MG mgs milligram milligrams",
            "ug": "UG mcg MCG mcgs microgram micrograms",
            "ng": "NG nanogram nanograms",
            "pg": "PG picogram picograms",
            "mmol": "MMOL",
            "umol": "UMOL mcmol",
            "nmol": "NMOL",
            "U": "u unit units Unit Units UNITS",
            "IU": "iu [iU] [IU]",
            "AU": "[arb'U] [ARB'U]",
            "UE": "{UE}",
            "copies": "copy {copies} {copy} [copies] cp {cp} {Copies}",
            "s": "sec secs second seconds",
            "min": "mins minute minutes",
            "h": "hr hrs hour hours",
            "d": "day days 24h 24hr {day}",
            "wk": "week weeks",
            "mo": "month months",
            "a": "y yr yrs year years",
            "m2": "m^2 sqm m**2",
            "cm": "CM cms",
            "Cel": "C °C degC celsius Celsius",
        }.items()
        for spelling in spellings.split()
    }
)
"""Spellings of one part of a unit (between the slashes and points) -> the part as we write it."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        spelling: code
        for code, spellings in {
            "1": "cells cell {cells} genomes {genomes} {score} score {ratio} ratio",
            "%": "percent pct {percent} %BSA",
            "10*9/L": "G/L G/l Gpt/L Giga/L giga/L /nL /nl bil/L",
            "10*3/uL": "K/uL K/ul k/uL k/ul K/UL K/mcL k/mcL K/mm3 k/mm3 K/cumm thou/uL thou/mm3 "
            "thou/mcL Thou/uL thousand/uL Thousand/uL tsd/uL Tsd/uL Tsd./uL",
            "10*12/L": "T/L Tpt/L",
            "10*6/uL": "M/uL Mill/uL",
            "10*6": "10*6{cells} million",
            "g/dL": "G/DL",
            "U/mL": "U/ML",
            "IU/mL": "IU/ML",
            "kU/L": "KU/L",
            "mm[Hg]": "mmHg mmhg MMHG torr",
            "[degF]": "F °F degF fahrenheit Fahrenheit DegF",
            "[lb_av]": "lb lbs pound pounds LB LBS [lb]",
            "[oz_av]": "oz ounce ounces",
            "[in_i]": "in inch inches [in_us]",
            "[ft_i]": "ft foot feet",
            "/min": "bpm beats/min breaths/min {beats}/min {breaths}/min",
            "/d": "stools/d stools/day {stools}/d times/d times/day",
            "AU.d/mL": "AU-d/mL AU-day/mL AUd/mL",
            "UE.d/mL": "UE-d/mL UE-day/mL UEd/mL",
            "ng.h/mL": "ng-h/mL ng-hr/mL",
            "mg.h/L": "mg/L.h mg-h/L mg-hr/L h.mg/L",
            # Busulfan's trap: a molar exposure in minutes beside a mass exposure in hours.
            "umol/L": "uM",
            "umol.min/L": "uM.min uM-min uMol.min uMol-min umol/L.min min.umol/L umol-min/L "
            "umol.min.L-1",
            "umol.h/L": "uM.h uM-h umol/L.h h.umol/L umol-h/L",
        }.items()
        for spelling in spellings.split()
    }
)
"""Spellings of a whole unit that hospitals send -> code. Case counts: `g/L` is not `G/L`."""

REFUSED: tuple[tuple[str, str], ...] = (
    (
        r"\[AU\]",
        "[AU] is the allergen unit of UCUM, not the arbitrary unit of active ATG;"
        " write AU/mL or [arb'U]/mL if the laboratory reports arbitrary units",
    ),
    (
        r"(AU|UE)(\.[dh])?/L$",
        "active ATG is reported per mL, and a per-liter unit is a known misprint;"
        " check the report and write AU/mL or UE/mL (AU.d/mL or UE.d/mL for an exposure)",
    ),
    (
        r"(AU|UE)/mL/[dh]$",
        "an exposure is a level multiplied by time, not divided by it; write AU.d/mL or UE.d/mL",
    ),
    (
        r"mg/kg/dose$|/dose$",
        "a dose event is one dose; write the amount without /dose, for example mg/kg",
    ),
    (r"K$", "K may mean kelvin, potassium or thousands; write Cel, or 10*3/uL for a cell count"),
    (r"(mg|g|mcg|ug)%$", "the sign % after a mass is not read; write mg/dL or g/dL"),
    (r"mEq/L$", "milliequivalents are not in the table; write mmol/L"),
    (r"lakhs?/", "lakh is not read; write 10*3/uL (1 lakh/uL is 100 10*3/uL)"),
)
"""Patterns of spellings that somebody will send and nobody should guess, with their remedy."""
