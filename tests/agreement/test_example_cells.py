"""The worked models of cells in `examples/models`: against scipy, and what their papers show.

The equations are written out anew here, in days and in the papers' letters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from command_shell import Shell
from equipoise.model import Model, PlainDose, course, simulate
from equipoise.modelfile import load
from equipoise.source import Standing

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "models"
FILES = (
    "chimerism_precup2012", "cart_hardiansyah2019", "cart_minucci2024", "naive_cd4_ribeiro2008",
)  # fmt: skip
UPN1 = ((0.0, 1.1e8), (1.0, 3.3e8), (2.0, 6.6e8))
"""Days and cells: 1.1e9 in all, 10, 30 and 60 %."""


def model(name: str) -> Model:
    return load(str(FOLDER / f"{name}.py"), {})


def curves(
    name: str,
    doses: tuple[tuple[float, float], ...],
    days: np.ndarray,
    rtol: float = 1e-8,
    **covariates: float,
) -> dict[str, np.ndarray]:
    made = model(name)
    given = [PlainDose(24.0 * day, cells, "iv") for day, cells in doses]
    what = course(made, given, covariates=covariates)
    found = simulate(made, [what], 24.0 * days, rtol=rtol)
    assert found.failed == ()
    return {analyte: values[0, 0] for analyte, values in found.values.items()}


def integrated(slopes, start, doses, place, days, scale=1.0):
    """scipy's answer, with cells added to one state at the times of the doses."""
    edges = [day for day, _ in doses] + [float(days[-1])]
    state, out = np.array(start, dtype=float), []
    for (begin, cells), end in zip(doses, edges[1:], strict=True):
        state[place] += cells * scale
        own = days[(days > begin) & (days <= end)]
        found = solve_ivp(
            slopes, (begin, end), state, method="LSODA", rtol=1e-11, atol=1e-13,
            t_eval=np.unique([*own, end]),
        )  # fmt: skip
        out.append(found.y[:, np.isin(found.t, own)])
        state = found.y[:, -1].copy()
    return np.concatenate(out, axis=1)


@pytest.mark.parametrize("name", FILES)
def test_an_example_says_where_its_numbers_stand_and_is_not_on_the_shelf(name: str) -> None:
    from equipoise.models import ALL

    made = model(name)
    assert made.id == name
    assert name not in {m.id for m in ALL}
    read_second_hand = name == "naive_cd4_ribeiro2008"
    assert made.standing is (Standing.PROVISIONAL if read_second_hand else Standing.TRANSCRIBED)
    assert made.source.doi or "PMID" in made.source.short
    assert all(value.where for value in made.thetas.values())
    assert made.because.startswith("this file is an example")


@pytest.mark.parametrize(
    ("name", "doses", "columns"),
    [
        ("chimerism_precup2012", ("4e8 cells iv",), {"donor_share", "donor_cells"}),
        (
            "cart_hardiansyah2019",
            ("1.1e8 cells iv", "3.3e8 cells iv from 24 h", "6.6e8 cells iv from 48 h"),
            {"car_cells_blood", "il6", "il10", "ifn_gamma"},
        ),
        ("cart_minucci2024", ("7.3e7 cells iv",), {"car_cells", "b_share", "tumor_cells"}),
        ("naive_cd4_ribeiro2008", ("1 cells iv",), {"naive_cd4", "trec", "trec_content"}),
    ],
)
def test_it_simulates_from_the_command_line(
    name: str, doses: tuple[str, ...], columns: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word for dose in doses for word in ("--dose", dose)]
    file = str(FOLDER / f"{name}.py")
    found = Shell(capsys).json("simulate", file, *options, "--times", "24,240,720", "--json")
    assert found["model"] == name
    assert columns <= set(found["units"])
    assert all(np.isfinite(row[c]) and row[c] >= 0.0 for row in found["rows"] for c in columns)


# --- donor, host, leukemia ------------------------------------------------------------------


def competing(t, s):
    x, y, z = s
    a, big, b, c, g, e = 0.23, 0.45, 2.2e-8, 0.01, 2.0, 1.0
    room = 1.0 + b * (x + y + z)
    held = (x + y + e) / (x + y + e + g * z)
    return [
        a / room * held * x - c * x,
        big / room * held * y - c * y,
        a / room * (z + e) / (z + e + g * (x + y)) * z - c * z,
    ]


