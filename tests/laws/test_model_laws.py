"""Laws that hold for every model on the shelf; a new one meets them the day it is added."""

import math
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import equipoise.models
from equipoise import kinetics, names, units
from equipoise.dataset import parse_dataset
from equipoise.kinetics import Linear, System
from equipoise.likelihood import predicted
from equipoise.model import (
    CLEARANCE_FACTOR,
    PlainDose,
    course,
    draw_etas,
    outside_domain,
    simulate,
    structural_parameters,
    typical,
)
from equipoise.models import ALL
from equipoise.source import Standing, Value

CELLS = tuple(m for m in ALL if m.agent in names.CELL_PRODUCTS)
"""Models of cells that multiply: no mass balance, no superposition, no clearance."""

EACH = pytest.mark.parametrize("model", ALL, ids=lambda m: m.id)
OF_DRUGS = pytest.mark.parametrize("model", [m for m in ALL if m not in CELLS], ids=lambda m: m.id)
OF_CELLS = pytest.mark.parametrize("model", CELLS, ids=lambda m: m.id)
LINEAR = pytest.mark.parametrize(
    "model", [m for m in ALL if isinstance(m.structure, Linear)], ids=lambda m: m.id
)

# What each structural parameter is, by name: powers of volume, time and mass.
DIMENSIONS = {
    "CL": (1, -1, 0), "Q": (1, -1, 0), "Q2": (1, -1, 0), "Q3": (1, -1, 0),
    "V1": (1, 0, 0), "V2": (1, 0, 0), "V3": (1, 0, 0),
    "KA": (0, -1, 0), "KTR": (0, -1, 0), "VM": (0, -1, 1), "KM": (0, 0, 1),
}  # fmt: skip
UNITS_OF = {
    (1, -1, 0): "L/h", (1, 0, 0): "L", (0, -1, 0): "/h", (0, -1, 1): "mg/h", (0, 0, 1): "mg",
}  # fmt: skip
BY_LEAN_MASS = ("busulfan_lawson2022", "busulfan_shukla2020", "everolimus_terheine2018")
"""Models whose size is computed from several covariates: their typical patient is a formula's."""

SCALES = {
    "weight": 20.0, "bilirubin": 20.0, "hematocrit": 30.0, "bsa": 1.2, "age": 50.0, "ast": 60.0,
    "gfr": 60.0,
}  # fmt: skip


def first_route(model):
    return next(iter(model.routes))


def reference(model):
    """The typical patient's covariates."""
    return {name: c.reference for name, c in model.covariates.items()}


def doses(model, *, shift=0.0, factor=1.0, steps=(0.0, 30.0, 37.0)):
    duration = 5.0 if first_route(model) == "iv" else 0.0
    return [
        PlainDose(shift + at, factor * (k + 1.0), first_route(model), duration)
        for k, at in enumerate(steps)
    ]


def levels(model, given, times, etas=None, covariates=None, rtol=1e-9):
    what = course(model, given, covariates=covariates or reference(model))
    found = simulate(model, [what], np.asarray(times, dtype=float), etas=etas, rtol=rtol)
    assert found.failed == ()
    return found.values[model.analytes[0]][0]


def floor(model):
    """How much more of a level the integrator's floor, 1e-9 of the dose, may be than elsewhere.

    Read through red cells a level stands for a fiftieth of the dose, in others for a tenth.
    """
    return 1.0 if model.observations[0].state else 5.0


# --- published numbers, and that each is told -------------------------------------------------


@EACH
def test_checks_reproduce(model):
    assert model.checks
    for check in model.checks:
        assert check.compute(model) == pytest.approx(check.expected, rel=check.tolerance), (
            check.what
        )
        assert check.tolerance <= 0.05
        assert check.where
        units.unit(check.unit)


@EACH
def test_every_number_says_where_it_stands(model):
    for name, value in model.thetas.items():
        assert isinstance(value, Value), name
        assert value.where, name
        assert math.isfinite(value.number), name
        units.unit(value.unit)
    for name, studied in model.domain.items():
        assert studied.where, name
        units.unit(studied.unit)
    assert all(o.residual.where for o in model.observations)
    assert model.omega_note
    assert model.traps
    assert model.external_validation
    assert model.because.startswith("a clinician would act differently because of this entry")


