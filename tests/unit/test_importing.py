"""`equipoise import`, and what the other commands make of its files."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from equipoise.cli.entry import run
from equipoise.dataset import DatasetError, parse_dataset, read_doses
from equipoise.likelihood import residual_sd
from equipoise.model import PlainDose, course, simulate
from equipoise.modelfile import load
from equipoise.readout import Layout, ModelUseError, record_times
from equipoise.replay import known_course
from imported_streams import STREAMS, imported, imported_file, stream

DATA = "ID,TIME,EVID,AMT,CMT,II,ADDL,MDV,DV\n1,0,1,10000,1,0,0,1,.\n1,2,0,0,2,0,0,0,95\n"


def test_import_then_fit_and_simulate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["import", str(STREAMS / "run001.mod"), "--out", "m.py"]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "initial estimates" in out.err
    Path("d.csv").write_text(DATA, encoding="utf-8")
    assert run(["fit", "m.py", "d.csv", "--pred", "p.csv", "--json"]) == 0
    fitted = json.loads(capsys.readouterr().out)
    assert fitted["model"] == "m"
    assert set(fitted["subjects"][0]) == {"ID", "ETA1", "ETA2", "ETA3", "OFV", "JOINT"}
    assert Path("p.csv").read_text(encoding="utf-8").splitlines()[0] == "ID,TIME,PRED,IPRED"
    command = ["simulate", "m.py", "--dose", "10000 mg oral", "--times", "2", "--auc", "0:500"]
    assert run([*command, "--json"]) == 0
    simulated = json.loads(capsys.readouterr().out)
    expected = 10000 / 70 / (1 - 4 / 70) * (math.exp(-2 * 4 / 70) - math.exp(-2))
    assert simulated["rows"][0]["dv"] == pytest.approx(expected, rel=1e-9)
    assert simulated["auc"][0]["dv"] == pytest.approx(2500, rel=1e-6)
    assert run(["simulate", "m.py", "--dose", "10000 mg oral", "--times", "2",
                "--population", "3", "--json"]) == 0  # fmt: skip
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 3


def test_import_prints_json_or_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", str(STREAMS / "indirect.mod"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["advan"], found["etas"], found["analytes"]) == (13, 5, 2)
    assert found["file"] is None
    assert run(["import", str(STREAMS / "indirect.mod")]) == 0
    assert capsys.readouterr().out == found["source"]
    compile(found["source"], "source.py", "exec")


def test_refusals_leave_with_2_and_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.mod"
    bad.write_text(stream("CL=FOO\nV=1"), encoding="utf-8")
    for arguments, words in (
        ([str(bad)], "bad.mod: line 6 (CL=FOO): FOO is not known"),
        ([str(STREAMS / "run001.mod"), "--out", "x.txt"], "ends in .py"),
        (["none.mod"], "does not exist"),
        ([str(STREAMS / "run301.mod"), "--covariate", "WT=weight"], "the stream reads BW, SEX"),
        ([str(STREAMS / "run301.mod"), "--covariate", "BW"], "COLUMN=NAME"),
        ([str(STREAMS / "indirect.mod"), "--analyte", "x"], "predicts 2"),
        ([str(STREAMS / "run001.mod"), "--estimates", str(bad)], "no final estimates"),
    ):
        assert run(["import", *arguments]) == 2
        out = capsys.readouterr()
        assert out.out == ""
        assert words in out.err
    assert list(tmp_path.iterdir()) == [bad]


def test_names_for_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "m.py"
    assert run(["import", str(STREAMS / "run301.mod"), "--out", str(out), "--agent", "busulfan",
                "--analyte", "busulfan", "--unit", "ng/mL", "--dose-unit", "mg",
                "--covariate", "BW=weight", "--covariate", "SEX=sex"]) == 0  # fmt: skip
    capsys.readouterr()
    model = load(str(out), {})
    assert (model.agent, model.analytes, list(model.covariates)) == (
        "busulfan", ("busulfan",), ["weight", "sex"],
    )  # fmt: skip
    data = "ID,TIME,EVID,AMT,CMT,II,ADDL,MDV,DV,BW,SEX\n1,0,1,100,1,0,0,1,.,60,1\n"
    found = parse_dataset(data, model)
    assert found.notes == ()
    assert found.subjects[0].course.covariates["weight"].tolist() == [60.0]


def test_simulate_asks_for_covariates_and_takes_zero(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "m.py")
    assert run(["import", str(STREAMS / "run301.mod"), "--out", out]) == 0
    command = ["simulate", out, "--dose", "10000 mg oral", "--times", "2", "--covariate", "BW=75"]
    capsys.readouterr()
    assert run(command) == 2
    assert "--covariate SEX=" in capsys.readouterr().err
    assert run([*command, "--covariate", "SEX=0"]) == 0


def test_time_of_the_record_in_simulate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "m.py")
    assert run(["import", str(STREAMS / "by_time.mod"), "--out", out]) == 0
    capsys.readouterr()
    assert run(["simulate", out, "--dose", "100 mg iv", "--times", "12,23,25", "--covariate",
                "WT=70", "--json"]) == 0  # fmt: skip
    rows = json.loads(capsys.readouterr().out)["rows"]
    model = load(out, {})
    data = "ID,TIME,AMT,RATE,DV,EVID,WT\n1,0,100,0,.,1,70\n" + "".join(
        f"1,{t},.,.,1,0,70\n" for t in (12, 23, 25)
    )
    subject = parse_dataset(data, model).subjects[0]
    found = simulate(model, [subject.course], [subject.times]).values["dv"][0, 0]
    assert [row["dv"] for row in rows] == pytest.approx(found, rel=1e-9)


def test_times_of_records_hold_before_them() -> None:
    assert record_times([12.0, 0.0, 24.0, 12.0]) == ((0.0, 0.0), (0.0, 12.0), (12.0, 24.0))


# --- data sets of imported models ---------------------------------------------------------


def test_layouts_match_headers_and_comments() -> None:
    layout = Layout(("ID", "TIME", "", "DV"), {"SUBJ": "ID"}, "@")
    assert layout.matches(["subj", "Time", "anything", "dv", "more"])
    assert not layout.matches(["ID", "DV", "x", "TIME"])
    assert not layout.matches(["ID", "TIME", "x"])
    assert layout.skips("ID,TIME")
    assert layout.skips("#1,2")
    assert not layout.skips("1,2")
    assert Layout(("ID",), ignore="C").skips("C 1")
    assert not Layout(("ID",)).skips("C 1")


def test_dropped_columns_are_not_read_by_their_header(tmp_path: Path) -> None:
    model = imported(stream("CL=2\nV=9", columns="ID TIME CMT=DROP AMT DV"), tmp_path)
    found = parse_dataset("ID,TIME,CMT,AMT,DV\n1,0,7,100,.\n1,1,7,0,3\n", model)
    assert found.subjects[0].course.schedule.doses[0].compartment == 0


@pytest.mark.parametrize(
    ("columns", "header", "level"),
    [
        ("ID TIME AMT ODV DV", "ID,TIME,AMT,ODV,DV", 4.0),
        ("ID TIME AMT ODV=DROP DV", "ID,TIME,AMT,ODV,DV", 4.0),
        ("ID TIME AMT DROP=ODV DV", "ID,TIME,AMT,ODV,DV", 4.0),
        ("ID TIME AMT DROP DV", "ID,TIME,AMT,ODV,DV", 4.0),
        ("ID TIME AMT ODV=DV SKIP", "ID,TIME,AMT,ODV,NOTE", 3.0),
        ("ID TIME AMT DV=ODV NOTE=SKIP", "ID,TIME,AMT,ODV,NOTE", 3.0),
        ("ID TIME AMT DV=DROP LNDV=DV", "ID,TIME,AMT,DV,LNDV", 4.0),
        ("ID TIME AMT LNDV=DV DV=DROP", "ID,TIME,AMT,LNDV,DV", 3.0),
    ],
)
def test_the_level_is_the_column_that_input_calls_dv(
    columns: str, header: str, level: float, tmp_path: Path
) -> None:
    model = imported(stream("CL=2\nV=9", columns=columns), tmp_path)
    rows = f"{header}\n1,0,10,0,0\n1,2,0,3,4\n"
    for text in (rows, rows.split("\n", 1)[1]):
        (who,) = parse_dataset(text, model).subjects
        assert who.observed[-1].number == level


def test_files_without_header_or_commas_are_read_by_place(tmp_path: Path) -> None:
    model = imported(stream("CL=2\nV=9", columns="ID TIME AMT DV"), tmp_path)
    for text in ("1,0,100,.\n1,1,0,3\n", "1 0 100 .\n1 1 0 3\n", "a b c d\n1 0 100 .\n1 1 0 3\n"):
        found = parse_dataset(text, model)
        assert [o.number for o in found.subjects[0].observed] == [3.0]
        assert "read in its order" in found.notes[0]
    with pytest.raises(DatasetError, match="row 2 has 3 cells"):
        parse_dataset("a,b,c\n1,0,100\n", model)


def test_rows_that_measure_something_else_are_refused(tmp_path: Path) -> None:
    model = imported_file("run001", tmp_path)
    with pytest.raises(DatasetError, match=r"row 3: .*CMT 0 or 2 for dv"):
        parse_dataset(DATA.replace("1,2,0,0,2,", "1,2,0,0,1,"), model)
    zero = parse_dataset(DATA.replace("1,2,0,0,2,", "1,2,0,0,0,"), model)
    assert len(zero.subjects[0].observed) == 1


def test_modeled_rates_need_a_model_that_has_them(tmp_path: Path) -> None:
    columns = "ID TIME AMT RATE DV"
    model = imported(stream("CL=2\nV=9\nD1=3", columns=columns), tmp_path, "d1")
    head = "ID,TIME,AMT,RATE,DV\n"
    assert (
        parse_dataset(f"{head}1,0,100,-2,.\n", model).subjects[0].course.schedule.doses[0].rate
        == -2
    )
    with pytest.raises(DatasetError, match=r"RATE -1 .* modeled rate into CMT 1"):
        parse_dataset(f"{head}1,0,100,-1,.\n", model)
    with pytest.raises(DatasetError, match="RATE -3 means nothing"):
        parse_dataset(f"{head}1,0,100,-3,.\n", model)


def test_resets_and_initial_amounts_do_not_go_together(tmp_path: Path) -> None:
    model = imported(stream("CL=2\nV=9\nA_0(1)=5"), tmp_path)
    rows = "ID,TIME,AMT,RATE,EVID,DV\n1,0,.,.,0,1\n1,5,.,.,3,.\n1,6,.,.,0,1\n"
    with pytest.raises(DatasetError, match="EVID 3 or 4 restarts"):
        parse_dataset(rows, model)


def test_doses_go_to_the_default_compartment(tmp_path: Path) -> None:
    text = stream(
        "CL=2\nV=9", columns="ID TIME AMT DV", advan="ADVAN13",
        model="COMP=(CENTRAL) COMP=(SITE,DEFDOSE)",
        des="DADT(1)=A(2)-CL/V*A(1)\nDADT(2)=-A(2)",
    )  # fmt: skip
    model = imported(text, tmp_path)
    found = parse_dataset("ID,TIME,AMT,DV\n1,0,100,.\n1,1,0,3\n", model)
    assert found.subjects[0].course.schedule.doses[0].compartment == 1
    assert model.routes == {"site": 1, "iv": 0}


def test_a_file_of_doses_keeps_rates(tmp_path: Path) -> None:
    model = imported(stream("CL=2\nV=9\nD1=3"), tmp_path)
    path = tmp_path / "doses.csv"
    path.write_text("TIME,AMT,RATE\n0,100,50\n5,100,-2\n", encoding="utf-8")
    assert [d.rate for d in read_doses(path, model)] == [50.0, -2.0]


# --- what asks more of a model than it says -----------------------------------------------


def test_residual_errors_that_are_code_refuse_to_be_guessed(tmp_path: Path) -> None:
    model = imported_file("twelve_etas", tmp_path)
    with pytest.raises(ModelUseError, match="needs more than a prediction"):
        residual_sd(model, "dv", 3.0)


def test_factors_on_clearance_need_one(tmp_path: Path) -> None:
    model = imported_file("advan10", tmp_path)
    what = course(
        model, [PlainDose(0.0, 1.0, "iv")], covariates={"WT": 70, "clearance_factor": 0.5}
    )
    with pytest.raises(ModelUseError, match="no single clearance"):
        simulate(model, [what], np.array([1.0]))


def test_areas_of_what_is_no_level_are_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = stream("CL=2\nV=9", error="Y=100*A(1)/(5+A(1))+EPS(1)")
    (tmp_path / "e.mod").write_text(text, encoding="utf-8")
    out = str(tmp_path / "e.py")
    assert run(["import", str(tmp_path / "e.mod"), "--out", out]) == 0
    capsys.readouterr()
    command = ["simulate", out, "--dose", "10 mg iv", "--times", "0.000001"]
    assert run([*command, "--json"]) == 0
    value = json.loads(capsys.readouterr().out)["rows"][0]["dv"]
    assert value == pytest.approx(100 * 10 / 15, rel=1e-5)
    assert run([*command, "--auc", "0:5"]) == 2
    assert "leave --auc out" in capsys.readouterr().err


def test_replay_of_a_model_whose_error_is_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = str(tmp_path / "m.py"), tmp_path / "d.csv"
    assert run(["import", str(STREAMS / "advan10.mod"), "--out", out]) == 0
    rows = "".join(
        f"1,{24 * d},100,0,0,0,0,.,1,70\n1,{24 * d + 20},.,.,.,.,.,6,0,70\n" for d in (0, 1)
    )
    data.write_text(f"ID,TIME,AMT,RATE,II,ADDL,SS,DV,EVID,WT\n{rows}", encoding="utf-8")
    capsys.readouterr()
    assert run(["replay", out, str(data), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["forecasts"]
    assert len(found) == 2
    assert all(f["low90"] < f["median"] < f["high90"] for f in found)


def test_a_course_cut_short_keeps_what_its_doses_own(tmp_path: Path) -> None:
    columns = "ID TIME AMT EVID DV OCC"
    model = imported(stream("F1=OCC\nCL=2\nV=9\nS1=V", columns=columns), tmp_path)
    rows = "".join(
        f"1,{t},90,1,.,{o}\n1,{t},90,1,.,{o + 1}\n" for t, o in ((0, 1), (10, 3), (20, 5))
    )
    data = f"ID,TIME,AMT,EVID,DV,OCC\n{rows}1,30,.,0,1,6\n"
    whole = parse_dataset(data, model).subjects[0].course
    short = known_course(whole, 12.0)
    assert len(short.schedule.doses) == 4
    assert short.pieces < whole.pieces
    at = np.array([11.0])
    levels = [simulate(model, [c], at).values["dv"][0, 0, 0] for c in (whole, short)]
    assert levels[0] == pytest.approx(levels[1], rel=1e-12)
