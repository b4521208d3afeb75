"""Real people's data, fitted one by one, against published runs of other programs.

The models and where each number stands are in `examples/models`; what is changed in the data on the
way is in `studies/real_data/data_sets.py`. Results of the other programs are copied here digit by
digit, with their place.
"""

import importlib.util
import math
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from equipoise.dataset import parse_dataset
from equipoise.diagnostics import Goodness, goodness
from equipoise.mode import Mode, find_mode
from equipoise.model import simulate
from equipoise.modelfile import load

ROOT = Path(__file__).resolve().parents[2]


def data_sets() -> ModuleType:
    """The module of the study, which is no package."""
    spec = importlib.util.spec_from_file_location(
        "real_data_sets", ROOT / "studies" / "real_data" / "data_sets.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


STUDY = data_sets()
BY_NAME = {d.name: d for d in STUDY.DATA_SETS}


def subjects_of(name: str, folder: Path, **changes):
    """Model and subjects of a data set; changes replace fields of it."""
    data_set = replace(BY_NAME[name], **changes)
    model = load(str(ROOT / "examples" / "models" / f"{data_set.model}.py"), {})
    return model, parse_dataset(STUDY.text_of(data_set, folder), model).subjects


@pytest.fixture(scope="module")
def fitted(reference_data):
    """By name: the modes and what they look like; each fitted once."""
    done: dict[str, tuple[tuple[Mode, ...], Goodness]] = {}

    def fit(name: str) -> tuple[tuple[Mode, ...], Goodness]:
        if name not in done:
            model, subjects = subjects_of(name, reference_data)
            modes = tuple(find_mode(model, s) for s in subjects)
            done[name] = modes, goodness(model, subjects, modes)
        return done[name]

    return fit


@pytest.mark.parametrize("name", BY_NAME)
def test_every_subject_settles_and_the_population_is_centred(name, fitted):
    """The mean of each eta lies within 1.96 standard errors of 0, and no SD exceeds the model's:
    shrinkage is above 0."""
    modes, found = fitted(name)
    assert all(m.converged for m in modes)
    assert found.unsettled == ()
    for eta in found.etas:
        if eta.shrinkage < 0.99:
            assert abs(eta.distance) < 1.96, eta.name
        assert 0.0 < eta.shrinkage < 1.0, eta.name


# --- theophylline: nlmixr2 FOCEi, article "Introduction to running nlmixr", version 4.0.1 --------


def test_theophylline_has_the_objective_and_shrinkage_that_nlmixr2_prints(fitted):
    """OBJF 116.812, AIC 373.4118 (7 parameters), shrinkage 1.59, 4.03 and 11.0 %.

    The estimates are printed to three digits; at a minimum that moves the objective in its fourth.
    """
    _, found = fitted("theophylline")
    assert found.ofv == pytest.approx(116.812, abs=0.001)
    assert found.ofv_with_constant + 2 * 7 == pytest.approx(373.4118, abs=0.001)
    assert [100.0 * e.shrinkage for e in found.etas] == pytest.approx([1.59, 4.03, 11.0], abs=0.06)


def test_theophylline_predictions_of_the_first_subject(fitted):
    """The first rows of the printed fit: PRED, IPRED, IWRES at 0, 0.25 and 0.57 h.

    ln V is printed as 3.46, so V is known to half a percent, and predictions are to 0.55 %, besides
    their own third digit. CWRES is left out: nlmixr2 does not decorrelate it, NONMEM and we do.
    """
    _, found = fitted("theophylline")
    first = [p for p in found.points if p.subject == "1"][:3]
    printed = [(0.0, 0.0, 1.07), (3.26, 3.84, -1.45), (5.82, 6.78, -0.311)]
    for p, (typical, individual, iwres) in zip(first, printed, strict=True):
        near = 0.005 + 0.0055 * typical
        assert p.typical == pytest.approx(typical, abs=near)
        assert p.individual == pytest.approx(individual, abs=near)
        assert p.iwres == pytest.approx(iwres, abs=near / 0.692)


# --- phenobarbital: NONMEM, pharmpy's tests/testdata/nonmem/pheno_real.phi, .lst, .ext -----------

PHENO_PHI = (
    (-4.38608e-02, 5.43031e-03, 5.9473520242962552),
    (-1.66321e-01, -1.31833e-01, 12.970590932422379),
    (9.59341e-02, 1.30868e-01, 9.9823422194015698),
    (-9.15400e-03, 1.73881e-02, 8.4570910711205372),
    (1.02019e-01, 2.83500e-01, 10.839437264004866),
    (-1.94174e-02, 9.98391e-02, 13.257229693044348),
    (4.59455e-02, 5.90723e-02, 8.0983384524905215),
    (-2.42701e-02, -1.89351e-01, 11.538621390919179),
    (-2.48536e-01, -9.18718e-02, 14.647968515562965),
    (9.54493e-03, 1.20523e-02, 8.3946433072751869),
)
"""ETA(1), ETA(2) and OBJ of the first ten subjects."""

PHENO_TAB = (
    ("1", 2.0, 17.881, 17.970, -0.40104),
    ("1", 112.5, 28.966, 28.649, 0.58781),
    ("2", 2.0, 11.485, 10.063, -1.2788),
    ("2", 63.5, 21.153, 18.402, 1.6707),
    ("2", 135.5, 29.796, 25.783, 1.3526),
)
"""ID, TIME, CIPREDI, PRED, CWRES of src/pharmpy/internals/example_models/pheno.tab: the same model
at the same estimates to their sixth digit."""


def test_phenobarbital_is_that_of_nonmem_subject_by_subject(fitted):
    modes, found = fitted("phenobarbital")
    for mode, (cl, v, objective) in zip(modes[:10], PHENO_PHI, strict=True):
        assert mode.eta == pytest.approx([cl, v], abs=2e-6)
        assert mode.ofv == pytest.approx(objective, abs=1e-4)
    assert found.ofv == pytest.approx(586.27605628188053, abs=1e-4)
    assert found.ofv_with_constant == pytest.approx(871.14700157532911, abs=1e-4)


def test_phenobarbital_shrinkage_and_residuals_are_those_of_nonmem(fitted):
    """pheno_real.lst: ETASHRINKSD 47.130 and 12.839 %, EPSSHRINKSD 21.198 %."""
    _, found = fitted("phenobarbital")
    assert [100.0 * e.shrinkage for e in found.etas] == pytest.approx([47.130, 12.839], abs=0.002)
    assert 100.0 * found.scatters[0].shrinkage == pytest.approx(21.198, abs=0.002)
    for p, (subject, at, individual, typical, cwres) in zip(found.points, PHENO_TAB, strict=False):
        assert (p.subject, p.at) == (subject, at)
        assert p.individual == pytest.approx(individual, rel=5e-5)
        assert p.typical == pytest.approx(typical, rel=5e-5)
        assert p.cwres == pytest.approx(cwres, abs=6e-5)


# --- warfarin: NONMEM, babelmixr2's pk.turnover.emax3-nonmem.zip, .phi, .lst, .ext ---------------

WARFARIN_PHI = (
    (-5.06145e-01, -5.06346e-01, 6.98644e-01, 7.01331e-02, -3.13092e-07, 1.03097e-01,
     -4.43669e-02, -3.14651e-02, 51.764315703398196),
    (-1.97527e-01, -1.97638e-01, -1.73110e-01, 3.03591e-02, -1.44363e-06, 3.02911e-01,
     -1.17080e-01, 3.80587e-02, 31.387801441408879),
    (-4.70957e-02, -4.71141e-02, 1.97652e-02, -1.63833e-02, 1.67443e-06, 3.90810e-01,
     4.69098e-02, 3.47945e-02, 63.141353123138344),
    (1.25624e-01, 1.25678e-01, -2.02875e-01, 9.15033e-02, 2.12494e-06, -7.86965e-01,
     -1.74678e-02, 1.74730e-02, 41.719043869851028),
    (2.68692e-01, 2.68782e-01, -5.72521e-01, -4.35762e-01, 7.05176e-08, 1.47812e-01,
     -6.46033e-02, -8.26599e-02, 55.089436292094540),
    (-1.97866e-03, -1.98008e-03, 2.13218e-01, 4.13252e-01, 2.07602e-07, -6.18253e-01,
     -2.66403e-02, 1.80945e-02, 34.909931297657849),
    (1.86792e-01, 1.86873e-01, 6.35733e-01, -3.30222e-01, 1.23728e-06, 1.27293e-01,
     8.66818e-02, 7.36308e-02, 50.587031886144246),
    (8.23197e-01, 8.23375e-01, 2.82905e-01, 6.48463e-03, 1.70378e-06, -1.25554e-01,
     9.92798e-03, -5.22453e-02, 53.854507085348693),
)  # fmt: skip
"""The eight etas and OBJ of the first eight subjects; differential equations at TOL=6."""


def test_warfarin_is_that_of_nonmem_subject_by_subject(fitted):
    modes, found = fitted("warfarin")
    for mode, (*etas, objective) in zip(modes[:8], WARFARIN_PHI, strict=True):
        assert mode.eta == pytest.approx(etas, abs=5e-4)
        assert mode.ofv == pytest.approx(objective, abs=1e-3)
    assert found.ofv == pytest.approx(1326.9101841943827, abs=0.005)
    assert found.ofv_with_constant == pytest.approx(2214.6048072700964, abs=0.005)


def test_warfarin_shrinkage_is_that_of_nonmem(fitted):
    _, found = fitted("warfarin")
    printed = [59.840, 59.841, 1.3403, 6.4416, 99.986, 6.0648, 32.424, 18.090]
    assert [100.0 * e.shrinkage for e in found.etas] == pytest.approx(printed, abs=0.02)
    # NONMEM prints one for both analytes: 14.451 %.
    both = [p.iwres for p in found.points]
    assert 100.0 * (1.0 - math.sqrt(np.mean(np.square(both)))) == pytest.approx(14.451, abs=0.005)


# --- nimotuzumab: Monolix 2021R1, babelmixr2's nimo-2021.zip -------------------------------------

NIMO_MODES = (
    (-0.0531453, -0.288634), (-0.565177, -0.243935), (-0.173592, -0.0173051),
    (1.00346, 0.269948), (1.87645, 0.681707), (0.838746, 0.555855), (0.0331339, 0.596926),
    (-0.656182, 0.319165), (0.479134, -0.00887744), (-1.64214, -0.601521),
    (-0.698839, -0.848244), (1.58864, -0.461926),
)  # fmt: skip
"""eta_cl_mode and eta_v1_mode of IndividualParameters/estimatedRandomEffects.txt."""


def as_bolus(row: dict[str, str]) -> dict[str, str]:
    """As that run read the data: its control file does not use the column RATE."""
    return {**row, "RATE": "0"}


def test_nimotuzumab_is_that_of_monolix_patient_by_patient(reference_data):
    """Modes to 0.0022, which is 0.002 of their SD in the model: Monolix stops its search there.

    The run's likelihood by linearization is 3439.585751, of the concentrations: with n ln 2 pi and
    the logarithm's derivative. It is another approximation of the same integral.
    """
    model, subjects = subjects_of("nimotuzumab", reference_data, prepare=as_bolus)
    modes = [find_mode(model, s) for s in subjects]
    for mode, theirs in zip(modes, NIMO_MODES, strict=True):
        assert mode.eta == pytest.approx(theirs, abs=0.0022)
    levels = [math.log(o.number) for s in subjects for o in s.observed]
    total = sum(m.ofv for m in modes) + len(levels) * math.log(2.0 * math.pi) + 2.0 * sum(levels)
    assert total == pytest.approx(3439.585751, abs=0.1)


def test_nimotuzumab_typical_predictions_are_those_of_monolix(reference_data):
    """predictions.txt, popPred of the first patient.

    Monolix integrates its differential equations where we have a closed form: early rows agree to
    1e-5, later ones scatter by up to 4.3e-4.
    """
    model, subjects = subjects_of("nimotuzumab", reference_data, prepare=as_bolus)
    times = np.array([1.28, 23.16, 46.91, 95.21, 144.13, 167.16, 169.02, 333.9, 334.58])
    found = simulate(model, [subjects[0].course], times, rtol=1e-9)
    printed = [32.9864, 29.3864, 25.9256, 20.1034, 15.5508, 13.7852, 46.5468, 19.6542, 52.6943]
    ours = found.values["nimotuzumab"][0, 0]
    assert ours[:3] == pytest.approx(printed[:3], rel=1e-5)
    assert ours == pytest.approx(printed, rel=5e-4)
