"""Three patients for each step of the ladders: it applies, it does not, the record cannot tell."""

from __future__ import annotations

from datetime import date

from situations import DAY, Three, car, dose, finding, graded, graft, situation, value

from equipoise.criterion import Grade
from equipoise.guidance.conditions import words_for
from equipoise.record import AnyEvent, Stop

T = 8 * DAY
ADULT, CHILD = date(1985, 4, 1), date(2020, 4, 1)


def _grade(criterion: str, grade: int, missing: str) -> Three:
    """Exactly the grade, none at all, and an interval that holds it."""

    def at(low: int, high: int, *, lacks: str = ""):
        return situation(T, car(), grades=[graded(criterion, low=low, high=high, missing=lacks)])

    return Three(at(grade, grade), at(0, 0), at(0, 4, lacks=missing), missing)


def _after_car(
    applies: list[AnyEvent], does_not: list[AnyEvent], cannot: list[AnyEvent], missing: str, *,
    t: float = T, grades: list[Grade] | None = None, product: str = "tisagenlecleucel",
) -> Three:  # fmt: skip
    cells = car(product=product)
    return Three(
        *(situation(t, cells, *events, grades=grades or ()) for events in
          (applies, does_not, cannot)),
        missing,
    )  # fmt: skip


def _tma(*events: AnyEvent, born: date | None = ADULT) -> Three:
    def at(met: bool | None):
        grade = graded("tma_jodele2022", met=met, missing="" if met is not None else "schistocytes")
        return situation(40 * DAY, graft(), *events, grades=[grade], born=born)

    return Three(at(True), at(False), at(None), "schistocytes")


def _both(victim: str, partner: str) -> Three:
    """Both run, the victim alone, and a partner whose last dose is too old to tell."""
    return Three(
        situation(T, dose(victim, T - 5.0), dose(partner, T - 5.0)),
        situation(T, dose(victim, T - 5.0)),
        situation(T + 15 * DAY, dose(victim, T + 14 * DAY), dose(partner, T - 5.0)),
        f"{words_for([partner])}: a recent dose or a stop",
    )


def _after_stop(partner: str) -> Three:
    """With tacrolimus: stopped a day ago, never given, and never charted as stopped."""
    base, given = dose("tacrolimus", T - 5.0), dose(partner, T - 40.0)
    stop = Stop(at=T - 24.0, known=T - 24.0, agent=partner)
    later = T + 15 * DAY
    return Three(
        situation(T, base, given, stop),
        situation(T, base),
        situation(later, base, dose("tacrolimus", later - 5.0), given),
        f"{words_for([partner])}: a recent dose or a stop",
    )


def _sos(*events: AnyEvent, extra: tuple[Grade, ...] = ()) -> Three:
    def at(met: bool | None):
        lacks = "" if met is not None else "ascites"
        grades = [
            graded("vod_ebmt2016", met=met, missing=lacks),
            graded("vod_ebmt2018_pediatric", met=False),
            *extra,
        ]
        return situation(12 * DAY, graft(), *events, grades=grades)

    return Three(at(True), at(False), at(None), "ascites")


ON_STEROID = [
    dose("methylprednisolone", DAY * d, "140 mg", route="iv") for d in range(25, 31)
]  # fmt: skip
GVHD = graded("agvhd_magic2016", low=3, high=3)


def _refractory(*events: AnyEvent, born: date = ADULT) -> Three:
    """Recorded as refractory, as responding, and treated without a word on the response."""
    yes, no = (finding("steroid_refractory", 30 * DAY, v) for v in (True, False))
    return Three(
        *(
            situation(31 * DAY, graft(), *ON_STEROID, *events, *said, grades=[GVHD], born=born)
            for said in ((yes,), (no,), ())
        ),
        "steroid_refractory",
    )


ANC_LOW = value("neutrophils", T - 5.0, "0.4 10*9/L")
ANC_HIGH = value("neutrophils", T - 5.0, "0.5 10*9/L")
ICAHT = [
    graded("icaht_early_2023", low=3, high=3),
    graded("icaht_late_2023", low=0, high=0),
]


