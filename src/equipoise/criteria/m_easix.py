"""Modified EASIX: LDH x C-reactive protein / platelets."""

from __future__ import annotations

from equipoise.criteria.easix import index

M_EASIX = index(
    "m_easix",
    "Modified EASIX (m-EASIX)",
    ("ldh", "crp"),
    (
        "C-reactive protein enters in mg/dL: 30 mg/L is 3.0 mg/dL. In mg/L the score would be ten "
        "times as high.",
    ),
)
