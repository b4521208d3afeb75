"""What is measured: names, canonical units, bounds, codes and assumed turnaround.

The bounds and the turnaround are conventions of this project (standing hypothesis): wide enough
for every published value met so far, narrow enough to catch a slipped decimal or a wrong unit.
LOINC codes are only those seen in a published mapping or catalog; `seen` says in which.
This material contains content from LOINC (http://loinc.org). LOINC is copyright Regenstrief
Institute, Inc. and the LOINC Committee, and is available at no cost under the license at
http://loinc.org/license.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from equipoise.source import Source, Standing

CONVENTION = Source(
    "Equipoise, conventions of the vocabulary",
    note="plausible and impossible bounds and assumed turnaround are the project's own",
)
"""Where bounds and turnaround come from."""

CONVENTION_STANDING = Standing.HYPOTHESIS
"""Standing of what `CONVENTION` is cited for."""

LOINC_SEEN: Mapping[str, str] = MappingProxyType(
    {
        "C": "CIBMTR reporting guide, value sets",
        "S": "Synthea R4 bundles",
        "H": "HL7 FHIR R4 vital signs",
        "L": "catalog of a clinical laboratory",
        "M": "published hospital mapping",
    }
)
"""What the letters of `MeasurementName.seen` mean."""

LOINC_METHOD: Mapping[str, str] = MappingProxyType(
    {
        "74096-9": "immunoassay",
        "74097-7": "LC-MS/MS",
        "77348-1": "LC-MS/MS",
        "77349-9": "LC-MS/MS",
        "14978-1": "immunoassay",
        "55805-6": "LC-MS/MS",
        "20567-4": "immunoassay",
        "14804-9": "lactate to pyruvate",
        "14805-6": "pyruvate to lactate",
    }
)
"""The method that a code itself states; levels by different methods are never mixed silently."""

Bounds = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class MeasurementName:
    """One thing that is measured.

    name        as in records
    label       for people
    unit        canonical unit, a code of `equipoise.units`
    kind        "vital", "laboratory", "level", "cell" or "score"
    plausible   outside: accepted with a caution, canonical unit
    impossible  outside: refused, canonical unit
    turnaround  hours from draw to known, assumed where the record does not say; 0 at the bedside
    decimals    digits after the point when shown
    substance   name in `units.MOLAR` where mass and molar units convert, else ""
    area        units in which its exposure over time is said, the first of them in windows; ()
                where it is the level's unit times days
    agents      agents of which a dose must precede a positive value; () for the body's own
    products    cell products of which an infusion must precede a positive value
    loinc       codes accepted, preferred first
    seen        letters of `LOINC_SEEN`: where the codes were seen with this meaning
    unverified  codes known from memory only: never written, accepted with a caution
    """

    name: str
    label: str
    unit: str
    kind: str
    plausible: Bounds
    impossible: Bounds
    turnaround: float
    decimals: int
    substance: str = ""
    agents: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    loinc: tuple[str, ...] = ()
    seen: str = ""
    unverified: tuple[str, ...] = ()
    area: tuple[str, ...] = ()

    @property
    def bedside(self) -> bool:
        """Whether the value is known when it is taken."""
        return self.turnaround == 0

    @property
    def exogenous(self) -> bool:
        """Whether a positive value needs an earlier dose or infusion."""
        return bool(self.agents or self.products)

    def refusal(self, number: float) -> str:
        """Why a number in the canonical unit is refused, in one sentence; "" if it is not."""
        if not math.isfinite(number):
            return f"{self.name} is not a finite number: leave the value out if it is not known"
        side = _side(number, self.impossible)
        if not side:
            return ""
        if number < 0 and self.impossible[0] == 0:
            return f"{self.name} cannot be negative: check the sign"
        low, high = self.impossible
        bound = low if side == "below" else high
        unit = "" if self.unit == "1" else f" {self.unit}"
        return (
            f"{self.name} is {side} what is possible ({bound:.12g}{unit}): check the number and "
            "its unit"
        )

    def caution(self, number: float) -> str:
        """Why a number in the canonical unit should be looked at again; "" if there is no need."""
        side = _side(number, self.plausible)
        if not side:
            return ""
        bound = self.plausible[0] if side == "below" else self.plausible[1]
        return f"{self.name} is {side} the usual range ({bound:.12g} {self.unit}): check it"


def _side(number: float, bounds: Bounds) -> str:
    low, high = bounds
    if low is not None and number < low:
        return "below"
    if high is not None and number > high:
        return "above"
    return ""


_CAR = (
    "tisagenlecleucel",
    "axicabtagene",
    "brexucabtagene",
    "lisocabtagene",
    "idecabtagene",
    "ciltacabtagene",
    "car_other",
)
_ATG = ("thymoglobulin", "grafalon")
_MYCOPHENOLATE = ("mycophenolate", "mycophenolate_sodium")
_CELSIUS = "Cel"


def _vital(
    name: str, label: str, unit: str, plausible: Bounds, impossible: Bounds, decimals: int = 0,
    *, loinc: tuple[str, ...] = (), seen: str = "", unverified: tuple[str, ...] = (),
) -> MeasurementName:  # fmt: skip
    return MeasurementName(
        name, label, unit, "vital", plausible, impossible, 0.0, decimals,
        loinc=loinc, seen=seen, unverified=unverified,
    )  # fmt: skip


def _lab(
    name: str, label: str, unit: str, plausible: Bounds, impossible: Bounds, hours: float,
    decimals: int = 0, *, substance: str = "", loinc: tuple[str, ...] = (), seen: str = "",
    unverified: tuple[str, ...] = (),
) -> MeasurementName:  # fmt: skip
    return MeasurementName(
        name, label, unit, "laboratory", plausible, impossible, hours, decimals,
        substance=substance, loinc=loinc, seen=seen, unverified=unverified,
    )  # fmt: skip


def _level(
    name: str, label: str, unit: str, plausible: Bounds, impossible: Bounds, hours: float,
    decimals: int = 1, *, agents: tuple[str, ...], substance: str = "",
    loinc: tuple[str, ...] = (), seen: str = "", area: tuple[str, ...] = (),
) -> MeasurementName:  # fmt: skip
    return MeasurementName(
        name, label, unit, "level", plausible, impossible, hours, decimals,
        substance=substance, agents=agents, loinc=loinc, seen=seen, area=area,
    )  # fmt: skip


def _cell(
    name: str, label: str, unit: str, plausible: Bounds, impossible: Bounds, hours: float,
    decimals: int = 0, *, products: tuple[str, ...] = (), loinc: tuple[str, ...] = (),
    seen: str = "",
) -> MeasurementName:  # fmt: skip
    return MeasurementName(
        name, label, unit, "cell", plausible, impossible, hours, decimals,
        products=products, loinc=loinc, seen=seen,
    )  # fmt: skip


def _score(name: str, label: str, unit: str, high: float) -> MeasurementName:
    return MeasurementName(name, label, unit, "score", (0, high), (0, high), 0.0, 0)


# Turnaround, hours: counts and routine chemistry 2, special chemistry 4, drug levels and
# cytokines 24, flow cytometry 24, send-out assays 48, chimerism and residual disease 72.
_ALL: tuple[MeasurementName, ...] = (
    _vital("weight", "body weight", "kg", (2, 200), (0.3, 400), 1, loinc=("29463-7",), seen="CHS"),
    _vital("height", "height", "cm", (40, 215), (20, 275), loinc=("8302-2",), seen="CHS"),
    _vital(
        "temperature", "temperature", _CELSIUS, (34, 42), (25, 45), 1,
        loinc=("8310-5", "8331-1"), seen="HS",
    ),
    _vital("systolic", "systolic pressure", "mm[Hg]", (50, 230), (0, 350),
           loinc=("8480-6",), seen="HS"),
    _vital("diastolic", "diastolic pressure", "mm[Hg]", (25, 140), (0, 250),
           loinc=("8462-4",), seen="HS"),
    _vital("spo2", "oxygen saturation", "%", (60, 100), (0, 100),
           loinc=("2708-6",), seen="H", unverified=("59408-5",)),
    _vital("oxygen_flow", "oxygen flow", "L/min", (0, 60), (0, 100), 1),
    _vital("heart_rate", "heart rate", "/min", (30, 220), (0, 400), loinc=("8867-4",), seen="H"),
    _vital("respiratory_rate", "respiratory rate", "/min", (5, 60), (0, 150),
           loinc=("9279-1",), seen="H"),
    _vital("urine_output", "urine output", "mL/kg/h", (0, 10), (0, 100), 1),
    _vital("stool_volume", "stool volume", "mL/d", (0, 6000), (0, 30000)),
    _vital("stool_count", "stools", "/d", (0, 30), (0, 100)),
    _vital("hvpg", "hepatic venous pressure gradient", "mm[Hg]", (1, 40), (0, 100)),
    _vital("rash_area", "rash, share of body surface", "%", (0, 100), (0, 100)),
    _lab("hemoglobin", "hemoglobin", "g/dL", (4, 20), (0, 30), 2, 1, substance="hemoglobin",
         loinc=("718-7", "59260-0"), seen="CS"),
    _lab("hematocrit", "hematocrit", "%", (10, 65), (0, 100), 2),
    _lab("platelets", "platelets", "10*9/L", (0, 1000), (0, 10000), 2,
         loinc=("777-3", "26515-7"), seen="CS"),
    _lab("leukocytes", "leukocytes", "10*9/L", (0, 300), (0, 2000), 2, 1,
         loinc=("6690-2", "26464-8"), seen="CS"),
    _lab("neutrophils", "neutrophils", "10*9/L", (0, 100), (0, 1000), 2, 2,
         loinc=("751-8", "26499-4", "753-4"), seen="C"),
    _lab("lymphocytes", "lymphocytes", "10*9/L", (0, 200), (0, 2000), 2, 2,
         loinc=("731-0", "26474-7"), seen="C"),
    _lab("ferritin", "ferritin", "ng/mL", (1, 100_000), (0, 10_000_000), 4,
         loinc=("2276-4", "20567-4", "35209-6"), seen="C"),
    _lab("fibrinogen", "fibrinogen", "mg/dL", (30, 1000), (0, 3000), 2,
         loinc=("3255-7",), seen="M", unverified=("48664-7",)),
    _lab("triglycerides", "triglycerides", "mg/dL", (20, 2000), (0, 20_000), 4,
         substance="triglycerides", loinc=("2571-8",), seen="S"),
    _lab("cholesterol", "total cholesterol", "mg/dL", (50, 500), (0, 3000), 4,
         substance="cholesterol"),
    _lab("glucose", "glucose", "mg/dL", (30, 800), (0, 3000), 2, substance="glucose"),
    _lab("ast", "AST", "U/L", (2, 5000), (0, 100_000), 2,
         loinc=("1920-8", "30239-8"), seen="C"),
    _lab("alt", "ALT", "U/L", (2, 5000), (0, 100_000), 2,
         loinc=("1742-6", "1743-4", "1744-2"), seen="C"),
    _lab("ldh", "LDH", "U/L", (50, 10_000), (0, 200_000), 2,
         loinc=("2532-0", "14804-9", "14805-6"), seen="C"),
    _lab("haptoglobin", "haptoglobin", "mg/dL", (5, 500), (0, 2000), 4),
    _lab("schistocyte_share", "schistocytes, share of red cells", "%", (0, 30), (0, 100), 2, 1),
    _lab("alp", "alkaline phosphatase", "U/L", (10, 2000), (0, 50_000), 2),
    _lab("bilirubin", "total bilirubin", "mg/dL", (0.05, 50), (0, 120), 2, 1,
         substance="bilirubin", loinc=("1975-2", "14631-6"), seen="CS"),
    _lab("creatinine", "creatinine", "mg/dL", (0.1, 15), (0, 100), 2, 2,
         substance="creatinine", loinc=("2160-0", "14682-9"), seen="C"),
    _lab("gfr", "glomerular filtration rate", "mL/min", (5, 200), (0, 400), 2),
    _lab("albumin", "albumin", "g/dL", (1, 6), (0, 10), 2, 1),
    _lab("crp", "C-reactive protein", "mg/L", (0, 600), (0, 1500), 2, 1,
         loinc=("1988-5", "30522-7"), seen="M"),
    _lab("igg", "immunoglobulin G", "mg/dL", (10, 5000), (0, 20_000), 24),
    _lab("d_dimer", "D-dimer", "ug/mL", (0, 40), (0, 1000), 2, 2),
    _lab("urine_protein_creatinine", "urine protein to creatinine", "mg/mg", (0, 20), (0, 200),
         4, 2),
    _lab("il6", "interleukin 6", "pg/mL", (0, 100_000), (0, 10_000_000), 24,
         unverified=("26881-3",)),
    _lab("il10", "interleukin 10", "pg/mL", (0, 100_000), (0, 10_000_000), 24),
    _lab("il18", "interleukin 18", "pg/mL", (0, 500_000), (0, 100_000_000), 48),
    _lab("ifn_gamma", "interferon gamma", "pg/mL", (0, 100_000), (0, 10_000_000), 48),
    _lab("tnf_alpha", "tumor necrosis factor alpha", "pg/mL", (0, 100_000), (0, 10_000_000), 24),
    _lab("cxcl9", "CXCL9", "pg/mL", (0, 500_000), (0, 100_000_000), 48),
    _lab("soluble_il2r", "soluble IL-2 receptor", "U/mL", (50, 50_000), (0, 10_000_000), 48),
    _lab("soluble_il2r_mass", "soluble IL-2 receptor, mass", "pg/mL", (50, 500_000),
         (0, 100_000_000), 48),
    _lab("sc5b9", "soluble C5b-9", "ng/mL", (20, 2000), (0, 20_000), 48),
    _lab("cmv_dna", "CMV DNA", "IU/mL", (0, 1e8), (0, 1e12), 24),
    _lab("ebv_dna", "EBV DNA", "IU/mL", (0, 1e8), (0, 1e12), 24),
    _lab("fev1", "FEV1, % predicted", "%", (10, 150), (0, 250), 2),
    _level("sirolimus", "sirolimus", "ng/mL", (0, 60), (0, 500), 24, agents=("sirolimus",),
           substance="sirolimus", loinc=("29247-4",), seen="LM"),
    _level("everolimus", "everolimus", "ng/mL", (0, 60), (0, 500), 24, agents=("everolimus",),
           substance="everolimus", loinc=("50544-6", "77349-9"), seen="LM"),
    _level("tacrolimus", "tacrolimus", "ng/mL", (0, 60), (0, 500), 24, agents=("tacrolimus",),
           substance="tacrolimus", loinc=("11253-2", "74096-9", "74097-7", "77348-1"), seen="LM"),
    _level("ciclosporin", "ciclosporin", "ng/mL", (0, 2500), (0, 10_000), 24, 0,
           agents=("ciclosporin",), substance="ciclosporin",
           loinc=("3520-4", "14978-1", "55805-6"), seen="LM"),
    # Total and unbound drug are two analytes: one is some fifty times the other, and nothing
    # converts between them.
    _level("mycophenolate", "mycophenolic acid, total", "ng/mL", (0, 60_000), (0, 1_000_000), 24,
           0, agents=_MYCOPHENOLATE),
    _level("mycophenolate_unbound", "mycophenolic acid, unbound", "ng/mL", (0, 1000), (0, 20_000),
           24, 0, agents=_MYCOPHENOLATE, area=("ng.h/mL",)),
    _level("busulfan", "busulfan", "ng/mL", (0, 10_000), (0, 100_000), 24, 0,
           agents=("busulfan",), substance="busulfan", area=("mg.h/L", "umol.min/L")),
    _level("atg_active_au", "active ATG", "AU/mL", (0, 200), (0, 1000), 24, 2, agents=_ATG),
    _level("atg_active_ue", "active ATG", "UE/mL", (0, 200), (0, 1000), 24, 2, agents=_ATG),
    _level("atg_total", "total ATG", "ug/mL", (0, 300), (0, 2000), 24, agents=_ATG),
    _level("alemtuzumab", "alemtuzumab", "ug/mL", (0, 20), (0, 200), 48, 2,
           agents=("alemtuzumab",)),
    _level("blinatumomab", "blinatumomab", "pg/mL", (0, 5000), (0, 1_000_000), 48, 0,
           agents=("blinatumomab",)),
    _cell("cd3", "CD3 T cells", "/uL", (0, 10_000), (0, 1_000_000), 24),
    _cell("cd4", "CD4 T cells", "/uL", (0, 10_000), (0, 1_000_000), 24,
          loinc=("24467-3",), seen="M"),
    _cell("cd8", "CD8 T cells", "/uL", (0, 10_000), (0, 1_000_000), 24),
    _cell("cd19", "CD19 B cells", "/uL", (0, 10_000), (0, 1_000_000), 24),
    _cell("car_copies", "CAR transgene", "copies/ug", (0, 1_000_000), (0, 10_000_000), 72,
          products=_CAR),
    _cell("car_cells", "CAR T cells", "/uL", (0, 20_000), (0, 1_000_000), 24, products=_CAR),
    _cell("donor_chimerism_whole", "donor chimerism, whole blood", "%", (0, 100), (0, 100), 72, 1),
    _cell("donor_chimerism_cd3", "donor chimerism, CD3", "%", (0, 100), (0, 100), 72, 1),
    _cell("donor_chimerism_cd34", "donor chimerism, CD34", "%", (0, 100), (0, 100), 72, 1),
    _cell("mrd", "measurable residual disease, fraction", "1", (0, 1), (0, 1), 72, 6),
    _cell("marrow_blasts", "blasts in marrow", "%", (0, 100), (0, 100), 72, 1),
    _score("ice_score", "ICE score", "1", 10),
    _score("capd_score", "CAPD score", "1", 32),
    _score("vod_symptom_days", "days from the first sign of SOS to its diagnosis", "d", 100),
    _score("schistocytes_per_field", "schistocytes in a high-power field", "1", 100),
)  # fmt: skip

MEASUREMENTS: Mapping[str, MeasurementName] = MappingProxyType({m.name: m for m in _ALL})
"""Everything that can be measured, by name."""

BY_LOINC: Mapping[str, MeasurementName] = MappingProxyType(
    {code: m for m in _ALL for code in (*m.loinc, *m.unverified)}
)
"""The measurement behind a LOINC code, unverified codes included."""
