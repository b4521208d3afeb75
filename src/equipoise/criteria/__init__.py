"""The shelf of criteria: one published table in one edition a file, listed by hand."""

from __future__ import annotations

from equipoise.criteria.agvhd_glucksberg1974 import GLUCKSBERG
from equipoise.criteria.agvhd_magic2016 import MAGIC
from equipoise.criteria.agvhd_response_bmtctn2020 import AGVHD_RESPONSE
from equipoise.criteria.aki_kdigo2012 import AKI
from equipoise.criteria.car_hematotox_2021 import HEMATOTOX
from equipoise.criteria.cd4_recovery_vanroessel2020 import CD4_RECOVERY
from equipoise.criteria.cgvhd_nih2014 import CGVHD
from equipoise.criteria.cmv_preemptive_2024 import CMV_PREEMPTIVE
from equipoise.criteria.crs_astct2019 import CRS
from equipoise.criteria.ctcae5_laboratory import (
    CTCAE_ALP,
    CTCAE_ALT,
    CTCAE_AST,
    CTCAE_BILIRUBIN,
    CTCAE_CHOLESTEROL,
    CTCAE_CREATININE,
    CTCAE_FIBRINOGEN,
    CTCAE_HEMOGLOBIN,
    CTCAE_LEUKOCYTES,
    CTCAE_LYMPHOCYTES,
    CTCAE_NEUTROPHILS,
    CTCAE_PLATELETS,
    CTCAE_TRIGLYCERIDES,
)
from equipoise.criteria.diarrhea_ctcae5 import DIARRHEA
from equipoise.criteria.easix import EASIX
from equipoise.criteria.ebv_preemptive_2002 import EBV_PREEMPTIVE
from equipoise.criteria.engraftment_maiolino2003 import MAIOLINO
from equipoise.criteria.engraftment_spitzer2001 import SPITZER
from equipoise.criteria.graft_failure_primary_ebmt2019 import GRAFT_FAILURE_PRIMARY
from equipoise.criteria.graft_failure_secondary_ebmt2019 import GRAFT_FAILURE_SECONDARY
from equipoise.criteria.hlh_2004 import HLH_2004
from equipoise.criteria.hlh_2024 import HLH_2024
from equipoise.criteria.hscore_2014 import HSCORE
from equipoise.criteria.icaht_early_2023 import ICAHT_EARLY
from equipoise.criteria.icaht_late_2023 import ICAHT_LATE
from equipoise.criteria.icans_astct2019 import ICANS
from equipoise.criteria.iecec_galarza2024 import IECEC
from equipoise.criteria.iechs_astct2023 import IECHS
from equipoise.criteria.iechs_mdacc2018 import CARTOX_HLH
from equipoise.criteria.itp_response_iwg2009 import ITP_RESPONSE
from equipoise.criteria.m_easix import M_EASIX
from equipoise.criteria.mas_2016 import MAS
from equipoise.criteria.masl_ucsf2021 import MASL
from equipoise.criteria.neutrophil_recovery_astct2021 import NEUTROPHIL_RECOVERY
from equipoise.criteria.ohi_2021 import OHI
from equipoise.criteria.platelet_recovery_cibmtr import PLATELET_RECOVERY
from equipoise.criteria.s_easix import S_EASIX
from equipoise.criteria.ticaht_early import TICAHT_EARLY
from equipoise.criteria.ticaht_late import TICAHT_LATE
from equipoise.criteria.tma_ctn2005 import TMA_CTN
from equipoise.criteria.tma_cutler2005 import TMA_CUTLER
from equipoise.criteria.tma_iwg2007 import TMA_IWG
from equipoise.criteria.tma_jodele2022 import TMA
from equipoise.criteria.tma_jodele2022_risk import TMA_RISK
from equipoise.criteria.vod_ebmt2016 import VOD
from equipoise.criteria.vod_ebmt2016_late import VOD_LATE
from equipoise.criteria.vod_ebmt2016_severity import VOD_SEVERITY
from equipoise.criteria.vod_ebmt2018_pediatric import VOD_CHILD
from equipoise.criteria.vod_ebmt2018_pediatric_severity import VOD_CHILD_SEVERITY
from equipoise.criteria.vod_ebmt2023 import VOD_2023
from equipoise.criteria.vod_ebmt2023_severity import VOD_2023_SEVERITY
from equipoise.criterion import Criterion

ALL: tuple[Criterion, ...] = (
    CRS, ICANS, IECHS, HSCORE, ICAHT_EARLY, ICAHT_LATE, MASL, HLH_2004, OHI, MAS, AKI, MAGIC,
    CGVHD, VOD, HEMATOTOX, TMA, GLUCKSBERG, VOD_CHILD,
    CARTOX_HLH, SPITZER, MAIOLINO, TICAHT_EARLY, TICAHT_LATE,
    EASIX, S_EASIX, M_EASIX,
    VOD_LATE, VOD_CHILD_SEVERITY, VOD_SEVERITY, VOD_2023, VOD_2023_SEVERITY,
    TMA_RISK, TMA_CTN, TMA_CUTLER, DIARRHEA, IECEC,
    CTCAE_ALT, CTCAE_AST, CTCAE_ALP, CTCAE_BILIRUBIN, CTCAE_CREATININE, CTCAE_FIBRINOGEN,
    CTCAE_HEMOGLOBIN, CTCAE_PLATELETS, CTCAE_NEUTROPHILS, CTCAE_LEUKOCYTES, CTCAE_LYMPHOCYTES,
    CTCAE_TRIGLYCERIDES, CTCAE_CHOLESTEROL,
    AGVHD_RESPONSE, NEUTROPHIL_RECOVERY, PLATELET_RECOVERY,
    GRAFT_FAILURE_PRIMARY, GRAFT_FAILURE_SECONDARY, HLH_2024, CMV_PREEMPTIVE, EBV_PREEMPTIVE,
    ITP_RESPONSE, CD4_RECOVERY, TMA_IWG,
)  # fmt: skip