@EACH
def test_names_are_those_of_the_vocabulary(model):
    assert (model.agent in names.AGENTS) is not (model.agent in names.CELL_PRODUCTS)
    assert bool(model.infusions) is (model in CELLS)
    assert model.id == Path(vars(equipoise.models)[model.id].__file__).stem
    assert model.purposes
    assert set(model.routes) <= set(names.ROUTES)
    for observation in model.observations:
        assert observation.unit == names.measurement(observation.analyte).unit
        # Without a state of its own it is computed from several, or from one by a curve.
        assert observation.state in model.states or observation.read is not None
        assert observation.volume in model.parameter_names
        assert observation.matrix


@EACH
def test_covariates_convert_from_what_records_hold(model):
    for name, covariate in model.covariates.items():
        if name in names.MEASUREMENTS:
            held = names.measurement(name).unit
            assert units.convert(1.0, held, covariate.unit, substance=name) > 0.0
        else:
            assert name in names.COVARIATES or covariate.levels or covariate.by_time or (
                # What a published coding names and nobody can read from a record.
                (model.id, name) == ("busulfan_shukla2020", "regi")
            )  # fmt: skip
        if covariate.levels:
            assert covariate.reference in covariate.levels.values()


def test_the_list_is_whole():
    folder = Path(equipoise.models.__file__).parent
    modules = [import_module(f"equipoise.models.{p.stem}") for p in sorted(folder.glob("*.py"))]
    assert sorted(m.id for m in ALL) == sorted(
        m.__name__.rpartition(".")[2] for m in modules if hasattr(m, "MODEL")
    )


@EACH
def test_standing_and_gate(model):
    transcription = "transcription" in model.source.note
    read = "the paper was read" in model.source.note
    assert (model.standing == Standing.PUBLISHED) == read
    assert (model.standing == Standing.TRANSCRIBED) == (transcription and not read)
    assert model.standing.may_feed_options == (transcription or read)


# --- variability ------------------------------------------------------------------------------


@EACH
def test_variability_is_a_covariance(model):
    matrices = [model.omega_matrix, *(np.array(r.omega) for r in model.other_readings)]
    for omega in matrices:
        if not model.etas:
            # Only where nothing may be made of it but a curve.
            assert model in CELLS
            assert not model.standing.may_feed_options
            return
        assert omega.shape == (len(model.etas), len(model.etas))
        np.testing.assert_array_equal(omega, omega.T)
        assert np.linalg.eigvalsh(omega).min() > 0.0
    assert ("not settled" in model.omega_note) == bool(model.other_readings)
    draws = draw_etas(model, 40_000, np.random.default_rng(7))
    np.testing.assert_allclose(
        np.cov(draws.T).reshape(omega.shape), model.omega_matrix,
        atol=0.02 * max(1.0, model.omega_matrix.max()),
    )  # fmt: skip


@EACH
def test_each_eta_moves_something_and_none_does_nothing(model):
    k = len(model.etas)
    # Cells expand first and contract later, each by parameters of its own.
    times = [24.0, 36.0, 300.0, 1000.0] if model in CELLS else [24.0, 36.0]
    found = levels(model, doses(model), times, np.vstack([np.zeros((1, k)), 0.4 * np.eye(k)]))
    for i, name in enumerate(model.etas):
        assert not np.allclose(found[0], found[i + 1], rtol=1e-4), name
    np.testing.assert_allclose(found[0], levels(model, doses(model), times)[0], rtol=1e-7)


# --- dimensions -------------------------------------------------------------------------------


@OF_DRUGS
def test_structural_parameters_have_the_units_of_their_thetas(model):
    assert set(model.parameter_names) <= set(DIMENSIONS)
    found = structural_parameters(
        model, course(model, [], covariates=reference(model)), np.zeros((1, len(model.etas)))
    )
    for name in model.parameter_names:
        if model.id in BY_LEAN_MASS:
            # Theirs is a lean mass, which no weight, height and age hit exactly.
            continue
        theta = model.thetas.get(name) or model.thetas.get(name.rstrip("12"))
        # At the reference patient a parameter is its theta, in hours and liters.
        in_engine = units.convert(theta.number, theta.unit, UNITS_OF[DIMENSIONS[name]])
        assert np.ravel(found[name])[0] == pytest.approx(in_engine, rel=1e-12), name