def _icaht() -> Three:
    def at(low: int, high: int, missing: str = ""):
        early = graded("icaht_early_2023", low=low, high=high, missing=missing)
        return situation(20 * DAY, car(), grades=[early, ICAHT[1]])

    return Three(at(3, 4), at(0, 2), at(1, 4, "neutrophils"), "neutrophils")


LADDERS: dict[str, Three] = {
    **{f"crs_grade{n}": _grade("crs_astct2019", n, "oxygen_device") for n in range(1, 5)},
    **{f"icans_grade{n}": _grade("icans_astct2019", n, "ice_score") for n in range(1, 5)},
    "tocilizumab_ceiling": _after_car(
        [dose("tocilizumab", T - h, "560 mg", route="iv") for h in (20.0, 12.0, 4.0)],
        [dose("tocilizumab", T - h, "560 mg", route="iv") for h in (50.0, 12.0, 4.0)],
        [finding("antipyretic_or_anticytokine", T - 5.0, True)],
        "tocilizumab: each dose",
    ),
    "icaht_gcsf_prophylaxis": Three(
        *(
            situation(3 * DAY, car(), grades=[
                graded("car_hematotox_2021", low=low, high=high, missing=missing)
            ])
            for low, high, missing in ((2, 4, ""), (0, 1, ""), (1, 3, "ferritin"))
        ),
        "ferritin",
    ),
    "icaht_gcsf": _after_car([ANC_LOW], [ANC_HIGH], [], "neutrophils"),
    "icaht_work_up": _icaht(),
    "icaht_boost": _icaht(),
    "icaht_thrombopoietin": Three(
        *(
            situation(45 * DAY, car(), grades=[
                graded("ticaht_late", low=low, high=high, missing=missing)
            ])
            for low, high, missing in ((3, 3, ""), (1, 2, ""), (2, 3, "platelets"))
        ),
        "platelets",
    ),
    "car_virus_pneumocystis": _after_car(
        [value("cd4", 400 * DAY, "200 /uL")],
        [value("cd4", 400 * DAY, "201 /uL")],
        [],
        "cd4",
        t=401 * DAY,
    ),
    "car_neutropenia_prophylaxis": _after_car([ANC_LOW], [ANC_HIGH], [], "neutrophils"),
    "car_steroid_antifungal": _after_car(
        [dose("dexamethasone", T - 20.0, "10 mg")],
        [dose("dexamethasone", T - 20.0, "10 mg"), dose("fluconazole", T - 4.0, "200 mg")],
        [dose("dexamethasone", 1.0, "10 mg")],
        "dexamethasone: a recent dose or a stop",
        t=T + 10 * DAY,
    ),
    "car_igg_400": _after_car(
        [value("igg", T - 5.0, "400 mg/dL")], [value("igg", T - 5.0, "4.1 g/L")], [], "igg"
    ),
    "car_igg_infection": _after_car(
        [value("igg", T, "600 mg/dL"), finding("recurrent_bacterial_infection", T, True)],
        [value("igg", T, "601 mg/dL"), finding("recurrent_bacterial_infection", T, True)],
        [value("igg", T, "500 mg/dL")],
        "recurrent_bacterial_infection",
    ),
    "bcma_cranial_palsy": _after_car(
        [finding("cranial_nerve_palsy", 22 * DAY, True)],
        [finding("cranial_nerve_palsy", 22 * DAY, False)],
        [],
        "cranial_nerve_palsy",
        t=23 * DAY,
        product="ciltacabtagene",
    ),
    "bcma_parkinsonism": _after_car(
        [finding("parkinsonism", 40 * DAY, True)],
        [finding("parkinsonism", 40 * DAY, False)],
        [],
        "parkinsonism",
        t=41 * DAY,
        product="idecabtagene",
    ),
    "ciltacabtagene_watch_us": _after_car(
        [finding(n, 20 * DAY, False) for n in ("parkinsonism", "cranial_nerve_palsy")],
        [finding("parkinsonism", 20 * DAY, True)],
        [finding("parkinsonism", 20 * DAY, False)],
        "cranial_nerve_palsy",
        t=21 * DAY,
        product="ciltacabtagene",
    ),
    "agvhd_first_line": Three(
        *(
            situation(30 * DAY, graft(), grades=[
                graded("agvhd_magic2016", low=low, high=high, missing=missing)
            ])
            for low, high, missing in ((2, 3, ""), (1, 1, ""), (1, 3, "stool_volume"))
        ),
        "stool_volume",
    ),
    "agvhd_when_refractory": Three(
        situation(31 * DAY, graft(), *ON_STEROID, grades=[GVHD]),
        situation(26 * DAY, graft(), *ON_STEROID, grades=[GVHD]),
        situation(31 * DAY, graft(), *ON_STEROID, grades=[
            graded("agvhd_magic2016", low=0, high=3, missing="bilirubin")
        ]),
        "bilirubin",
    ),
    "agvhd_ruxolitinib_us": _refractory(),
    "agvhd_ruxolitinib_eu": _refractory(),
    "agvhd_remestemcel_us": _refractory(born=CHILD),
    "agvhd_beyond_ruxolitinib": _refractory(dose("ruxolitinib", 30 * DAY, "10 mg")),
    "sos_defibrotide_ebmt2024": _sos(),
    "sos_defibrotide_us": _sos(finding("dialysis", 11 * DAY, True)),
    "sos_defibrotide_anticoagulant_us": _sos(dose("enoxaparin", 11 * DAY, "40 mg", route="sc")),
    "sos_sirolimus": _sos(dose("sirolimus", 11 * DAY)),
    "tma_supportive": _tma(),
    "tma_high_risk": _tma(value("urine_protein_creatinine", 39 * DAY, "1.0 mg/mg")),
    "tma_narsoplimab_us": _tma(),
    "tma_eculizumab": _tma(value("ldh", 39 * DAY, "500 U/L", high="250 U/L")),
    "tma_sirolimus": _tma(dose("sirolimus", 39 * DAY)),
    "hct_cmv_letermovir": Three(
        *(
            situation(30 * DAY, graft(), *found)
            for found in ((finding("cmv_serostatus", 0.0, "D-R+"),),
                          (finding("cmv_serostatus", 0.0, "D+R-"),), ())
        ),
        "cmv_serostatus",
    ),
    "hct_herpes_aciclovir": Three(
        *(
            situation(400 * DAY, graft(), *found)
            for found in ((finding("systemic_gvhd_therapy", 390 * DAY, True),),
                          (finding("systemic_gvhd_therapy", 390 * DAY, False),), ())
        ),
        "systemic_gvhd_therapy",
    ),
    **{
        id_: Three(
            situation(T, dose("tacrolimus", T - 5.0), dose(agent, T - 5.0)),
            situation(T, dose("tacrolimus", T - 5.0)),
            situation(T + 15 * DAY, dose("tacrolimus", T + 14 * DAY), dose(agent, T - 5.0)),
            f"{agent}: a recent dose or a stop",
        )
        for id_, agent in (
            ("sirolimus_calcineurin_ebmt2024", "sirolimus"),
            ("calcineurin_azole_ebmt2024", "posaconazole"),
            ("calcineurin_steroid_ebmt2024", "prednisone"),
        )
    },
    **{
        id_: _both(victim, partner)
        for id_, victim, partner in (
            ("calcineurin_posaconazole_label_us", "tacrolimus", "posaconazole"),
            ("calcineurin_voriconazole_hsct", "ciclosporin", "voriconazole"),
            ("calcineurin_isavuconazole", "tacrolimus", "isavuconazole"),
            ("calcineurin_fluconazole", "tacrolimus", "fluconazole"),
            ("calcineurin_letermovir_label_us", "ciclosporin", "letermovir"),
            ("tacrolimus_rifampicin_label_us", "tacrolimus", "rifampicin"),
            ("tacrolimus_belumosudil", "tacrolimus", "belumosudil"),
            ("tacrolimus_cannabidiol", "tacrolimus", "cannabidiol"),
            ("sirolimus_belumosudil", "sirolimus", "belumosudil"),
            ("sirolimus_cannabidiol", "sirolimus", "cannabidiol"),
            ("sirolimus_diltiazem", "sirolimus", "diltiazem"),
            ("sirolimus_ciclosporin_label_us", "sirolimus", "ciclosporin"),
            ("everolimus_strong_cyp3a4_label", "everolimus", "voriconazole"),
            ("everolimus_moderate_cyp3a4_label_us", "everolimus", "fluconazole"),
            ("everolimus_ciclosporin", "everolimus", "ciclosporin"),
            ("everolimus_cannabidiol", "everolimus", "cannabidiol"),
            ("boosted_antiviral_immunosuppressant_eu", "everolimus", "nirmatrelvir_ritonavir"),
            ("boosted_antiviral_calcineurin_us", "ciclosporin", "nirmatrelvir_ritonavir"),
            ("boosted_antiviral_hold_protocol", "sirolimus", "nirmatrelvir_ritonavir"),
            ("boosted_antiviral_tacrolimus_hold", "tacrolimus", "nirmatrelvir_ritonavir"),
            ("cobicistat_immunosuppressant", "sirolimus", "cobicistat"),
            ("ruxolitinib_strong_cyp3a4_label", "ruxolitinib", "posaconazole"),
            ("ruxolitinib_fluconazole_label", "ruxolitinib", "fluconazole"),
            ("venetoclax_strong_cyp3a_label_us", "venetoclax", "posaconazole"),
            ("venetoclax_moderate_cyp3a_label_us", "venetoclax", "ciclosporin"),
            ("blinatumomab_cyp_label_us", "ciclosporin", "blinatumomab"),
            ("tocilizumab_cyp_label", "tacrolimus", "tocilizumab"),
        )
    },
    "alemtuzumab_level_child": Three(
        *(
            situation(10.0, *given, *found, born=CHILD)
            for given, found in (
                ((dose("alemtuzumab", -200.0, "10 mg", route="iv"),),
                 (value("alemtuzumab", -6.0, "0.31 ug/mL"),)),
                ((), (value("alemtuzumab", -6.0, "0.31 ug/mL"),)),
                ((dose("alemtuzumab", -200.0, "10 mg", route="iv"),), ()),
            )
        ),
        "alemtuzumab level on the day of the graft",
    ),
    "boosted_antiviral_tacrolimus_restart": _after_stop("nirmatrelvir_ritonavir"),
    "calcineurin_letermovir_stop": _after_stop("letermovir"),
    "everolimus_liver_class": Three(
        *(
            situation(T, dose("everolimus", T - 5.0), *found)
            for found in ((finding("child_pugh_class", 0.0, "B"),),
                          (finding("child_pugh_class", 0.0, "none"),), ())
        ),
        "child_pugh_class",
    ),
    "tacrolimus_gut_diarrhea": Three(
        situation(T, dose("tacrolimus", T - 5.0), finding("agvhd_stage_lower_gi", T - 9.0, 2)),
        situation(
            T, dose("tacrolimus", T - 5.0, "1 mg", route="iv"),
            finding("agvhd_stage_lower_gi", T - 9.0, 2),
        ),
        situation(
            T, dose("tacrolimus", T - 5.0),
            grades=[graded("diarrhea_ctcae5", low=0, high=2, missing="stool_count")],
        ),
        "stool_count",
    ),
    "crs_iechs_cyp_suppression": Three(
        *(
            situation(T, car(), dose("tacrolimus", T - 5.0), grades=[
                graded("crs_astct2019", low=low, high=high, missing=lacks),
                graded("iechs_astct2023", met=False),
            ])
            for low, high, lacks in ((2, 2, ""), (0, 0, ""), (0, 3, "oxygen_device"))
        ),
        "oxygen_device",
    ),
    "tma_calcineurin_inhibitor": _tma(dose("tacrolimus", 39 * DAY)),
    "sirolimus_trough_in_anemia": Three(
        *(
            situation(T, dose("sirolimus", T - 5.0), *levels)
            for levels in ((value("hematocrit", T - DAY, "25 %"),),
                           (value("hematocrit", T - DAY, "34 %"),), ())
        ),
        "hematocrit",
    ),
}  # fmt: skip
"""By the id of the recommendation."""
