"""Replay: what is forecast, the arithmetic of the summaries, the command and its files."""

import csv
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from equipoise import examples as bundled
from equipoise import files, replay, units
from equipoise.cli.entry import run
from equipoise.dataset import parse_dataset
from equipoise.likelihood import Observed, Subject
from equipoise.mode import find_mode
from equipoise.model import Occasions, PlainDose, Residual, course, draw_etas, simulate
from equipoise.models import sirolimus_cheng2020, sirolimus_wu2012
from equipoise.occasions import expanded
from equipoise.record import Dose, Measurement, Record
from equipoise.replay import AFTER_LEVELS, PHASES, SAME_LEVELS, Forecast
from equipoise.report.forecast_plots import LEFT, TOP, WIDTH, observed_against_forecast
from imported_streams import imported, stream
from occasion_models import two_days

CHENG, WU = sirolimus_cheng2020.MODEL, sirolimus_wu2012.MODEL
NAN = math.nan


def forecast(observed, prediction, *, used=0, typical=None, censored="", bands=None, subject="1"):
    low90, low50, high50, high90 = bands or (NAN,) * 4
    return Forecast(
        subject, 1.0, "busulfan", "ng/mL", observed, censored, used,
        prediction if typical is None else typical, prediction, low90, low50, NAN, high50, high90,
    )  # fmt: skip


def summary(forecasts, phase):
    (found,) = [s for s in replay.summaries(forecasts) if s.phase == phase]
    return found


# --- arithmetic ---------------------------------------------------------------------------


def test_bias_and_precision_by_hand() -> None:
    """Errors of +10, -20, +30 and +50 %: forecast less observation, over the observation."""
    own = [
        forecast(100.0, 110.0), forecast(100.0, 80.0), forecast(200.0, 260.0),
        forecast(10.0, 15.0, subject="2"),
    ]  # fmt: skip
    found = summary(own, "a priori")
    assert (found.n, found.subjects, found.censored) == (4, 2, 0)
    assert found.mdpe == pytest.approx(20.0)
    assert found.mdape == pytest.approx(25.0)
    assert found.rmse == pytest.approx(math.sqrt((10**2 + 20**2 + 60**2 + 5**2) / 4))
    assert found.rrmse == pytest.approx(math.sqrt((10**2 + 20**2 + 30**2 + 50**2) / 4))
    assert found.f20 == 50.0
    assert found.f30 == 75.0
    assert math.isnan(found.cover50)


@pytest.mark.parametrize(
    ("prediction", "f20", "f30"),
    [(120.0, 100, 100), (121.0, 0, 100), (80.0, 100, 100), (79.0, 0, 100), (130.0, 0, 100),
     (131.0, 0, 0), (70.0, 0, 100), (69.0, 0, 0)],
)  # fmt: skip
def test_within_20_and_30_percent(prediction, f20, f30) -> None:
    found = summary([forecast(100.0, prediction)], "a priori")
    assert (found.f20, found.f30) == (f20, f30)


def test_coverage_counts_the_ends() -> None:
    bands = (50.0, 80.0, 120.0, 150.0)
    observed = (49.9, 50.0, 79.9, 80.0, 120.0, 120.1, 150.0, 150.1)
    found = summary([forecast(y, 100.0, bands=bands) for y in observed], "a priori")
    assert found.cover50 == pytest.approx(100 * 2 / 8)
    assert found.cover90 == pytest.approx(100 * 6 / 8)


def test_phases() -> None:
    own = [forecast(100.0, 100.0 + u, used=u, typical=150.0) for u in range(6)]
    assert [f.phase for f in own] == [*PHASES, PHASES[3], PHASES[3]]
    assert [summary(own, phase).n for phase in PHASES] == [1, 1, 1, 3]
    assert summary(own, AFTER_LEVELS).n == 5
    assert summary(own, AFTER_LEVELS).mdpe == pytest.approx(3.0)
    assert summary(own, SAME_LEVELS).n == 5
    assert summary(own, SAME_LEVELS).mdpe == pytest.approx(50.0)