@OF_DRUGS
def test_covariates_act_as_ratios_to_their_references(model):
    for name, covariate in model.covariates.items():
        if covariate.levels or covariate.by_time or model.id in BY_LEAN_MASS:
            continue
        key = f"{name.upper()}_REF"
        assert model.thetas[key].unit == covariate.unit
        assert model.thetas[key].number == covariate.reference
        value = model.thetas[key]
        scaled = replace(
            model, thetas={**model.thetas, key: replace(value, number=value.number * 7)}
        )
        at = {**reference(model), name: SCALES[name]}
        times = {**at, name: SCALES[name] * 7}
        zero = np.zeros((1, len(model.etas)))
        ours = structural_parameters(model, course(model, [], covariates=at), zero)
        theirs = structural_parameters(scaled, course(scaled, [], covariates=times), zero)
        for parameter in model.parameter_names:
            np.testing.assert_allclose(ours[parameter], theirs[parameter], rtol=1e-12)


@pytest.mark.parametrize(
    "model",
    [m for m in ALL if isinstance(m.structure, System) and m not in CELLS],
    ids=lambda m: m.id,
)
@pytest.mark.parametrize("what", ["volume", "time", "mass"])
def test_rates_keep_their_dimension(model, what):
    # A change of unit of volume, time or mass changes a rate (mass per time) as it must.
    which = ("volume", "time", "mass").index(what)
    rng = np.random.default_rng(11)
    p = rng.uniform(0.5, 20.0, len(model.parameter_names))
    x = rng.uniform(0.1, 30.0, len(model.states))
    factor = 3.7
    scaled_p = p * np.array([factor ** DIMENSIONS[n][which] for n in model.parameter_names])
    scaled_x = x * (factor if what == "mass" else 1.0)
    ours, theirs = np.zeros_like(x), np.zeros_like(x)
    model.structure.rates(0.0, x, p, ours)
    model.structure.rates(0.0, scaled_x, scaled_p, theirs)
    expected = {"volume": 1.0, "time": 1 / factor, "mass": factor}[what]
    np.testing.assert_allclose(theirs, ours * expected, rtol=1e-12)


@OF_CELLS
def test_rates_of_cells_keep_the_unit_of_time(model):
    # Parameters that are rates by their unit scale with it; the others have no time in them.
    per_time = {"RHO", "ALPHA", "BETA", "K12", "K23", "K34", "KE", "KE4", "KP1", "KP2", "K5",
                "VMAX1", "KILL1", "KILL2", "KILL3", "KILL4"}  # fmt: skip
    timeless = {"FB", "DNA", "KM1", "KM5", "K0", "BLOOD"}
    assert set(model.parameter_names) <= per_time | timeless
    rng = np.random.default_rng(12)
    p = rng.uniform(0.5, 20.0, len(model.parameter_names))
    scaled = p * np.array([3.7 if n in per_time else 1.0 for n in model.parameter_names])
    for x in rng.uniform(0.1, 30.0, (4, len(model.states))):
        ours, theirs = np.zeros_like(x), np.zeros_like(x)
        model.structure.rates(0.0, x, p, ours)
        model.structure.rates(9.0, x, scaled, theirs)
        np.testing.assert_allclose(theirs, ours * 3.7, rtol=1e-12)


@OF_CELLS
def test_the_dose_of_cells_does_not_act_and_the_infusion_does(model):
    times = np.linspace(1.0, 700.0, 15)
    found = [levels(model, doses(model, factor=f, steps=(0.0,)), times) for f in (1.0, 1e8)]
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] > 0.0).all()
    again = levels(model, doses(model, steps=(0.0, 30.0)), times)
    assert (again[0, times > 30.0] > found[0][0, times > 30.0]).all()


# --- kinetics ---------------------------------------------------------------------------------


@OF_DRUGS
def test_mass_balance(model):
    what = course(model, doses(model), covariates=reference(model))
    zero = np.zeros((1, len(model.etas)))
    table = structural_parameters(model, what, zero)
    p = np.array([[float(np.ravel(table[n])[0]) for n in model.parameter_names]])
    central = model.states.index(model.observations[0].state or "central")
    volume = model.parameter_names.index(model.observations[0].volume)
    times = [42.0, 60.0, 200.0]
    found = kinetics.solve(
        model.structure, [what.schedule], [times], p, observe=[(central, volume)], rtol=1e-9
    )
    eliminated = p[0, model.parameter_names.index("CL")] * found.areas[0, :, 0]
    np.testing.assert_allclose(found.amounts[0].sum(axis=1) + eliminated, 6.0, rtol=1e-7)


@LINEAR
def test_superposition(model):
    times = np.linspace(0.5, 150.0, 40)
    together = levels(model, doses(model), times)
    apart = sum(levels(model, [dose], times) for dose in doses(model))
    np.testing.assert_allclose(together, apart, rtol=1e-10)
    np.testing.assert_allclose(
        levels(model, doses(model, factor=9.0), times), 9 * together, rtol=1e-10
    )


