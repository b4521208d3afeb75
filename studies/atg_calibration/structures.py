"""Two rival structures of active Thymoglobulin, their priors, and each as a research model.

`elimination`   two compartments, linear clearance beside a saturable one from the center
`distribution`  the center and a pool of binding sites that fills: uptake saturates, what is bound
                comes back or is lost with its cell

In both the saturable part grows with the lymphocytes before the first dose, in a straight line, and
clearances grow with weight up to 40 kg. All priors are ours: standing hypothesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from equipoise.kinetics import System
from equipoise.model import Covariate, Model, Observation, Purpose, Range, Residual
from equipoise.source import Source, Standing, Value

Array = NDArray[np.float64]

FULL_WEIGHT = 40.0
"""kg from which weight no longer changes clearance (EBMT Handbook 2024, chapters 10 and 26)."""
VOLUME_WEIGHT = 70.0
LYMPHOCYTES = 0.2
"""10*9/L, the median of the children of Oostenbrink 2019 (Table 1), where the sinks are stated."""


def saturable_elimination(t, x, p, dx):  # noqa: ARG001
    c = x[0] / p[1]
    out = p[2] * c
    back = p[2] / p[3] * x[1]
    dx[0] = back - out - p[0] * c - p[4] * c / (p[5] + c)
    dx[1] = out - back


def saturable_distribution(t, x, p, dx):  # noqa: ARG001
    c = x[0] / p[1]
    bound = p[2] * c / (p[3] + c)
    dx[0] = p[4] * x[1] - bound - p[0] * c
    dx[1] = bound - (p[4] + p[5]) * x[1]


SYSTEMS = {
    "elimination": System(
        ("central", "peripheral"), ("CL", "V1", "Q", "V2", "VM", "KM"), saturable_elimination
    ),
    "distribution": System(
        ("central", "bound"), ("CL", "V1", "TM", "KT", "KR", "KI"), saturable_distribution
    ),
}
STRUCTURES = tuple(SYSTEMS)


@dataclass(frozen=True, slots=True)
class Prior:
    """A prior, normal on a scale: log (center is the median), logit, plain, or a range of days.

    kind    "kinetics", "variability", "scale" or "cohort"
    """

    name: str
    center: float
    spread: float
    unit: str
    form: str
    kind: str
    reason: str

    def value(self, z: Array) -> Array:
        """From standard normal numbers to the parameter."""
        if self.form == "log":
            return np.asarray(self.center * np.exp(self.spread * z))
        if self.form == "logit":
            start = np.log(self.center / (1.0 - self.center))
            return np.asarray(1.0 / (1.0 + np.exp(-(start + self.spread * z))))
        if self.form == "range":
            return np.asarray(self.center + self.spread * (2.0 * ndtr(z) - 1.0))
        return np.asarray(self.center + self.spread * z)


_BOTH = (
    Prior("CL", 1.5, 0.8, "L/d", "log", "kinetics",
          "antibody is cleared in days to weeks: 0.3 to 7 L/d"),
    Prior("V1", 6.0, 0.4, "L", "log", "kinetics",
          "between plasma and the label's 0.12 L/kg, at 70 kg"),
)  # fmt: skip
_OWN = {
    "elimination": (
        Prior("Q", 1.0, 1.0, "L/d", "log", "kinetics", "over one decade each way"),
        Prior("V2", 6.0, 0.7, "L", "log", "kinetics", "as large as the center, fourfold each way"),
        Prior("CLS", 3.0, 1.0, "L/d", "log", "kinetics",
              "saturable clearance where it is not saturated: less to far more than CL"),
        Prior("KM", 2.0, 1.2, "AU/mL", "log", "kinetics", "from far below 1 AU/mL to above a peak"),
    ),
    "distribution": (
        Prior("CLB", 4.0, 1.0, "L/d", "log", "kinetics",
              "uptake where it is not saturated: less to far more than CL"),
        Prior("KT", 2.0, 1.2, "AU/mL", "log", "kinetics", "from far below 1 AU/mL to above a peak"),
        Prior("KOUT", 0.2, 1.0, "/d", "log", "kinetics", "bound for a day to a month"),
        Prior("LOST", 0.5, 1.5, "1", "logit", "kinetics", "share of the bound that is lost: any"),
    ),
}  # fmt: skip
_REST = (
    Prior("LYMPH", 0.5, 1.2, "L/10^9", "log", "kinetics",
          "rise of the saturable part per 10^9/L: from nothing to in proportion"),
    Prior("WEIGHT", 0.75, 0.25, "1", "plain", "kinetics", "exponent of clearances below 40 kg"),
    Prior("VWEIGHT", 0.85, 0.2, "1", "plain", "kinetics", "exponent of volumes"),
    Prior("SD_CL", 0.4, 0.5, "1", "log", "variability", "SD of ln CL: 0.15 to 1"),
    Prior("SD_V", 0.25, 0.5, "1", "log", "variability", "SD of ln V1"),
    Prior("SD_SINK", 0.5, 0.5, "1", "log", "variability", "SD of the log saturable part"),
    Prior("ERROR", 0.25, 0.35, "1", "log", "variability",
          "SD of a log level around its curve; no assay's precision was found"),
    Prior("AU", 1.0, 0.3, "AU/ug", "log", "scale", "1 is unverified: half to twice"),
    Prior("WALLER", 1.0, 0.4, "ug/AU", "log", "scale", "Waller's assay against the Dutch one"),
    Prior("UE", 1.0, 1.0, "UE/AU", "log", "scale", "no calibration was found: a decade each way"),
    Prior("CD34_DOSE", 6.5, 0.25, "mg/kg", "log", "cohort", "whole course: 4 to 10.5"),
    Prior("CD34_LAST", -2.5, 2.0, "d", "range", "cohort", "last of three doses: days -4 to -1"),
    Prior("AB_DOSE", 7.5, 0.2, "mg/kg", "log", "cohort", "whole course: 5 to 11"),
    Prior("AB_START", -8.5, 3.5, "d", "range", "cohort", "middle of first days: -12 to -5"),
)  # fmt: skip
PRIORS = {kind: (*_BOTH, *own, *_REST) for kind, own in _OWN.items()}


def values(kind: str, z: Array) -> dict[str, Array]:
    """Parameters from standard normal numbers, (draws, parameters) -> name -> (draws,)."""
    return {p.name: p.value(z[:, i]) for i, p in enumerate(PRIORS[kind])}


def structural(
    kind: str,
    theta: Mapping[str, Array],
    weight: Array,
    lymphocytes: Array,
    eta_cl: Array,
    eta_v: Array,
    eta_sink: Array,
) -> dict[str, Array]:
    """The engine's parameters, hours and liters; all arguments broadcast.

    The engine holds active antibody, mg x `AU`: KM and KT are of its level in AU/mL, VM and TM of
    its amount in an hour.
    weight  kg;  lymphocytes: 10*9/L before the first dose
    """
    size = (np.minimum(weight, FULL_WEIGHT) / FULL_WEIGHT) ** theta["WEIGHT"]
    volume = (weight / VOLUME_WEIGHT) ** theta["VWEIGHT"]
    load = (1.0 + theta["LYMPH"] * lymphocytes) / (1.0 + theta["LYMPH"] * LYMPHOCYTES)
    sink = size * load * np.exp(eta_sink) / 24.0
    found = {
        "CL": theta["CL"] / 24.0 * size * np.exp(eta_cl),
        "V1": theta["V1"] * volume * np.exp(eta_v),
    }
    if kind == "elimination":
        found["Q"] = theta["Q"] / 24.0 * size
        found["V2"] = theta["V2"] * volume
        found["KM"] = theta["KM"] + 0.0 * size
        found["VM"] = theta["CLS"] * theta["KM"] * sink
    else:
        found["KT"] = theta["KT"] + 0.0 * size
        found["TM"] = theta["CLB"] * theta["KT"] * sink
        found["KR"] = theta["KOUT"] / 24.0 * (1.0 - theta["LOST"]) + 0.0 * size
        found["KI"] = theta["KOUT"] / 24.0 * theta["LOST"] + 0.0 * size
    return found


OURS = "Equipoise, studies/atg_calibration"


def model_of(kind: str, theta: Mapping[str, float], *, name: str = "") -> Model:
    """One draw of the ensemble as a model: bands for research, never a dose.

    theta  number by name of the prior
    """

    def parameters(numbers, covariate, eta):
        found = structural(
            kind, numbers, covariate["weight"], covariate["lymphocytes"],
            eta["CL"], eta["V1"], eta["SINK"],
        )  # fmt: skip
        return {**found, "F_central": np.asarray(numbers["AU"])}

    wanted = [p for p in PRIORS[kind] if p.kind == "kinetics" or p.name == "AU"]
    deviations = [theta[n] for n in ("SD_CL", "SD_V", "SD_SINK")]
    return Model(
        id=name or f"atg_thymoglobulin_{kind}",
        agent="thymoglobulin",
        title=f"Active Thymoglobulin, saturable {kind}, calibrated to observations (research)",
        source=Source(OURS, where="docs/atg-calibration.md", note="our own joining of sources"),
        standing=Standing.HYPOTHESIS,
        purposes=frozenset({Purpose.AUC, Purpose.EARLY_LEVEL, Purpose.WASHOUT}),
        population="adults and children of several published cohorts, as observed numbers only",
        domain={"weight": Range(9.0, 125.0, "kg", OURS)},
        covariates={
            "weight": Covariate("kg", VOLUME_WEIGHT, required=True),
            "lymphocytes": Covariate("10*9/L", LYMPHOCYTES),
        },
        thetas={
            p.name: Value(float(theta[p.name]), UNITS.get(p.unit, p.unit), OURS,
                          Standing.HYPOTHESIS)
            for p in wanted
        },
        etas=("CL", "V1", "SINK"),
        omega=tuple(
            tuple(deviations[i] ** 2 if i == j else 0.0 for j in range(3)) for i in range(3)
        ),
        omega_note="calibrated (hypothesis)",
        structure=SYSTEMS[kind],
        parameters=parameters,
        routes={"iv": 0},
        dose_unit="mg",
        observations=(
            Observation("atg_active_au", "AU/mL", "central", "V1", 1.0,
                        Residual(proportional=float(theta["ERROR"]), where=OURS),
                        matrix="serum", assay="T-cell binding by flow cytometry"),
        ),
        because="a clinician would act differently because of this entry only in asking for "
        "levels earlier and for longer: it shows what they could still change",
        traps=("Calibrated to observations, not the published model.",),
        external_validation="none; research only",
        clearance="CL",
    )  # fmt: skip


UNITS = {"/d": "/d", "L/10^9": "1", "AU/ug": "1"}