def test_a_censored_level_is_counted_and_not_averaged() -> None:
    own = [forecast(100.0, 110.0), forecast(5.0, 50.0, censored="<")]
    found = summary(own, "a priori")
    assert (found.n, found.censored) == (1, 1)
    assert found.mdpe == pytest.approx(10.0)
    assert math.isnan(own[1].error)


def test_an_observed_zero_has_an_error_and_no_relative_one() -> None:
    own = [forecast(0.0, 4.0), forecast(100.0, 103.0)]
    found = summary(own, "a priori")
    assert math.isnan(own[0].relative_error)
    assert found.rmse == pytest.approx(math.sqrt((16.0 + 9.0) / 2))
    assert found.mdpe == pytest.approx(3.0)


def test_an_empty_phase_is_not_a_number() -> None:
    found = summary([forecast(100.0, 110.0)], "after 2 levels")
    assert found.n == 0
    numbers = (found.mdpe, found.mdape, found.rmse, found.rrmse, found.f20, found.cover90)
    assert all(math.isnan(x) for x in numbers)


# --- a data set ---------------------------------------------------------------------------

ROWS = """ID,TIME,EVID,AMT,DV
1,-1,0,.,0
1,0,1,100,.
1,6,0,.,1100
1,20,0,.,260
1,24,1,100,.
1,30,0,.,1500
1,30,0,.,1400
1,54,0,.,20
"""


def subject_of(rows=ROWS, model=None):
    (found,) = parse_dataset(rows, two_days() if model is None else model).subjects
    return found


def test_each_level_is_forecast_by_the_estimate_of_those_before_it() -> None:
    """By the long way: cut by hand, expanded by hand, the mode from `fit`."""
    subject = subject_of()
    found = replay.of_subject(two_days(), subject, seed=1, draws=0)
    assert [f.used for f in found] == [0, 0, 1, 2, 2, 4]
    assert found[0].reason == "no dose of busulfan was known by then"
    whole = expanded(two_days(), [1, 2, 3])
    for k, f in enumerate(found[1:], start=1):
        earlier = tuple(o for o in subject.observed if o.time < f.at)
        # The sample before the first dose is known too; it says nothing of the patient.
        mode = find_mode(whole, replace(subject, observed=earlier[1:]))
        etas = np.stack([np.zeros(5), mode.eta])
        by_hand = simulate(whole, [subject.course], np.array([f.at]), etas=etas)
        typical, prediction = by_hand.values["busulfan"][0, :, 0]
        assert f.typical == pytest.approx(typical, rel=1e-6)
        assert f.prediction == pytest.approx(prediction, rel=1e-4), k
        assert math.isnan(f.low90)
        assert f.observed == subject.observed[k].number


BASELINE = """ID,TIME,EVID,CMT,AMT,DV
1,-24,0,2,.,60
1,-1,0,1,.,3
1,0,0,2,.,62
1,0,1,1,100,.
1,2,0,1,.,8
1,2,0,2,.,45
"""


def test_what_is_there_without_doses_is_forecast_before_them(tmp_path) -> None:
    """A response that starts from an amount of its own: its baseline tells of the patient."""
    model = imported(
        stream(
            "K=THETA(1)*EXP(ETA(1))\nV=THETA(2)\nBASE=THETA(3)*EXP(ETA(2))\nA_0(2)=BASE\nS1=V\nS2=1",
            advan="ADVAN13 TOL=9", model="COMP=(CENTRAL) COMP=(RESP)",
            des="DADT(1)=-K*A(1)\nDADT(2)=BASE*0.3*(1-A(1)/(A(1)+2*V))-0.3*A(2)",
            error="Y=F*(1+EPS(1))", columns="ID TIME EVID CMT AMT DV",
            thetas="0.1 10 50", omega="0.1 0.2", sigma="0.01",
        ),
        tmp_path,
    )  # fmt: skip
    found = replay.of_subject(model, subject_of(BASELINE, model), seed=1, draws=0)
    assert [f.used for f in found] == [0, 1, 1, 2, 2]
    assert found[1].reason == "no dose of stream was known by then"
    assert [f.reason for f in (*found[:1], *found[2:])] == [""] * 4
    assert found[0].prediction == pytest.approx(50.0)
    earlier = subject_of(BASELINE, model)
    mode = find_mode(model, replace(earlier, observed=(earlier.observed[0],)))
    assert found[2].prediction == pytest.approx(50.0 * math.exp(mode.eta[1]), rel=1e-5)