def test_the_saturable_model_does_not_superpose():
    (model,) = (m for m in ALL if m.id == "sirolimus_wu2012")
    small, large = (
        levels(model, [PlainDose(0.0, dose, "oral")], [2.0])[0, 0] / dose for dose in (1.0, 60.0)
    )
    assert large < 0.5 * small


@EACH
def test_time_shift(model):
    times = np.linspace(0.0, 120.0, 25)
    here = levels(model, doses(model), times)
    later = levels(model, doses(model, shift=1000.5), times + 1000.5)
    np.testing.assert_allclose(later, here, rtol=1e-6, atol=1e-12)
    earlier = levels(model, doses(model, shift=-72.0), times - 72.0)
    np.testing.assert_allclose(earlier, here, rtol=1e-6, atol=1e-12)


@OF_DRUGS
def test_a_train_is_its_doses(model):
    route, duration = first_route(model), 5.0 if first_route(model) == "iv" else 0.0
    train = [PlainDose(3.0, 2.0, route, duration, interval=8.0, additional=3)]
    single = [PlainDose(3.0 + 8.0 * k, 2.0, route, duration) for k in range(4)]
    times = np.linspace(0.0, 90.0, 31)
    np.testing.assert_allclose(
        levels(model, train, times), levels(model, single, times), rtol=1e-9, atol=1e-12
    )


@OF_DRUGS
def test_an_infusion_is_its_two_halves(model):
    route = first_route(model)
    whole = [PlainDose(3.0, 2.0, route, 6.0)]
    halves = [PlainDose(3.0, 1.0, route, 3.0), PlainDose(6.0, 1.0, route, 3.0)]
    times = np.linspace(0.0, 60.0, 25)
    found = levels(model, halves, times)
    np.testing.assert_allclose(
        found, levels(model, whole, times), rtol=1e-7, atol=1e-8 * floor(model) * found.max()
    )


def rows_of(model, rows):
    """A data set of one subject; rows are (TIME, EVID, AMT), at the reference covariates."""
    named = {name.upper(): c.reference for name, c in model.covariates.items() if not c.by_time}
    compartment = model.routes[first_route(model)] + 1
    lines = [",".join(["ID", "TIME", "EVID", "AMT", "CMT", "DV", *named])]
    for time, evid, amount in rows:
        cells = [1, time, evid, amount, compartment, 1.0 if evid == 0 else ".", *named.values()]
        lines.append(",".join(map(str, cells)))
    (subject,) = parse_dataset("\n".join(lines), model).subjects
    return subject


# In data sets what holds at a row acts on the interval that ends there, as in NONMEM: a parameter
# that changes with time changes at rows, and one more row moves the change.
@pytest.mark.parametrize(
    "model",
    # A model without variability has no residual error either, and predicts no data set.
    [m for m in ALL if m.etas and not any(c.by_time for c in m.covariates.values())],
    ids=lambda m: m.id,
)
def test_adding_an_observation_changes_no_other(model):
    plain = [(0.0, 1, 3.0), (5.0, 0, 0), (24.0, 1, 2.0), (24.0, 0, 0), (30.0, 0, 0), (70.0, 0, 0)]
    more = [*plain[:2], (11.0, 0, 0), (24.0, 0, 0), *plain[2:4], (24.0, 2, 0), *plain[4:]]
    etas = draw_etas(model, 3, np.random.default_rng(9))
    few = predicted(model, rows_of(model, plain), etas, rtol=1e-10)
    many = predicted(model, rows_of(model, more), etas, rtol=1e-10)
    np.testing.assert_allclose(np.delete(many, [1, 2], axis=1), few, rtol=1e-7)


@OF_DRUGS
def test_what_stands_first_at_one_time_acts_first(model):
    dose, level = (24.0, 1, 2.0), (24.0, 0, 0)
    zero = np.zeros((1, len(model.etas)))
    inside = {}
    for name, rows in (("after", [dose, level]), ("before", [level, dose])):
        subject = rows_of(model, [(0.0, 1, 3.0), *rows])
        what = subject.course
        table = structural_parameters(model, what, zero)
        p = [[float(np.ravel(table[n])[0]) for n in model.parameter_names]]
        found = kinetics.solve(
            model.structure, [what.schedule], [[24.0]], p, after=[[subject.observed[0].after]],
            rtol=1e-10,
        )  # fmt: skip
        inside[name] = found.amounts[0, 0].sum()
    # All of it is in the body at once, wherever it was put.
    assert inside["after"] - inside["before"] == pytest.approx(2.0, rel=1e-9)


