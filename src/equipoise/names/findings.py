"""What is found at the bedside or concluded: names, kinds and the choices that are read.

`true` means present, `false` looked for and absent; what is not in the record is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class FindingName:
    """One finding.

    name     as in records
    label    for people
    kind     "boolean", "choice", "list" (of agents or syndromes), "grade" (a whole number),
             "boolean_or_text" (true, false or what kind), "text", or
             "recorded" (`{"criterion", "grade"}` as the chart has it)
    choices  what a choice or a list may hold, mildest first where there is an order
    bounds   lowest and highest grade, both included
    """

    name: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] | None = None


OXYGEN_DEVICES = (
    "none", "nasal_cannula", "blow_by", "face_mask", "venturi", "non_rebreather", "high_flow",
    "cpap", "bipap", "ventilator",
)  # fmt: skip
"""Ways of giving oxygen, in the order of the contract."""

VASOPRESSOR_NAMES = (
    "noradrenaline", "adrenaline", "dopamine", "dobutamine", "phenylephrine", "vasopressin",
    "angiotensin_ii", "terlipressin", "milrinone",
)  # fmt: skip
"""What the finding `vasopressors` may list; whether an inotrope counts is the criterion's rule."""

SYNDROMES: Mapping[str, str] = MappingProxyType(
    {
        "crs": "cytokine release syndrome",
        "icans": "immune effector cell neurotoxicity",
        "iechs": "immune effector cell HLH-like syndrome",
        "hlh": "hemophagocytic lymphohistiocytosis",
        "mas": "macrophage activation syndrome",
        "agvhd": "acute GVHD",
        "cgvhd": "chronic GVHD",
        "tma": "thrombotic microangiopathy",
        "vod": "veno-occlusive disease",
        "engraftment_syndrome": "engraftment syndrome",
        "icaht": "hematotoxicity after immune effector cells",
        "infection": "infection",
        "immune_cytopenia": "immune cytopenia",
    }
)
"""Syndromes that `treatment_for` may list."""

_EXCLUDED = ("excluded", "suspected", "proven")


def _yes_no(name: str, label: str = "") -> FindingName:
    return FindingName(name, label or name.replace("_", " "), "boolean")


def _choice(name: str, choices: tuple[str, ...], label: str = "") -> FindingName:
    return FindingName(name, label or name.replace("_", " "), "choice", choices)


def _grade(name: str, label: str, low: int, high: int) -> FindingName:
    return FindingName(name, label, "grade", bounds=(low, high))


_CGVHD_ORGANS = (
    "skin", "mouth", "eyes", "gi", "liver", "lungs", "joints", "genital", "performance",
)  # fmt: skip

