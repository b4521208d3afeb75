"""Data sets in NONMEM's form through `fit`, `simulate` and `replay`: what comes out, what is
refused."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_shell import Shell
from equipoise.cli import fitting
from equipoise.fit import Posterior
from equipoise.likelihood import Subject
from equipoise.model import Model
from imported_streams import stream

ROWS = (
    "ID,TIME,AMT,RATE,EVID,DV,WT\n"
    "1,0,100,0,1,.,70\n1,2,.,.,0,8,70\n1,9,.,.,0,4,90\n2,0,50,0,1,.,60\n2,4,.,.,0,3,60\n"
    "2,5,.,.,2,.,60\n"
)


class Desk:
    """A folder with a data set and a model made from a stream."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self._shell = shell
        self.folder = folder
        self.data = folder / "data.csv"
        self.model = folder / "m.py"

    def write(self, rows: str, pk: str, **parts: str) -> None:
        """The data set, and the model of a stream."""
        self.data.write_text(rows, encoding="utf-8")
        path = self.folder / "m.mod"
        path.write_text(stream(pk, **parts), encoding="utf-8")
        code, _, err = self._shell("import", path, "--out", self.model)
        assert code == 0, err

    def table(self, *arguments: object) -> list[dict[str, str]]:
        """Rows of the CSV that a command prints."""
        code, out, err = self._shell(*arguments)
        assert code == 0, err
        return list(csv.DictReader(io.StringIO(out)))


PK = "CL=3*(WT/70)*EXP(ETA(1))\nV=20*EXP(ETA(2))\nS1=V"
PARTS = {
    "columns": "ID TIME AMT RATE EVID DV WT", "omega": "0.1 0.1", "error": "Y=F*(1+EPS(1))",
    "sigma": "0.04",
}  # fmt: skip


@pytest.fixture
def desk(shell: Shell, tmp_path: Path) -> Desk:
    found = Desk(shell, tmp_path)
    found.write(ROWS, PK, **PARTS)
    return found


def test_simulate_gives_a_row_for_each_row(desk: Desk) -> None:
    found = desk.table("simulate", desk.model, "--data", desk.data)
    assert [(r["id"], float(r["time"])) for r in found] == [
        ("1", 0), ("1", 2), ("1", 9), ("2", 0), ("2", 4), ("2", 5),
    ]  # fmt: skip
    k = 3.0 / 20.0
    # By NONMEM's rule the 90 kg of the third row act from the second on.
    last = 5.0 * np.exp(-k * (2 + 7 * 90 / 70))
    # The row of a dose shows what is there after it.
    assert [float(r["dv"]) for r in found[:3]] == pytest.approx([5.0, 5 * np.exp(-2 * k), last])
    forward = desk.table("simulate", desk.model, "--data", desk.data, "--carry", "forward")
    assert float(forward[2]["dv"]) == pytest.approx(5.0 * np.exp(-9 * k))


def test_simulate_with_the_etas_of_fit_is_its_ipred(desk: Desk) -> None:
    etas, pred = desk.folder / "etas.csv", desk.folder / "pred.csv"
    desk.table("fit", desk.model, desk.data, "--out", etas, "--pred", pred)
    predicted = list(csv.DictReader(io.StringIO(pred.read_text(encoding="utf-8"))))
    assert [(r["ID"], float(r["TIME"])) for r in predicted] == [
        ("1", 0), ("1", 2), ("1", 9), ("2", 0), ("2", 4), ("2", 5),
    ]  # fmt: skip
    own = desk.table("simulate", desk.model, "--data", desk.data, "--etas", etas)
    assert [float(r["dv"]) for r in own] == pytest.approx(
        [float(r["IPRED"]) for r in predicted], rel=1e-7
    )
    typical = desk.table("simulate", desk.model, "--data", desk.data)
    assert [float(r["dv"]) for r in typical] == pytest.approx(
        [float(r["PRED"]) for r in predicted], rel=1e-7
    )
    # The same patients under another dose.
    other = desk.table("simulate", desk.model, "--dose", "200 mg iv", "--times", "2",
                       "--covariate", "WT=70", "--etas", etas)  # fmt: skip
    assert [r["id"] for r in other] == ["1", "2"]
    assert float(other[0]["dv"]) == pytest.approx(2.0 * float(own[1]["dv"]), rel=1e-6)


