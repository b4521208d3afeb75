"""The shelf of criteria: one published table in one edition a file, listed by hand."""

from __future__ import annotations

from equipoise.criteria.agvhd_magic2016 import MAGIC
from equipoise.criteria.aki_kdigo2012 import AKI
from equipoise.criteria.car_hematotox_2021 import HEMATOTOX
from equipoise.criteria.cgvhd_nih2014 import CGVHD
from equipoise.criteria.crs_astct2019 import CRS
from equipoise.criteria.hlh_2004 import HLH_2004
from equipoise.criteria.hscore_2014 import HSCORE
from equipoise.criteria.icaht_early_2023 import ICAHT_EARLY
from equipoise.criteria.icaht_late_2023 import ICAHT_LATE
from equipoise.criteria.icans_astct2019 import ICANS
from equipoise.criteria.iechs_astct2023 import IECHS
from equipoise.criteria.mas_2016 import MAS
from equipoise.criteria.masl_ucsf2021 import MASL
from equipoise.criteria.ohi_2021 import OHI
from equipoise.criteria.vod_ebmt2016 import VOD
from equipoise.criterion import Criterion

ALL: tuple[Criterion, ...] = (
    CRS, ICANS, IECHS, HSCORE, ICAHT_EARLY, ICAHT_LATE, MASL, HLH_2004, OHI, MAS, AKI, MAGIC,
    CGVHD, VOD, HEMATOTOX,
)  # fmt: skip
