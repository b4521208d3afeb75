"""Fat-free mass from age, weight, height and sex, for models that scale by it.

The adult equation of Janmahasatian 2005 with the maturation of Al-Sallami 2015, as two independent
codings of busulfan models print it.
"""

from __future__ import annotations

import numpy as np

from equipoise.model import Array
from equipoise.source import Source

JANMAHASATIAN = Source(
    "Janmahasatian 2005, Clin Pharmacokinet (fat-free mass of adults)",
    note="as coded in the models that use it; the paper was not read",
)
AL_SALLAMI = Source(
    "Al-Sallami 2015, Clin Pharmacokinet (fat-free mass of children)",
    note="as coded in the models that use it; the paper was not read",
)


def fat_free_mass(age: Array, weight: Array, height: Array, male: Array) -> Array:
    """Fat-free mass in kg.

    age in years, weight in kg, height in cm; male: 1, else 0. Arrays broadcast.
    """
    index = weight / (height / 100.0) ** 2
    woman = (1.11 + (1.0 - 1.11) / (1.0 + (age / 7.1) ** -1.1)) / (8780.0 + 244.0 * index)
    man = (0.88 + (1.0 - 0.88) / (1.0 + (age / 13.4) ** -12.7)) / (6680.0 + 216.0 * index)
    return np.asarray(9270.0 * weight * np.where(male == 0.0, woman, man))
