"""The shelf of criteria: one published table in one edition a file, listed by hand."""

from __future__ import annotations

from equipoise.criteria.crs_astct2019 import CRS
from equipoise.criteria.hscore_2014 import HSCORE
from equipoise.criteria.icaht_early_2023 import ICAHT_EARLY
from equipoise.criteria.icans_astct2019 import ICANS
from equipoise.criteria.iechs_astct2023 import IECHS
from equipoise.criterion import Criterion

ALL: tuple[Criterion, ...] = (CRS, ICANS, IECHS, HSCORE, ICAHT_EARLY)