def test_a_model_without_doses_is_forecast(tmp_path) -> None:
    text = (
        "$PROBLEM decay\n$INPUT ID TIME DV\n$DATA d.csv\n$PRED\nY=THETA(1)*EXP(ETA(1)-0.1*TIME)"
        "*(1+EPS(1))\n$THETA 5\n$OMEGA 0.1\n$SIGMA 0.01\n"
    )
    model = imported(text, tmp_path)
    found = replay.of_subject(
        model, subject_of("ID,TIME,DV\n1,0,6\n1,10,2.2\n", model), seed=1, draws=0
    )
    assert [(f.used, f.reason) for f in found] == [(0, ""), (1, "")]
    assert found[0].prediction == pytest.approx(5.0)
    assert 5.0 / math.e < found[1].prediction < 6.0 / math.e


def test_a_new_occasion_widens_the_band() -> None:
    """Six levels of day 1 settle the patient on day 1; day 2 keeps the variability between days."""
    times = [2.0, 5.0, 9.0, 13.0, 17.0, 20.0]
    doses = [PlainDose(0.0, 100.0, "iv"), PlainDose(24.0, 100.0, "iv")]
    settled = two_days(covariates={}, parameters=_plain)
    exact = replace(
        settled, observations=(replace(settled.observations[0], residual=Residual(additive=10.0)),)
    )
    what = course(exact, doses, covariates={})
    f = simulate(exact, [what], np.array([*times, 22.0, 46.0])).values["busulfan"][0, 0]
    observed = [Observed(t, "busulfan", float(y)) for t, y in zip([*times, 22.0, 46.0], f,
                                                                    strict=True)]  # fmt: skip
    same_day = replay.of_subject(exact, Subject("1", what, tuple(observed[:7])), seed=1)[-1]
    next_day = replay.of_subject(exact, Subject("1", what, (*observed[:6], observed[7])), seed=1)[
        -1
    ]
    assert same_day.prediction == pytest.approx(f[6], rel=1e-2)
    assert next_day.prediction == pytest.approx(f[7], rel=1e-2)
    relative = [(x.high90 - x.low90) / x.prediction for x in (same_day, next_day)]
    # Volume and the first day's clearance are settled; what is left is how that clearance divides
    # between patient and day, and the next day's own draw.
    between = 0.09 - 0.02**2 / 0.04
    sd = math.sqrt(between * 0.04 / (between + 0.04) + 0.04)
    ends = [math.exp(-2.2 * (math.exp(z * sd) - 1.0)) for z in (-1.645, 1.645)]
    assert relative[0] < 0.25
    assert relative[1] == pytest.approx(ends[0] - ends[1], rel=0.15)


def _plain(theta, covariates, eta):
    return {"CL": theta["CL"] * np.exp(eta["CL"]), "V1": theta["V"] * np.exp(eta["V"])}


def test_bands_cover_what_they_say_for_patients_of_the_model() -> None:
    rng = np.random.default_rng(11)
    plain = two_days(covariates={}, parameters=_plain)
    what = course(plain, [PlainDose(0.0, 100.0, "iv"), PlainDose(24.0, 100.0, "iv")], covariates={})
    whole = expanded(plain, [1, 2, 3])
    times = [4.0, 16.0, 28.0]
    truth = simulate(whole, [what], np.array(times), etas=draw_etas(whole, 60, rng))
    found = []
    for i, f in enumerate(truth.values["busulfan"][0]):
        measured = f * (1.0 + 0.1 * rng.standard_normal(len(times)))
        observed = tuple(Observed(t, "busulfan", float(y)) for t, y in zip(times, measured,
                                                                          strict=True))  # fmt: skip
        found += replay.of_subject(plain, Subject(str(i), what, observed), seed=1, draws=200)
    for phase, n in (("a priori", 60), (AFTER_LEVELS, 120)):
        own = summary(found, phase)
        assert own.n == n
        # Four standard errors of a share of n.
        assert abs(own.cover50 - 50.0) < 4.0 * 100.0 * math.sqrt(0.25 / n)
        assert abs(own.cover90 - 90.0) < 4.0 * 100.0 * math.sqrt(0.09 / n)
    assert summary(found, AFTER_LEVELS).mdape < summary(found, SAME_LEVELS).mdape