def test_the_means_of_a_posterior_are_etas_too(desk: Desk, shell: Shell) -> None:
    etas = desk.folder / "etas.csv"
    desk.table("fit", desk.model, desk.data, "--method", "posterior", "--draws", "200",
               "--out", etas)  # fmt: skip
    means = {r["ID"]: r for r in csv.DictReader(io.StringIO(etas.read_text(encoding="utf-8")))}
    found = desk.table("simulate", desk.model, "--data", desk.data, "--etas", etas)
    cl, v = (float(means["1"][f"ETA{i}_MEAN"]) for i in (1, 2))
    k = 3.0 / 20.0 * np.exp(cl - v)
    assert float(found[1]["dv"]) == pytest.approx(5.0 * np.exp(-v - 2.0 * k), rel=1e-6)
    etas.write_text("ID,ETA1,ETA2\n1,0,0\n1.0,0,0\n2,0,0\n", encoding="utf-8")
    said = shell.wrong("simulate", desk.model, "--data", desk.data, "--etas", etas)
    assert "row 3: this ID stands twice" in said


def test_population_repeats_the_data_set_and_itself(desk: Desk) -> None:
    command = ("simulate", desk.model, "--data", desk.data, "--population", "400")
    found = desk.table(*command, "--seed", "7")
    assert found == desk.table(*command, "--seed", "7")
    assert found != desk.table(*command, "--seed", "8")
    assert len(found) == 400 * 6
    logs = np.log([float(r["dv"]) for r in found if (r["id"], r["time"]) == ("1", "2")])
    # SD of ln level: etas by hand, ln C = ln(D/V) - CL/V t, and 20 % of residual error.
    kt = 0.3
    sd = np.sqrt(0.1 * (kt**2 + (kt - 1.0) ** 2) + 0.04)
    assert np.std(logs) == pytest.approx(sd, rel=0.15)


def test_simulate_at_other_times_for_every_subject(desk: Desk) -> None:
    found = desk.table("simulate", desk.model, "--data", desk.data, "--times", "1:3:1")
    assert [(r["id"], r["time"]) for r in found] == [
        ("1", "1"), ("1", "2"), ("1", "3"), ("2", "1"), ("2", "2"), ("2", "3"),
    ]  # fmt: skip


def test_times_that_go_back_are_named_as_the_rows_name_them(desk: Desk, shell: Shell) -> None:
    """After EVID 4 at TIME 0, the level at TIME 2 is 2 h after its dose, and is called so."""
    rows = (
        "ID,TIME,AMT,RATE,EVID,DV,WT\n1,0,100,0,1,.,70\n1,10,.,.,0,2,70\n1,0,200,0,4,.,70\n"
        "1,2,.,.,0,8,70\n"
    )
    desk.data.write_text(rows, encoding="utf-8")
    found = desk.table("simulate", desk.model, "--data", desk.data)
    assert [r["time"] for r in found] == ["0", "10", "0", "2"]
    assert float(found[3]["dv"]) == pytest.approx(10.0 * np.exp(-0.3))
    said = shell.wrong("simulate", desk.model, "--data", desk.data, "--times", "2,4")
    assert "--times: TIME goes back at a restart of ID 1" in said
    assert "EVID 2" in said
    replayed = shell.json("replay", desk.model, desk.data, "--draws", "0", "--json")
    assert [f["at"] for f in replayed["forecasts"]] == [10.0, 2.0]
    assert replayed["forecasts"][1]["typical"] == pytest.approx(10.0 * np.exp(-0.3))


def test_json_says_the_same(desk: Desk, shell: Shell) -> None:
    found = shell.json("simulate", desk.model, "--data", desk.data, "--json")
    assert set(found) == {"model", "seed", "units", "rows", "cautions"}
    assert found["rows"][1]["id"] == "1"
    assert found["rows"][1]["dv"] == pytest.approx(5 * np.exp(-0.3))


