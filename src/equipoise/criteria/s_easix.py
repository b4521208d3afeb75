"""Simplified EASIX: LDH / platelets."""

from __future__ import annotations

from equipoise.criteria.easix import index

S_EASIX = index(
    "s_easix",
    "Simplified EASIX (s-EASIX)",
    ("ldh",),
    ("Creatinine is left out: it rises only in few and late.",),
)
