"""Published statements with a predicate: which of them speak about this patient."""

from equipoise.advice import Recommendation
from equipoise.guidance import (
    atg_product,
    iechs_ladder,
    sirolimus_azoles,
    sirolimus_liver,
    trough_timing,
)

ALL: tuple[Recommendation, ...] = (
    sirolimus_azoles.POSACONAZOLE_LABEL_US,
    sirolimus_azoles.VORICONAZOLE_LABEL_US,
    sirolimus_azoles.STRONG_LABEL_US,
    sirolimus_azoles.EBMT_AVOID,
    sirolimus_azoles.POSACONAZOLE_PRACTICE,
    sirolimus_azoles.VORICONAZOLE_PRACTICE,
    sirolimus_azoles.TACROLIMUS_SIROLIMUS_AZOLE,
    sirolimus_azoles.FLUCONAZOLE_CASES,
    sirolimus_azoles.ISAVUCONAZOLE,
    sirolimus_azoles.MICAFUNGIN,
    sirolimus_azoles.CASPOFUNGIN,
    sirolimus_azoles.LETERMOVIR,
    sirolimus_azoles.INHIBITOR_STOP,
    sirolimus_liver.CLEARANCE_MILD_MODERATE,
    sirolimus_liver.CLEARANCE_SEVERE,
    sirolimus_liver.LABEL,
    trough_timing.AFTER_CHANGE,
    trough_timing.EARLY_LEVELS,
    trough_timing.PREDOSE,
    atg_product.PRODUCT_RULE,
    atg_product.RATIO_RULE,
    atg_product.UNIT_RULE,
    atg_product.DURATION_RULE,
    iechs_ladder.DIFFERENTIAL,
    iechs_ladder.INFECTION,
    iechs_ladder.SUPPORTIVE,
    iechs_ladder.FIRST_LINE,
    iechs_ladder.SECOND_LINE,
    iechs_ladder.THIRD_LINE,
    iechs_ladder.NO_ANTI_IL6,
    iechs_ladder.OVERLAP,
)
"""In the order in which a reader meets them: label before practice, by topic."""