def test_replay_says_by_which_rule(desk: Desk, shell: Shell) -> None:
    for options, words in (((), "NONMEM"), (("--carry", "forward"), "carried forward")):
        found = shell.json("replay", desk.model, desk.data, "--draws", "0", "--json", *options)
        assert words in found["covariates"]
        assert len(found["forecasts"]) == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--dose", "1 mg iv", "--times", "1"), "one --data set"),
        (("--covariate", "WT=70"), "--covariate does not go with --data"),
        (("--auc", "0:24"), "--auc does not go with --data"),
        (("--etas", "{data}"), "columns of etas"),
        (("--etas", "{etas}"), "1 of 2 subjects of the data set are not in it"),
        (("--population", "2", "--omit-variability"), "exclude each other"),
    ],
)
def test_options_that_do_not_go_together(
    desk: Desk, shell: Shell, options: tuple[str, ...], says: str
) -> None:
    etas = desk.folder / "etas.csv"
    etas.write_text("ID,ETA1,ETA2\n1,0,0\n", encoding="utf-8")
    words = [o.format(data=desk.data, etas=etas) for o in options]
    assert says in shell.wrong("simulate", desk.model, "--data", desk.data, *words)


def test_dates_clock_times_and_rows_left_out(desk: Desk, shell: Shell) -> None:
    rows = (
        "ID,DATE,TIME,AMT,DV,EVID,BLQ\n1,3-31-2024,20:00,100,.,1,0\n1,4-1-2024,02:30,.,2,0,0\n"
        "1,4-1-2024,08:00,.,9,0,1\n"
    )
    desk.write(
        rows, "CL=3*EXP(ETA(1))\nV=20\nS1=V", columns="ID DATE=DROP TIME AMT DV EVID BLQ=DROP"
    )
    mod = desk.folder / "m.mod"
    text = mod.read_text(encoding="utf-8").replace("IGNORE=@", "IGNORE=@ IGNORE=(BLQ.EQ.1)")
    mod.write_text(text, encoding="utf-8")
    assert shell("import", mod, "--out", desk.model)[0] == 0
    code, out, err = shell("simulate", desk.model, "--data", desk.data)
    assert code == 0
    assert "1 row(s) are left out" in err
    assert "clock times: hours from the first row of each subject" in err
    found = list(csv.DictReader(io.StringIO(out)))
    assert [float(r["time"]) for r in found] == [0.0, 6.5]
    assert float(found[1]["dv"]) == pytest.approx(5.0 * np.exp(-0.15 * 6.5))


# --- what is refused ----------------------------------------------------------------------