@pytest.mark.parametrize("donor", [1e8, 4e8, 1e9])
def test_competing_lines_agree_with_scipy(donor: float) -> None:
    days = np.array([1.0, 5.0, 30.0, 120.0, 400.0])
    ours = curves("chimerism_precup2012", ((0.0, donor),), days)
    theirs = integrated(competing, (2e8, 1e8, 0.0), ((0.0, donor),), 2, days)
    for row, analyte in enumerate(("host_cells", "leukemia_cells", "donor_cells")):
        np.testing.assert_allclose(ours[analyte], theirs[row], rtol=1e-6)
    np.testing.assert_allclose(
        ours["donor_share"], 100.0 * theirs[2] / theirs.sum(axis=0), rtol=1e-6
    )


def test_the_outcome_switches_between_two_starting_donor_counts() -> None:
    late = np.array([5000.0])
    few = curves("chimerism_precup2012", ((0.0, 1e8),), late)
    many = curves("chimerism_precup2012", ((0.0, 1e9),), late)
    assert few["donor_share"][0] < 0.01
    assert many["donor_share"][0] > 99.9
    # A line alone ends where growth under crowding equals death: (growth / death - 1) / crowding.
    assert few["leukemia_cells"][0] == pytest.approx((0.45 / 0.01 - 1.0) / 2.2e-8, rel=1e-4)
    assert many["donor_cells"][0] == pytest.approx((0.23 / 0.01 - 1.0) / 2.2e-8, rel=1e-4)


# --- CAR T cells and cytokines --------------------------------------------------------------


def cytokines(t, s):
    b, e, et, m, mt, il6, il10, ifn = s
    f = b / (b + 1e5)
    turn = 0.024 * e * (1.0 - f) - m * f
    return [
        (0.0093 - 0.0076) * b - 0.19 * e * b,
        16.16 * e * b - 23.04 * e - 76.78 * e + 1.84 * et - turn,
        76.78 * e - 1.84 * et,
        (0.0509 - 0.408) * m - 76.78 * m + 1.84 * mt + turn,
        76.78 * m - 1.84 * mt,
        3.96 * 1.7 + 1.8e-3 * 1e6 * b * e - 3.96 * il6,
        4.68 * 4.5 + 0.7e-3 * 1e6 * b * e - 4.68 * il10,
        1.51 * 2.3 + 0.3e-3 * 1e6 * b * e * (0.59 + 0.41 * 650 / (il10 + 650)) - 1.51 * ifn,
    ]


def test_cytokines_agree_with_scipy() -> None:
    days = np.array([0.5, 1.5, 3.0, 5.0, 8.0, 20.0, 100.0, 350.0])
    ours = curves("cart_hardiansyah2019", UPN1, days)
    start = (4.14, 0.0, 0.0, 0.0, 0.0, 1.7, 4.5, 2.3)
    theirs = integrated(cytokines, start, UPN1, 1, days, scale=1e-9)
    np.testing.assert_allclose(ours["b_cells_blood"], 1e9 * theirs[0], rtol=1e-5)
    np.testing.assert_allclose(ours["car_cells_blood"], 1e9 * (theirs[1] + theirs[3]), rtol=1e-5)
    for row, analyte in ((5, "il6"), (6, "il10"), (7, "ifn_gamma")):
        np.testing.assert_allclose(ours[analyte], theirs[row], rtol=1e-5)


def test_figures_of_hardiansyah() -> None:
    days = np.linspace(0.05, 350.0, 7000)
    ours = curves("cart_hardiansyah2019", UPN1, days)
    # Figure 1b, read off axes of six decades: a factor of 1.5 for cells, of 1.8 for cytokines.
    for analyte, peak, factor in (
        ("car_cells_blood", 2.3e9, 1.5), ("memory_cells", 7.0e6, 1.5),
        ("il6", 2800.0, 1.8), ("il10", 550.0, 1.8), ("ifn_gamma", 700.0, 1.8),
    ):  # fmt: skip
        assert peak / factor < ours[analyte].max() < peak * factor, analyte
    # Figure S1, a linear axis: 0.30 on day 50 and 0.45 on day 350.
    at = curves("cart_hardiansyah2019", UPN1, np.array([50.0, 350.0]))["b_cells_blood"]
    assert at == pytest.approx([3.0e8, 4.5e8], abs=1e8)


