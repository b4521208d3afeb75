"""Published population models, one file each."""

from equipoise.model import Model
from equipoise.models import (
    atg_thymoglobulin_linear,
    axicabtagene_muellerschoell2021,
    blinatumomab_clements2020,
    busulfan_choe2012,
    busulfan_dadkhah2022,
    busulfan_lawson2022,
    busulfan_shukla2020,
    lisocabtagene_ogasawara2021,
    sirolimus_cheng2020,
    sirolimus_wu2012,
    tacrolimus_dunlap2025,
    tisagenlecleucel_stein2019,
)

ALL: tuple[Model, ...] = (
    sirolimus_cheng2020.MODEL,
    sirolimus_wu2012.MODEL,
    tacrolimus_dunlap2025.MODEL,
    blinatumomab_clements2020.MODEL,
    atg_thymoglobulin_linear.MODEL,
    busulfan_choe2012.MODEL,
    busulfan_dadkhah2022.MODEL,
    busulfan_lawson2022.MODEL,
    busulfan_shukla2020.MODEL,
    tisagenlecleucel_stein2019.MODEL,
    lisocabtagene_ogasawara2021.MODEL,
    axicabtagene_muellerschoell2021.MODEL,
)