# --- records ------------------------------------------------------------------------------


def dose(at, amount="2 mg"):
    return Dose(at=at, known=at, agent="sirolimus", amount=units.parse(amount), route="oral")


def level(at, text, known, name="sirolimus"):
    value = units.parse(text)
    return Measurement(at=at, known=known, name=name, value=value, number=float(value.number))


def record(*events) -> Record:
    return Record(id="p1", day0=datetime(2025, 3, 10, tzinfo=UTC), events=tuple(events))


WEIGHT = level(-3.0, "30 kg", -3.0, "weight")
BILIRUBIN = level(-3.0, "0.5 mg/dL", -2.0, "bilirubin")
HEMATOCRIT = level(-3.0, "31 %", -2.0, "hematocrit")


def test_a_trough_model_says_which_levels_it_cannot_forecast() -> None:
    events = [dose(24.0 * k) for k in range(12)]
    early, steady = level(71.5, "4.0 ng/mL", 80.0), level(263.5, "6.0 ng/mL", 270.0)
    found = replay.of_record(
        CHENG, record(WEIGHT, BILIRUBIN, *events, early, steady), seed=1, draws=100
    )
    assert "steady-state troughs only" in found[0].reason
    assert math.isnan(found[0].prediction)
    assert found[1].reason == ""
    assert found[1].used == 0, "nor is the early one used"


def test_a_record_without_a_required_covariate_or_a_dose_says_so() -> None:
    found = replay.of_record(WU, record(HEMATOCRIT, level(20.0, "4 ng/mL", 21.0)), seed=1)
    assert found[0].reason == "no dose of sirolimus was known by then"
    required = replace(
        WU, covariates={"hematocrit": replace(WU.covariates["hematocrit"], required=True)}
    )
    later = record(dose(0.0), level(20.0, "4 ng/mL", 21.0), level(22.0, "30 %", 23.0, "hematocrit"))
    assert "needs hematocrit" in replay.of_record(required, later, seed=1)[0].reason


def test_a_level_below_the_limit_is_forecast_and_used() -> None:
    events = (HEMATOCRIT, dose(0.0), dose(24.0))
    low, high = level(12.0, "<0.1 ng/mL", 13.0), level(36.0, "2 ng/mL", 37.0)
    found = replay.of_record(WU, record(*events, low, high), seed=1, draws=100)
    assert found[0].censored == "<"
    assert [f.used for f in found] == [0, 1]
    assert found[1].prediction < found[1].typical


def test_occasions_named_by_a_column_need_a_data_set() -> None:
    named = replace(WU, occasions=Occasions(("CL",), ((0.04,),), column="OCC"))
    with pytest.raises(ValueError, match="replay a data set"):
        replay.of_record(named, record(HEMATOCRIT, dose(0.0)), seed=1)


# --- the command --------------------------------------------------------------------------

EXAMPLE = "busulfan_shukla2020.py"
DATA = """ID,TIME,CMT,DV,AMT,EVID,MDV,RATE,AGE,WT,HT,SEX,REGI
<b>1,0,1,0,50,1,1,16.7,5,16,108,0,0
<b>1,3.5,1,1704,0,0,0,0,5,16,108,0,0
<b>1,6,1,496,0,0,0,0,5,16,108,0,0
<b>1,24,1,0,50,1,1,16.7,5,16,108,0,0
<b>1,27.5,1,1517,0,0,0,0,5,16,108,0,0
"""