def test_expansion_follows_the_burden_more_than_the_dose() -> None:
    # What the paper is about: a tenth of the dose, or half of the B cells.
    days = np.linspace(0.05, 60.0, 1200)

    def peak(share: float, burden: float) -> float:
        doses = tuple((day, share * cells) for day, cells in UPN1)
        return float(curves("cart_hardiansyah2019", doses, days, b_cells=burden)["il6"].max())

    whole = peak(1.0, 4.14)
    assert peak(0.1, 4.14) > 0.7 * whole
    assert peak(1.0, 2.07) < 0.4 * whole


# --- CAR T cells of two kinds ---------------------------------------------------------------


def two_kinds(cd8, divisions, memory):
    def slopes(t, s):
        i8, e8, m8, i4, e4, m4, tumor, lymphocytes = s
        antigen = 5000.0 * tumor / (5.0 * 6.022e14)
        bound = antigen / (1.0 + antigen)
        fast, slow, gone = 24.0 / 18.0 * bound, 24.0 / 36.0 * bound, 1.0 / 9.606881
        out, grown = 1.0 / 3.101849, 2.0**divisions
        return [
            -(fast + gone) * i8, grown * fast * i8 - out * e8, memory * out * e8 - m8 / 180,
            -(slow + gone) * i4, grown * slow * i4 - out * e4, memory * out * e4 - m4 / 240,
            np.log(2.0) / 16.0 * tumor - 1e-9 * 86400.0 * bound * e8 * tumor,
            (2.5e9 - lymphocytes) / 30.0,
        ]  # fmt: skip

    return slopes


def test_two_kinds_agree_with_scipy_in_each_of_the_thirteen_patients() -> None:
    import importlib.util

    spec = importlib.util.spec_from_file_location("minucci", FOLDER / "cart_minucci2024.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert len(module.PATIENTS) == 13
    days = np.array([0.5, 2.0, 7.0, 14.0, 28.0, 100.0])
    for weight, cd8, tumor, divisions, memory in module.PATIENTS.values():
        dose = 1e6 * weight
        ours = curves(
            "cart_minucci2024", ((0.0, dose),), days,
            cd8_share=cd8, tumor_cells=tumor, divisions=divisions, memory_share=memory,
        )  # fmt: skip
        start = (cd8 * dose, 0.0, 0.0, (1.0 - cd8) * dose, 0.0, 0.0, tumor, 2.5e8)
        theirs = integrated(two_kinds(cd8, divisions, memory), start, ((0.0, 0.0),), 0, days)
        np.testing.assert_allclose(ours["car_cells"], theirs[:6].sum(axis=0) / 5e6, rtol=1e-5)
        np.testing.assert_allclose(ours["tumor_cells"], theirs[6], rtol=1e-5)
        expected = 100.0 * theirs[6] / (theirs[6] + theirs[7])
        np.testing.assert_allclose(ours["b_share"], expected, rtol=1e-5)


# --- naive CD4 cells ------------------------------------------------------------------------


@pytest.mark.parametrize("start", [10.0, 50.0, 200.0])
def test_naive_cells_and_circles_are_their_closed_form(start: float) -> None:
    days = np.array([30.0, 180.0, 365.0, 3650.0, 36_500.0])
    ours = curves("naive_cd4_ribeiro2008", ((0.0, 1.0),), days, naive_start=start)
    net, level = 0.001 - 0.00092, 0.032 / (0.001 - 0.00092)
    cells = level + (start - level) * np.exp(-net * days)
    circles = 0.125 * 0.032 / 0.001 * (1.0 - np.exp(-0.001 * days))
    np.testing.assert_allclose(ours["naive_cd4"], cells, rtol=1e-6)
    np.testing.assert_allclose(ours["trec"], circles, rtol=1e-6)
    np.testing.assert_allclose(ours["trec_content"], circles / cells, rtol=1e-6)


def test_circles_for_each_cell_pass_their_long_term_level_where_few_cells_are_left() -> None:
    # The abstract: a slow transient of elevated content in a depleted pool.
    # In the long term: alpha x (1 - p / d).
    days = np.linspace(1.0, 10_000.0, 2000)
    settled = 0.125 * (1.0 - 0.92)

    def highest(start: float) -> tuple[float, float]:
        content = curves("naive_cd4_ribeiro2008", ((0.0, 1.0),), days, naive_start=start)
        top = int(np.argmax(content["trec_content"]))
        return float(content["trec_content"][top]), float(days[top])

    few, many = highest(10.0), highest(200.0)
    assert few[0] > 3.0 * settled
    assert few[0] > 2.0 * many[0]
    assert 365.0 < few[1] < 3650.0