_ALL: tuple[FindingName, ...] = (
    _yes_no("hypotension"),
    FindingName("vasopressors", "vasopressors running", "list", VASOPRESSOR_NAMES),
    _choice("oxygen_device", OXYGEN_DEVICES),
    _yes_no("antipyretic_or_anticytokine", "antipyretic or anticytokine therapy given"),
    _yes_no("fever", "fever, no number known"),
    _choice("consciousness", ("spontaneous", "voice", "touch", "unarousable"), "awakens to"),
    _choice("seizure", ("none", "resolved", "prolonged")),
    _choice("motor_weakness", ("none", "focal")),
    _choice("cerebral_edema", ("none", "focal", "diffuse")),
    _yes_no("tremor"),
    _yes_no("cranial_nerve_palsy"),
    _yes_no("parkinsonism", "parkinsonism, or new movement or personality change"),
    _yes_no("intracranial_hemorrhage"),
    _yes_no("encephalopathy"),
    _yes_no("splenomegaly"),
    _yes_no("hepatomegaly"),
    _yes_no("painful_hepatomegaly"),
    _yes_no("ascites"),
    _choice("ascites_degree", ("none", "minimal", "moderate", "paracentesis"), "degree of ascites"),
    _yes_no("reversed_portal_flow"),
    _yes_no("vod_imaging", "ultrasound or elastography suggestive of SOS"),
    _yes_no("vod_histology", "histology of SOS"),
    _grade("vod_risk_factors", "risk factors for SOS, how many", 0, 20),
    _yes_no("multiorgan_dysfunction", "dysfunction of two or more organs"),
    _yes_no("organ_dysfunction", "dysfunction of an organ"),
    _choice("coagulation", ("normal", "impaired", "factors_replaced")),
    _yes_no("intravascular_coagulation", "disseminated intravascular coagulation"),
    _yes_no("positive_coombs_test", "positive antiglobulin test"),
    _yes_no("hemophagocytosis"),
    _yes_no("known_immunosuppression"),
    _yes_no("low_nk_activity", "low or absent NK-cell activity"),
    _yes_no("sjia", "systemic juvenile idiopathic arthritis"),
    _yes_no("ferritin_rapidly_rising"),
    _choice("infection", _EXCLUDED),
    _choice("progression", _EXCLUDED, "progression of the malignancy"),
    _yes_no("recurrent_bacterial_infection", "serious or recurrent bacterial infection"),
    _yes_no("platelet_refractory", "refractory to platelet transfusion"),
    _yes_no("platelet_transfusion"),
    _yes_no("platelet_engraftment", "full platelet engraftment, from then on"),
    _yes_no("red_cell_transfusion"),
    _yes_no("transfusion_dependent_bleeding"),
    _grade("bleeding_grade", "bleeding grade", 0, 5),
    _yes_no("schistocytes"),
    _yes_no("hypertension"),
    _yes_no("pulmonary_edema"),
    _yes_no("pulmonary_infiltrates"),
    _yes_no("diarrhea"),
    _grade("diarrhea_grade", "CTCAE grade of diarrhea", 0, 5),
    _yes_no("gut_biopsy_inflamed", "lymphocytes in the epithelium or blunt villi in a gut biopsy"),
    _choice(
        "performance_decline",
        ("none", "mild", "moderate", "severe"),
        "decrease in clinical performance by GVHD",
    ),
    _yes_no("drug_rash"),
    _yes_no("dialysis"),
    _yes_no("intubated"),
    FindingName("treatment_for", "treated for", "list", tuple(SYNDROMES)),
    _yes_no("upper_gi", "upper gastrointestinal symptoms"),
    _yes_no("bullae"),
    _yes_no("rash_desquamation"),
    _yes_no("ileus_or_bloody_stool"),
    _yes_no("severe_abdominal_pain"),
    _grade("agvhd_stage_skin", "acute GVHD stage, skin", 0, 4),
    _grade("agvhd_stage_liver", "acute GVHD stage, liver", 0, 4),
    _grade("agvhd_stage_upper_gi", "acute GVHD stage, upper gut", 0, 4),
    _grade("agvhd_stage_lower_gi", "acute GVHD stage, lower gut", 0, 4),
    *(_grade(f"cgvhd_score_{o}", f"chronic GVHD score, {o}", 0, 3) for o in _CGVHD_ORGANS),
    _yes_no("active_gvhd", "active GVHD"),
    _yes_no("systemic_gvhd_therapy", "systemic GVHD therapy"),
    _yes_no("cold_agglutinin_disease", "cold agglutinin disease"),
    _yes_no("steroid_refractory", "acute GVHD refractory to or dependent on steroids"),
    FindingName("relapse", "relapse", "boolean_or_text"),
    _yes_no("extramedullary_relapse"),
    _yes_no("graft_failure"),
    _yes_no("hla_loss", "loss of the mismatched HLA haplotype"),
    _choice("cd19_expression", ("negative", "dim", "positive"), "CD19 expression"),
    _yes_no("donor_specific_antibodies"),
    _choice("child_pugh_class", ("none", "A", "B", "C"), "Child-Pugh class"),
    _choice(
        "cmv_serostatus",
        ("D-R-", "D-R+", "D+R-", "D+R+", "negative", "positive"),
        "CMV serostatus",
    ),
    FindingName("next_therapy", "next therapy", "boolean_or_text"),
    FindingName("death", "death", "boolean_or_text"),
    FindingName("last_follow_up", "last follow-up", "boolean_or_text"),
    FindingName("recorded_grade", "grade in the chart", "recorded"),
)

FINDINGS: Mapping[str, FindingName] = MappingProxyType({f.name: f for f in _ALL})
"""Everything that can be found, by name."""