@EACH
def test_no_level_before_the_first_dose(model):
    found = levels(model, doses(model, shift=10.0), [-5.0, 0.0, 9.99, 10.0, 16.0])
    assert (found[0, :4] == 0.0).all()
    assert found[0, 4] > 0.0


@OF_DRUGS
def test_levels_are_never_negative_and_wash_out(model):
    found = levels(model, doses(model), [*np.linspace(0.0, 100.0, 60), 20_000.0])
    # An integrator knows a level only down to its absolute tolerance, 1e-9 of the dose.
    assert found.min() >= -1e-8 * found.max()
    assert found[0, -1] < 1e-6 * found.max()


@EACH
def test_a_lane_alone_and_in_company(model):
    etas = draw_etas(model, 40, np.random.default_rng(3))
    times = np.linspace(1.0, 90.0, 12)
    together = levels(model, doses(model), times, etas, rtol=1e-8)
    for lane in (0, 17, 39):
        alone = levels(model, doses(model), times, etas[lane : lane + 1], rtol=1e-8)
        # Ten times the tolerance, of the largest level.
        reach = 1e-7 * floor(model) * together[lane].max()
        np.testing.assert_allclose(alone[0], together[lane], atol=reach)


@pytest.mark.parametrize(
    "model",
    # What is read through a curve has no area of its own; its own tests halve its clearance.
    [m for m in ALL if m not in CELLS and m.observations[0].state],
    ids=lambda m: m.id,
)
def test_half_the_clearance_is_twice_the_exposure(model):
    given = doses(model)
    full, half = (
        typical(model, given, [60_000.0], covariates={**reference(model), CLEARANCE_FACTOR: f})
        .areas[model.analytes[0]]
        .item()
        for f in (1.0, 0.5)
    )
    assert half / full == pytest.approx(2.0, rel=1e-5)


@EACH
def test_covariates_outside_the_domain_are_said(model):
    for name, studied in model.domain.items():
        below = studied.low - 0.1 * max(abs(studied.low), 1.0)
        assert outside_domain(model, {name: studied.low}) == ()
        (sentence,) = outside_domain(model, {name: below})
        assert name in sentence
        assert f"{studied.low:g}" in sentence
        assert "inf" not in sentence


# --- closed form and integration referee each other -------------------------------------------


def one(t, x, p, dx):
    dx[0] = -p[0] / p[1] * x[0]


def two(t, x, p, dx):
    dx[0] = -(p[0] + p[2]) / p[1] * x[0] + p[2] / p[3] * x[1]
    dx[1] = p[2] / p[1] * x[0] - p[2] / p[3] * x[1]


def one_depot(t, x, p, dx):
    dx[0] = -p[0] * x[0]
    dx[1] = p[0] * x[0] - p[1] / p[2] * x[1]


def two_depot(t, x, p, dx):
    dx[0] = -p[0] * x[0]
    dx[1] = p[0] * x[0] - (p[1] + p[3]) / p[2] * x[1] + p[3] / p[4] * x[2]
    dx[2] = p[3] / p[2] * x[1] - p[3] / p[4] * x[2]


RATES = {(1, False): one, (2, False): two, (1, True): one_depot, (2, True): two_depot}


@LINEAR
def test_closed_form_is_the_integral(model, monkeypatch):
    structure = model.structure
    system = System(
        states=model.states,
        parameter_names=model.parameter_names,
        rates=RATES[structure.compartments, structure.depot],
    )
    integrated = replace(model, structure=system)
    times = np.linspace(0.0, 120.0, 31)
    etas = draw_etas(model, 5, np.random.default_rng(5))
    what = course(model, doses(model), covariates=reference(model))
    exact = simulate(model, [what], times, etas=etas)
    # By default amounts are kept to 1e-9 of the largest dose, which in a small volume is more of a
    # level than this test allows.
    monkeypatch.setattr(kinetics, "solve", partial(kinetics.solve, atol=1e-13))
    numeric = simulate(integrated, [what], times, etas=etas, rtol=1e-11)
    analyte = model.analytes[0]
    scale = exact.values[analyte].max()
    np.testing.assert_allclose(
        numeric.values[analyte], exact.values[analyte], rtol=1e-8, atol=1e-9 * scale
    )
    np.testing.assert_allclose(numeric.areas[analyte], exact.areas[analyte], rtol=1e-8, atol=1e-8)