@pytest.fixture
def desk(tmp_path, monkeypatch, examples):
    (tmp_path / "data.csv").write_text(DATA, encoding="utf-8")
    (tmp_path / EXAMPLE).symlink_to(examples / "models" / EXAMPLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_writes_what_it_found(desk, capsys) -> None:
    assert run(["replay", EXAMPLE, "data.csv", "--draws", "200", "--out", "out", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((desk / "out" / "replay.json").read_text(encoding="utf-8"))
    assert printed["model"] == "busulfan_shukla2020"
    assert printed["availability"] == "time of each row"
    assert [f["used"] for f in printed["forecasts"]] == [0, 1, 2]
    first = printed["forecasts"][0]
    assert first["phase"] == "a priori"
    assert first["prediction"] == first["typical"]
    assert first["low90"] < first["low50"] < first["median"] < first["high50"] < first["high90"]
    assert first["relative_error"] == pytest.approx(first["prediction"] / 1704 - 1, rel=1e-6)
    assert [s["n"] for s in printed["summaries"]] == [1, 1, 1, 0, 2, 2]
    with (desk / "out" / "forecasts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(r["prediction"]) for r in rows] == [f["prediction"] for f in printed["forecasts"]]
    with (desk / "out" / "summary.csv").open(encoding="utf-8") as file:
        assert [r["phase"] for r in csv.DictReader(file)] == [*PHASES, AFTER_LEVELS, SAME_LEVELS]


def test_the_page_stands_alone_and_escapes(desk) -> None:
    assert run(["replay", EXAMPLE, "data.csv", "--draws", "100", "--out", "out"]) == 0
    page = (desk / "out" / "replay.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;1" in page
    assert "<b>1" not in page
    assert page.count("<svg") == 5
    assert "<script" not in page
    # The only address is that of the citation, followed by a reader.
    addresses = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    assert addresses == {"https://doi.org/10.3389/fphar.2020.00888"}
    assert "Not for clinical use" in page
    for phase in PHASES[:3]:
        assert phase in page


def test_the_seed_makes_it_repeat(desk, capsys) -> None:
    outputs = []
    for seed in ("4", "4", "5"):
        arguments = ["replay", EXAMPLE, "data.csv", "--draws", "100", "--json", "--seed", seed]
        assert run(arguments) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert outputs[0] != outputs[2]


def test_without_draws_there_are_no_bands(desk, capsys) -> None:
    assert run(["replay", EXAMPLE, "data.csv", "--draws", "0", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert all(f["low90"] is None for f in printed["forecasts"])
    assert run(["replay", EXAMPLE, "data.csv", "--draws", "0"]) == 0
    out = capsys.readouterr()
    assert "after 1 level" in out.out
    assert "unknown" not in out.out


def written(desk, name, *events, known=True):
    """A record file; without `known`, laboratory values do not say when they were known."""
    content = files.record_to_json(replace(record(*events), id=name))
    if not known:
        for event in content["events"]:
            event.pop("known", None)
    (desk / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return f"{name}.json"


COURSE = (HEMATOCRIT, *(dose(24.0 * k) for k in range(5)), level(71.5, "3 ng/mL", 75.0))


def test_records_that_say_when_things_were_known(desk, capsys) -> None:
    one = written(desk, "a", *COURSE)
    two = written(desk, "b", *COURSE, level(95.5, "4 ng/mL", 99.0))
    assert run(["replay", "sirolimus_wu2012", one, two, "--draws", "100", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["availability"] == "recorded"
    assert [(f["subject"], f["used"]) for f in printed["forecasts"]] == [
        ("a", 0), ("b", 0), ("b", 1),
    ]  # fmt: skip
    assert not any("availability assumed" in c for c in printed["cautions"])
    capsys.readouterr()
    assert run(["replay", "sirolimus_wu2012", one, one]) == 2
    assert "same id" in capsys.readouterr().err


def test_records_without_known_are_refused_or_assumed(desk, capsys) -> None:
    bare = written(desk, "a", *COURSE, known=False)
    assert run(["replay", "sirolimus_wu2012", bare]) == 2
    said = capsys.readouterr().err
    assert "hematocrit: the record does not say when the result was known" in said
    assert "--assume-turnaround FILE" in said
    (desk / "t.toml").write_text('[turnaround]\nsirolimus = "24 h"\n', encoding="utf-8")
    assert run(["replay", "sirolimus_wu2012", bare, "--assume-turnaround", "t.toml"]) == 2
    assert "add hematocrit" in capsys.readouterr().err
    (desk / "t.toml").write_text(
        'default = "2 h"\n[turnaround]\nsirolimus = "24 h"\n', encoding="utf-8"
    )
    arguments = ["replay", "sirolimus_wu2012", bare, "--assume-turnaround", "t.toml",
                 "--draws", "100"]  # fmt: skip
    assert run(arguments) == 0
    assert "availability assumed" in capsys.readouterr().err
    assert run([*arguments, "--json", "--out", "out"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["availability"] == "assumed"
    assert any("availability assumed" in c for c in printed["cautions"])
    assert "availability assumed" in (desk / "out" / "replay.html").read_text(encoding="utf-8")


def test_the_assumed_turnaround_decides_what_was_known(desk, capsys) -> None:
    bare = written(desk, "a", *COURSE, level(95.5, "4 ng/mL", 99.0), known=False)
    for hours, used in (("23 h", 1), ("25 h", 0)):
        (desk / "t.toml").write_text(
            f'default = "1 h"\n[turnaround]\nsirolimus = "{hours}"\n', encoding="utf-8"
        )
        arguments = ["replay", "sirolimus_wu2012", bare, "--assume-turnaround", "t.toml"]
        assert run([*arguments, "--draws", "0", "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed["forecasts"][1]["used"] == used, hours


def test_a_provisional_model_is_marked(desk, capsys) -> None:
    file = str(bundled.path("atg_haploidentical.json"))
    arguments = ["replay", "atg_thymoglobulin_linear", file, "--draws", "100", "--out", "out"]
    assert run(arguments) == 0
    assert "NOT FOR DOSING" in capsys.readouterr().err
    for name in ("replay.html", "replay.json"):
        assert "NOT FOR DOSING" in (desk / "out" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data.csv", "--assume-turnaround", "t.toml"], "goes with records"),
        (["data.csv", "data.csv"], "give one alone"),
        (["nothing.csv"], "does not exist"),
        (["empty.csv"], "no level of busulfan"),
        (["a.json", "--assume-turnaround", "t.toml"], "turnaround"),
        (["empty"], "nothing to forecast"),
    ],
)
def test_what_cannot_be_replayed_is_one_sentence(desk, capsys, arguments, said) -> None:
    header, first, *_ = DATA.splitlines()
    (desk / "empty.csv").write_text(f"{header}\n{first}\n", encoding="utf-8")
    (desk / "empty").mkdir()
    written(desk, "a", *COURSE)
    (desk / "t.toml").write_text("sirolimus = 3\n", encoding="utf-8")
    assert run(["replay", EXAMPLE, *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_tidy_records_are_told_from_a_data_set(desk, capsys) -> None:
    files.write_record(record(*COURSE), desk / "tidy.csv")
    assert run(["replay", "sirolimus_wu2012", "tidy.csv", "--draws", "0", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["availability"] == "recorded"
    assert len(printed["forecasts"]) == 1


def test_the_shaded_bands_are_within_20_and_30_percent() -> None:
    """Corners of the shading, read back: forecast over observation is 0.7, 1.3, 0.8 or 1.2."""
    own = [forecast(1.0, 1.0), forecast(100.0, 100.0)]
    drawing = observed_against_forecast(own, "ng/mL")
    side = (WIDTH - LEFT - 14.0 - 40.0) / 2.0
    paths = re.findall(r'<path d="M([^"]+)Z" fill="#(?:eef6f2|d9ece5)"', drawing.body)[:2]
    per_decade = side / (2.0 * 1.08)
    found = []
    for text in paths:
        points = [tuple(map(float, p.split())) for p in text.split("L")]
        assert all(LEFT - 0.1 <= x <= LEFT + side + 0.1 for x, _ in points)
        assert all(TOP - 0.1 <= y <= TOP + side + 0.1 for _, y in points)
        shifts = [(x - LEFT) - (TOP + side - y) for x, y in points]
        found += [10.0 ** (shift / per_decade) for shift in shifts]
    expected = [1.0, 1.3, 1.3, 1.0, 0.7, 0.7, 1.0, 1.2, 1.2, 1.0, 0.8, 0.8]
    assert found == pytest.approx(expected, abs=0.005)
