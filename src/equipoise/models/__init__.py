"""Published population models, one file each."""

from equipoise.model import Model
from equipoise.models import (
    atg_thymoglobulin_linear,
    blinatumomab_clements2020,
    busulfan_choe2012,
    busulfan_dadkhah2022,
    busulfan_lawson2022,
    busulfan_shukla2020,
    ciclosporin_wilhelm2012,
    ciclosporin_woillard2014,
    everolimus_dewit2016,
    sirolimus_chen2020,
    sirolimus_cheng2020,
    sirolimus_fan2024,
    sirolimus_golubovic2019,
    sirolimus_mao2024,
    sirolimus_wu2012,
    tacrolimus_chen2022,
    tacrolimus_dunlap2025,
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
    sirolimus_fan2024.MODEL,
    sirolimus_chen2020.MODEL,
    sirolimus_mao2024.MODEL,
    sirolimus_golubovic2019.MODEL,
    everolimus_dewit2016.MODEL,
    tacrolimus_chen2022.MODEL,
    ciclosporin_wilhelm2012.MODEL,
    ciclosporin_woillard2014.MODEL,
)
