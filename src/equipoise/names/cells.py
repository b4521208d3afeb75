"""Cells that are infused, where they come from, and the words that choose targets and advice.

The bounds of cell doses are conventions of this project (standing hypothesis).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from equipoise.names.measurements import Bounds


@dataclass(frozen=True, slots=True)
class CellProduct:
    """One kind of infused cells.

    name     as in records
    label    for people
    kind     "graft", "lymphocytes" or "car"
    antigen  what a CAR product is aimed at: "CD19", "BCMA"; "" for others and where not known
    aliases  brand and full names, lower case
    """

    name: str
    label: str
    kind: str
    antigen: str = ""
    aliases: tuple[str, ...] = ()


CELL_PRODUCTS: Mapping[str, CellProduct] = MappingProxyType(
    {
        p.name: p
        for p in (
            CellProduct("graft", "graft", "graft", aliases=("stem cells", "transplant")),
            CellProduct(
                "donor_lymphocytes", "donor lymphocytes", "lymphocytes",
                aliases=("dli", "donor lymphocyte infusion"),
            ),
            CellProduct(
                "microtransplant", "microtransplant", "lymphocytes",
                aliases=("microtransplantation", "mst"),
            ),
            CellProduct(
                "tisagenlecleucel", "tisagenlecleucel", "car", "CD19",
                aliases=("kymriah", "tisa-cel"),
            ),
            CellProduct(
                "axicabtagene", "axicabtagene ciloleucel", "car", "CD19",
                aliases=("axicabtagene ciloleucel", "yescarta", "axi-cel"),
            ),
            CellProduct(
                "brexucabtagene", "brexucabtagene autoleucel", "car", "CD19",
                aliases=("brexucabtagene autoleucel", "tecartus", "brexu-cel"),
            ),
            CellProduct(
                "lisocabtagene", "lisocabtagene maraleucel", "car", "CD19",
                aliases=("lisocabtagene maraleucel", "breyanzi", "liso-cel"),
            ),
            CellProduct(
                "idecabtagene", "idecabtagene vicleucel", "car", "BCMA",
                aliases=("idecabtagene vicleucel", "abecma", "ide-cel"),
            ),
            CellProduct(
                "ciltacabtagene", "ciltacabtagene autoleucel", "car", "BCMA",
                aliases=("ciltacabtagene autoleucel", "carvykti", "cilta-cel"),
            ),
            CellProduct(
                "obecabtagene", "obecabtagene autoleucel", "car", "CD19",
                aliases=("obecabtagene autoleucel", "aucatzyl", "obe-cel"),
            ),
            CellProduct("car_other", "another CAR T-cell product", "car", aliases=("car-t",)),
        )
    }
)  # fmt: skip
"""Every product of a `cells` event, by name."""


@dataclass(frozen=True, slots=True)
class CellDoseKey:
    """One population counted in a cell dose.

    name              key of `doses`
    label             for people
    plausible         cells per kg; outside: accepted with a caution
    impossible        cells per kg; outside: refused
    plausible_total   cells in all, where the dose is not per kg
    impossible_total  cells in all
    """

    name: str
    label: str
    plausible: Bounds
    impossible: Bounds
    plausible_total: Bounds
    impossible_total: Bounds


CELL_DOSE_KEYS: Mapping[str, CellDoseKey] = MappingProxyType(
    {
        k.name: k
        for k in (
            CellDoseKey("CD34", "CD34 cells", (1e5, 5e7), (0, 1e9), (1e6, 5e9), (0, 1e11)),
            CellDoseKey("CD3", "CD3 cells", (1e2, 1e9), (0, 5e10), (1e3, 1e11), (0, 5e12)),
            CellDoseKey(
                "TNC", "total nucleated cells", (1e6, 5e9), (0, 1e11), (1e7, 5e11), (0, 1e13)
            ),
            CellDoseKey("Treg", "regulatory T cells", (1e4, 1e8), (0, 5e9), (1e5, 1e10), (0, 5e11)),
            CellDoseKey(
                "Tcon", "conventional T cells", (1e4, 1e8), (0, 5e10), (1e5, 1e10), (0, 5e12)
            ),
            CellDoseKey("CAR", "CAR T cells", (1e4, 2e7), (0, 5e9), (1e6, 2e9), (0, 5e11)),
        )
    }
)
"""The keys of `doses` in a `cells` event."""


@dataclass(frozen=True, slots=True)
class PublishedDose:
    """What was given in print: cells per kg, or in all, of one product.

    per_kg, total  lowest and highest; None where the source has none
    donors         of first doses that depend on the donor; () for all
    where          who prints it
    """

    product: str
    key: str
    per_kg: tuple[float, float] | None
    total: tuple[float, float] | None
    where: str
    donors: tuple[str, ...] = ()


_HANDBOOK = "EBMT Handbook 2024, Table 59.1"

PUBLISHED_DOSES: tuple[PublishedDose, ...] = (
    PublishedDose(
        "donor_lymphocytes", "CD3", (1e5, 1e6), None, f"first doses, {_HANDBOOK}",
        ("haploidentical", "mismatched_unrelated"),
    ),
    PublishedDose(
        "donor_lymphocytes", "CD3", (1e5, 1e7), None, f"first doses, {_HANDBOOK}",
        ("matched_sibling", "matched_unrelated"),
    ),
    PublishedDose("donor_lymphocytes", "CD3", (1e5, 1e8), None, _HANDBOOK),
    PublishedDose("microtransplant", "CD3", (5e7, 2.6e8), None, "Guo 2011, as a review tells it"),
    PublishedDose("graft", "Treg", (2e6, 4e6), None, "Di Ianni 2011"),
    PublishedDose("graft", "Tcon", (5e5, 2e6), None, "Di Ianni 2011"),
    PublishedDose(
        "tisagenlecleucel", "CAR", (2e5, 5.4e6), (1.2e6, 6e8), "ELIANA and ENSIGN; product label"
    ),
    PublishedDose("axicabtagene", "CAR", (2e6, 2e6), None, "target dose, Mueller-Schoell 2021"),
    PublishedDose("lisocabtagene", "CAR", None, (5e7, 1.5e8), "TRANSCEND NHL 001"),
)  # fmt: skip
"""Doses in print against which a charted one is held, those for a first dose and a donor first."""

EXPONENT = 10.0
"""Factor beyond a published dose from which a wrong exponent is suspected (project convention)."""


def unpublished(
    product: str, key: str, number: float, *, per_kg: bool, donor: str = "", first: bool = False
) -> str:
    """What to say of a dose that is a factor of `EXPONENT` or more off what is in print, else "".

    number  cells per kg, or in all
    donor   as in `DONORS`; first: whether it is the first infusion of the product
    """
    for entry in PUBLISHED_DOSES:
        if (entry.product, entry.key) != (product, key):
            continue
        if entry.donors and not (first and donor in entry.donors):
            continue
        bounds, unit = (entry.per_kg, "/kg") if per_kg else (entry.total, "cells")
        if bounds is None or number <= 0.0:
            continue
        low, high = bounds
        side, factor = ("above", number / high) if number > high else ("below", low / number)
        if factor < EXPONENT * (1.0 - 1e-9):
            return ""
        least, most = (f"{bound:.3g}".replace("e+0", "e") for bound in bounds)
        spread = least if low == high else f"{least} to {most}"
        return (
            f"{key} is {EXPONENT:g} or more times {side} what is in print for "
            f"{CELL_PRODUCTS[product].label} ({spread} {unit}; {entry.where})"
        )
    return ""


DONORS: Mapping[str, str] = MappingProxyType(
    {
        "autologous": "autologous",
        "matched_sibling": "matched sibling",
        "matched_unrelated": "matched unrelated",
        "mismatched_unrelated": "mismatched unrelated",
        "haploidentical": "haploidentical",
        "cord": "cord blood",
    }
)
"""Donors of a `cells` event, with their labels."""

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "bone_marrow": "bone marrow",
        "peripheral_blood": "mobilized peripheral blood",
        "cord_blood": "cord blood",
    }
)
"""Sources of a `cells` event, with their labels."""

PROCEDURES: Mapping[str, str] = MappingProxyType(
    {
        "level_drawn": "sample for a level drawn",
        "bone_marrow_aspirate": "bone marrow aspirate",
        "bone_marrow_biopsy": "bone marrow biopsy",
        "lumbar_puncture": "lumbar puncture",
        "brain_imaging": "imaging of the brain",
        "electroencephalogram": "electroencephalogram",
        "pet_ct": "PET-CT",
        "skin_biopsy": "skin biopsy",
        "gut_biopsy": "biopsy of the gut",
        "liver_biopsy": "liver biopsy",
        "lymph_node_biopsy": "lymph node biopsy",
        "bronchoscopy": "bronchoscopy",
        "echocardiogram": "echocardiogram",
        "total_body_irradiation": "total body irradiation",
        "leukapheresis": "leukapheresis",
        "extracorporeal_photopheresis": "extracorporeal photopheresis",
        "plasma_exchange": "plasma exchange",
        "cytokine_adsorption": "cytokine adsorption",
        "hemodialysis": "hemodialysis",
        "hemofiltration": "continuous hemofiltration",
        "intubation": "intubation",
        "extubation": "extubation",
        "splenectomy": "splenectomy",
        "surgery": "surgery",
    }
)
"""Names of a `procedure` event, with their labels."""

TRANSFUSIONS: Mapping[str, str] = MappingProxyType(
    {"red_cells": "red cells", "platelets": "platelets"}
)
"""What a `transfusion` event may give, with their labels."""

INDICATIONS: Mapping[str, str] = MappingProxyType(
    {
        "gvhd_prophylaxis": "prevention of GVHD",
        "agvhd_first_line": "acute GVHD, first line",
        "agvhd_refractory": "acute GVHD, refractory to steroids",
        "cgvhd": "chronic GVHD",
        "itp": "immune thrombocytopenia",
        "aiha": "autoimmune hemolytic anemia",
        "evans": "Evans syndrome",
        "prca": "pure red cell aplasia",
        "alps": "autoimmune lymphoproliferative syndrome",
        "aplastic_anemia": "aplastic anemia",
        "immune_cytopenia": "immune cytopenia, not further specified",
        "hemangioendothelioma": "kaposiform hemangioendothelioma",
        "hlh": "hemophagocytic lymphohistiocytosis",
        "cart": "CAR T-cell therapy",
        "t_cell_engager": "T-cell engager therapy",
        "relapse": "relapse or its prevention after transplantation",
    }
)
"""Values of the header field `indication`, with their labels."""

PLATFORMS: Mapping[str, str] = MappingProxyType(
    {
        "adult_related": "adult, related donor",
        "adult_unrelated": "adult, unrelated donor",
        "haploidentical_replete": "haploidentical, T-cell replete",
        "post_transplant_cyclophosphamide": "post-transplant cyclophosphamide",
        "cd34_selected": "CD34-selected graft",
        "alpha_beta_depleted": "alpha-beta T-cell depleted graft",
        "cord_blood": "cord blood",
        "pediatric": "pediatric",
        "treg_tcon": "regulatory and conventional T cells",
        "microtransplant": "microtransplant",
        "autologous": "autologous",
    }
)
"""Values of the header field `platform`, with their labels."""

ROUTES: Mapping[str, str] = MappingProxyType(
    {
        "iv": "intravenous",
        "oral": "oral",
        "sc": "subcutaneous",
        "im": "intramuscular",
        "intrathecal": "intrathecal",
        "inhaled": "inhaled",
        "topical": "topical",
        "rectal": "rectal",
        "tube": "by feeding tube",
    }
)
"""Values of `route` in a dose, with their labels."""

FORMULATIONS: Mapping[str, str] = MappingProxyType(
    {
        "tablet": "tablet",
        "solution": "oral solution",
        "suspension": "oral suspension",
        "immediate": "immediate release",
        "extended": "extended release",
    }
)
"""Values of `formulation` in a dose, with their labels."""


@dataclass(frozen=True, slots=True)
class Covariate:
    """What a model may need that is not measured: a number or a choice.

    name        as models declare it
    label       for people
    unit        canonical unit; "" for a choice
    choices     what a choice may be
    impossible  outside: refused, canonical unit
    """

    name: str
    label: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    impossible: Bounds = (None, None)


COVARIATES: Mapping[str, Covariate] = MappingProxyType(
    {
        c.name: c
        for c in (
            Covariate("age", "age", "a", impossible=(0, 120)),
            Covariate("sex", "sex", choices=("female", "male")),
            Covariate("bsa", "body surface area", "m2", impossible=(0.05, 4)),
            Covariate("cyp3a5", "CYP3A5", choices=("expresser", "nonexpresser")),
            Covariate("conditioning", "conditioning", choices=("myeloablative", "reduced")),
            Covariate("tumor_volume", "metabolic tumor volume", "mL", impossible=(0, 50_000)),
            Covariate(
                "car_cd4_cd8_day7", "CD4/CD8 of CAR T cells, day 7", "1", impossible=(1e-3, 1e3)
            ),
            Covariate("autologous_before", "autologous transplant before", choices=("no", "yes")),
            Covariate("low_expansion", "low-expansion class", choices=("no", "yes")),
        )
    }
)
"""Covariates besides the measurements, by name; a model may declare others."""