SIMPLE = "CL=3*EXP(ETA(1))\nV=20\nS1=V"
WITH_SS = {"columns": "ID TIME AMT RATE EVID DV SS II"}
SS = "ID,TIME,AMT,RATE,EVID,DV,SS,II\n"
CASES = {
    "ss-without-interval": (
        SS + "1,0,987,0,1,.,1,0\n1,2,.,.,0,8,0,0\n", SIMPLE, WITH_SS,
        "row 2: SS or ADDL needs an interval II above 0",
    ),
    "ss-with-modeled-duration-missing": (
        SS + "1,0,987,-2,1,.,1,12\n1,2,.,.,0,8,0,0\n", SIMPLE, WITH_SS,
        "row 2: RATE -2 asks for a modeled duration into CMT 1; m has none",
    ),
    "rate-minus-two-without-d": (
        "ID,TIME,AMT,RATE,EVID,DV\n1,0,987,-2,1,.\n1,2,.,.,0,8\n", SIMPLE, {},
        "row 2: RATE -2 asks for a modeled duration",
    ),
    "rate-minus-one-without-r": (
        "ID,TIME,AMT,RATE,EVID,DV\n1,0,987,-1,1,.\n1,2,.,.,0,8\n", SIMPLE, {},
        "row 2: RATE -1 asks for a modeled rate",
    ),
    "unknown-compartment": (
        "ID,TIME,AMT,CMT,EVID,DV\n1,0,987,7,1,.\n1,2,.,1,0,8\n", SIMPLE,
        {"columns": "ID TIME AMT CMT EVID DV"}, "row 2: CMT 7 does not exist; m has 1 (central)",
    ),
    "covariate-missing": (
        ROWS.replace("9,.,.,0,4,90", "9,.,.,0,4,."), PK, PARTS, "row 4: column WT is empty",
    ),
    "covariate-that-no-case-sets": (
        ROWS.replace(",70\n", ",0\n"), "IF(WT.GT.0) CL=3*EXP(ETA(1))\nV=20*EXP(ETA(2))\nS1=V",
        PARTS, "row 2: CL of m is no number for this subject",
    ),
    "equations-that-blow-up": (
        "ID,TIME,AMT,RATE,EVID,DV\n1,0,987,0,1,.\n1,2,.,.,0,8\n", "G=EXP(ETA(1))",
        {"advan": "ADVAN13", "model": "COMP=(CENTRAL)", "des": "DADT(1)=G*A(1)**2",
         "error": "Y=A(1)+EPS(1)"}, "check doses, covariates and units",
    ),
    "duration-that-is-none": (
        "ID,TIME,AMT,RATE,EVID,DV\n1,0,987,-2,1,.\n1,2,.,.,0,8\n", SIMPLE + "\nD1=0*THETA(1)", {},
        "check doses, covariates and units",
    ),
    "restart-of-a-model-with-a-start": (
        "ID,TIME,AMT,RATE,EVID,DV\n1,0,987,0,1,.\n1,2,.,.,0,8\n1,3,.,.,3,.\n",
        SIMPLE + "\nA_0(1)=5", {}, "starts from amounts of its own; write the subject as two",
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", ["fit", "simulate"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_refused_is_refused_in_one_sentence(
    shell: Shell, tmp_path: Path, case: str, command: str
) -> None:
    rows, pk, parts, says = CASES[case]
    desk = Desk(shell, tmp_path)
    desk.write(rows, pk, **parts)
    before = sorted(tmp_path.iterdir())
    if command == "fit":
        out, pred = tmp_path / "out.csv", tmp_path / "pred.csv"
        said = shell.wrong("fit", desk.model, desk.data, "--out", out, "--pred", pred)
    else:
        said = shell.wrong("simulate", desk.model, "--data", desk.data)
    assert says in said
    # Nothing is half written, and no dose or level of the patient is repeated.
    assert sorted(p for p in tmp_path.iterdir() if p.name != "__pycache__") == before
    assert "987" not in said


def test_a_patient_that_cannot_be_computed_leaves_the_others(shell: Shell, tmp_path: Path) -> None:
    desk = Desk(shell, tmp_path)
    desk.write("ID,TIME,AMT,RATE,EVID,DV\n1,0,100,0,1,.\n1,5,.,.,0,8\n",
               "CL=3\nV=20\nS1=V\nALAG1=THETA(1)+ETA(1)", omega="1")  # fmt: skip
    code, out, err = shell("simulate", desk.model, "--data", desk.data, "--population", "40")
    assert code == 0
    assert "LAG_central is negative or no number there" in err
    levels = [r["dv"] for r in csv.DictReader(io.StringIO(out)) if r["time"] == "5"]
    assert 0 < sum(level == "" for level in levels) < 20
    code, _, err = shell("fit", desk.model, desk.data)
    assert code == 0, err


def test_records_have_a_rule_of_their_own(shell: Shell) -> None:
    from command_shell import ADULT

    said = shell.wrong("fit", "sirolimus_wu2012", ADULT, "--carry", "forward")
    assert "--carry goes with a data set" in said


def test_simulate_says_what_to_do_with_a_record(shell: Shell) -> None:
    from command_shell import ADULT

    said = shell.wrong("simulate", "sirolimus_wu2012", "--data", ADULT)
    assert "is a record, and --data takes a data set" in said
    assert "--dose" in said


def test_subjects_left_out_by_ignore_are_said_by_every_command(desk: Desk, shell: Shell) -> None:
    """IGNORE=@ of the stream leaves out subject A1, and with him all where he is alone."""
    desk.data.write_text(ROWS.replace("\n1,", "\nA1,"), encoding="utf-8")
    for command in (("fit", desk.model, desk.data), ("replay", desk.model, desk.data),
                    ("simulate", desk.model, "--data", desk.data)):  # fmt: skip
        code, _, err = shell(*command)
        assert code == 0, err
        assert "3 row(s) are left out: they begin with a letter or @" in err
    desk.data.write_text(ROWS.split("2,0,50")[0].replace("\n1,", "\nA1,"), encoding="utf-8")
    said = shell.wrong("simulate", desk.model, "--data", desk.data)
    assert "no row is left to read: 3 row(s) are left out" in said


def test_a_held_eta_keeps_its_column(desk: Desk, shell: Shell) -> None:
    etas, pred = desk.folder / "etas.csv", desk.folder / "pred.csv"
    desk.table("fit", desk.model, desk.data, "--fix", "ETA1", "--out", etas, "--pred", pred)
    rows = list(csv.DictReader(io.StringIO(etas.read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["ID", "ETA1", "ETA2", "OFV", "JOINT"]
    assert [float(r["ETA1"]) for r in rows] == [0.0, 0.0]
    assert all(float(r["ETA2"]) != 0.0 for r in rows)
    own = desk.table("simulate", desk.model, "--data", desk.data, "--etas", etas)
    predicted = csv.DictReader(io.StringIO(pred.read_text(encoding="utf-8")))
    assert [float(r["dv"]) for r in own] == pytest.approx(
        [float(r["IPRED"]) for r in predicted], rel=1e-7
    )
    found = shell.json("fit", desk.model, desk.data, "--fix", "ETA1", "--json")
    assert found["etas"] == ["ETA1", "ETA2"]
    assert found["fixed"] == ["ETA1"]
    assert found["subjects"][0]["ETA1"] == 0.0
    drawn = desk.table("fit", desk.model, desk.data, "--fix", "ETA1", "--method", "posterior",
                       "--draws", "200")  # fmt: skip
    assert (float(drawn[0]["ETA1_MEAN"]), float(drawn[0]["ETA1_SD"])) == (0.0, 0.0)
    assert float(drawn[0]["ETA2_SD"]) > 0.0


def test_occasions_are_held_by_the_names_that_are_printed(shell: Shell, tmp_path: Path) -> None:
    model, data = tmp_path / "m.py", tmp_path / "d.csv"
    model.write_text("from occasion_models import two_days\n\nMODEL = two_days()\n", "utf-8")
    data.write_text("ID,TIME,AMT,DV\n1,0,100,.\n1,6,.,900\n1,24,100,.\n1,30,.,1500\n", "utf-8")
    whole = shell.json("fit", model, data, "--json")
    assert whole["etas"][:4] == ["CL", "V", "CL, occasion 1", "CL, occasion 2"]
    held = shell.json("fit", model, data, "--fix", "CL", "--json")
    assert held["etas"] == whole["etas"]
    (row,) = held["subjects"]
    assert row["ETA1"] == 0.0
    assert abs(row["ETA3"]) > 1e-3
    assert abs(row["ETA4"]) > 1e-3
    (row,) = shell.json("fit", model, data, "--fix", "CL, occasion 1", "--json")["subjects"]
    assert row["ETA3"] == 0.0
    assert abs(row["ETA1"]) > 1e-3


def test_a_data_set_too_many_times_over_is_refused(desk: Desk, shell: Shell) -> None:
    said = shell.wrong("simulate", desk.model, "--data", desk.data, "--population", "1000000000000")
    assert "6 rows x 1000000000000 times over are more than 5000000 rows" in said
    said = shell.wrong(
        "simulate", desk.model, "--data", desk.data, "--population", "9999999", "--times", "1,2"
    )
    assert "2 subjects x 2 times x 9999999 times over are more than" in said
    rows = "ID,TIME,AMT,II,ADDL,DV\n1,0,100,24,1000000000000,.\n1,4,.,0,0,3\n"
    desk.data.write_text(rows, encoding="utf-8")
    said = shell.wrong("simulate", "sirolimus_wu2012", "--data", desk.data)
    assert "row 2: ADDL is above 10000, the most of one row; check it" in said


def test_more_draws_than_memory_holds_are_refused(desk: Desk, shell: Shell) -> None:
    fit = ("fit", desk.model, desk.data, "--method", "posterior", "--draws")
    said = shell.wrong(*fit, "1000000000000")
    assert said == (
        "--draws: 1000000000000 is above 100000, the most of one posterior; lower --draws: that "
        "many give a mean to 0.003 of an SD"
    )


def test_a_subject_without_an_answer_leaves_the_others(desk: Desk, shell: Shell) -> None:
    alone = desk.table("fit", desk.model, desk.data)
    negative = ROWS.replace("2,0,50,0,1,.,60\n2,4,.,.,0,3,60", "2,0,50,0,1,.,1e300\n2,4,.,.,0,3,-1")
    desk.data.write_text(negative, encoding="utf-8")
    pred = desk.folder / "pred.csv"
    code, out, err = shell("fit", desk.model, desk.data, "--pred", pred)
    assert code == 2
    assert "subject 2" in err
    assert "1 of 2 subjects without an estimate" in err
    assert "Warning" not in err
    first, second = csv.DictReader(io.StringIO(out))
    for name, cell in alone[0].items():
        assert float(first[name]) == pytest.approx(float(cell), abs=1e-4)
    assert list(second.values()) == ["2", "", "", "", ""]
    cells = list(csv.DictReader(io.StringIO(pred.read_text(encoding="utf-8"))))
    assert [bool(r["IPRED"]) for r in cells] == [True] * 3 + [False] * 3
    saved = desk.folder / "etas.csv"
    code, out, _ = shell("fit", desk.model, desk.data, "--json", "--out", saved)
    assert code == 2
    found = json.loads(out)
    assert found["subjects"][0]["ETA1"] == pytest.approx(float(alone[0]["ETA1"]), abs=1e-4)
    assert found["subjects"][1]["ETA1"] is None
    assert "subject 2" in found["refused"][0]
    assert "; check " in found["refused"][0]
    assert saved.read_text(encoding="utf-8").splitlines()[2] == "2,,,,"


def test_nothing_is_written_where_the_page_is_refused(desk: Desk, shell: Shell) -> None:
    desk.data.write_text("ID,TIME,AMT,RATE,EVID,DV,WT\n1,0,100,0,1,.,70\n", encoding="utf-8")
    pred, page = desk.folder / "pred.csv", desk.folder / "page.html"
    said = shell.wrong("fit", desk.model, desk.data, "--page", page, "--pred", pred)
    assert "no subject has a measured level" in said
    assert not pred.exists()
    assert not page.exists()


def test_cautions_of_a_posterior_are_printed(
    desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fitting.draw

    def poor(model: Model, subject: Subject, **options: Any) -> Posterior:
        found = real(model, subject, **options)
        words = ("only 44 effective draws",) if subject.id == "2" else ()
        return dataclasses.replace(found, cautions=words)

    monkeypatch.setattr(fitting, "draw", poor)
    command = ("fit", desk.model, desk.data, "--method", "posterior", "--draws", "200")
    code, _, err = shell(*command)
    assert code == 0
    assert "subject 2: only 44 effective draws" in err.splitlines()
    assert shell.json(*command, "--json")["cautions"] == ["subject 2: only 44 effective draws"]


def test_parameters_that_are_no_numbers_are_a_sentence(shell: Shell, tmp_path: Path) -> None:
    model, data = tmp_path / "m.py", tmp_path / "d.csv"
    model.write_text(
        "import numpy as np\n"
        "from equipoise.model import Covariate\n"
        "from occasion_models import two_days\n\n\n"
        "def parameters(theta, covariate, eta):\n"
        "    size = (covariate['bulk'] / 70.0) ** 0.75\n"
        "    return {'CL': theta['CL'] * size * np.exp(eta['CL']),\n"
        "            'V1': theta['V'] * np.exp(900.0 * eta['V'])}\n\n\n"
        "MODEL = two_days(parameters=parameters, occasions=None,\n"
        "                 covariates={'bulk': Covariate('kg', 70.0)})\n",
        encoding="utf-8",
    )
    data.write_text(
        "ID,TIME,AMT,BULK,DV\n1,0,100,-70,.\n1,2,.,-70,900\n2,0,100,70,.\n2,2,.,70,900\n", "utf-8"
    )
    code, out, err = shell("fit", model, data)
    assert code == 2
    assert "subject 1: CL is no number there" in err
    assert "Warning" not in err
    assert out.splitlines()[1] == "1,,,,"
