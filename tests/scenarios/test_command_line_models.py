"""`simulate`, `fit` and `plan` from outside: the contract's shapes, and what they refuse."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from command_shell import ADULT, ATG, CHILD, DATA, NOW, PLAN, Shell


@pytest.fixture
def data(tmp_path: Path) -> Path:
    file = tmp_path / "data.csv"
    file.write_text(DATA, encoding="utf-8")
    return file


# --- simulate -----------------------------------------------------------------------------

MODELS = Path(__file__).resolve().parents[2] / "examples" / "models"

SIMULATE = ("simulate", "sirolimus_cheng2020", "--dose", "1.75 mg oral every 24 h x 60",
            "--times", "959.5,1415.5", "--covariate", "weight=28.5")  # fmt: skip


def test_simulate_prints_the_shape_of_the_contract(shell: Shell) -> None:
    found = shell.json(*SIMULATE, "--json")
    assert set(found) >= {"model", "seed", "units", "rows", "cautions"}
    assert found["model"] == "sirolimus_cheng2020"
    assert found["units"] == {"sirolimus": "ng/mL"}
    assert [set(row) for row in found["rows"]] == [{"time", "sirolimus"}] * 2
    # The trough of 1.75 mg daily at 28.5 kg and a bilirubin of 11.29 umol/L, Cheng 2020.
    assert found["rows"][1]["sirolimus"] == pytest.approx(8.41, rel=0.002)
    assert found["covariates"] == {"weight": "28.5 kg"}
    assert any("bilirubin not given" in c for c in found["cautions"])


def test_a_covariate_may_carry_its_own_unit(shell: Shell) -> None:
    one = shell.json(*SIMULATE, "--covariate", "bilirubin=11.29 umol/L", "--json")
    two = shell.json(*SIMULATE, "--json")
    assert one["rows"][0]["sirolimus"] == pytest.approx(two["rows"][0]["sirolimus"], rel=1e-6)
    # A bare number is in the vocabulary's unit, mg/dL, and echoed with it.
    bare = shell.json(*SIMULATE, "--covariate", "bilirubin=0.66", "--json")
    assert bare["covariates"]["bilirubin"] == "0.66 mg/dL"
    assert bare["rows"][0]["sirolimus"] == pytest.approx(two["rows"][0]["sirolimus"], rel=2e-3)


def test_omit_variability_is_the_default_said_aloud(shell: Shell) -> None:
    assert shell(*SIMULATE) [1] == shell(*SIMULATE, "--omit-variability")[1]  # fmt: skip


def test_simulate_writes_csv_with_areas(shell: Shell) -> None:
    code, out, _ = shell(*SIMULATE, "--auc", "936:960")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["time", "sirolimus", "auc"]
    assert rows[-1]["time"] == "936:960"
    document = shell.json(*SIMULATE, "--auc", "936:960", "--json")
    assert float(rows[-1]["auc"]) == pytest.approx(document["auc"][0]["sirolimus"])
    # A day at steady state near 8 ng/mL: between 8 x 24 and twice that.
    assert 190.0 < document["auc"][0]["sirolimus"] < 400.0


def test_a_population_has_ids_and_residual_error(shell: Shell) -> None:
    found = shell.json(*SIMULATE, "--population", 3, "--seed", 9, "--json")
    assert found["seed"] == 9
    assert [row["id"] for row in found["rows"]] == [1, 1, 2, 2, 3, 3]
    assert len({row["sirolimus"] for row in found["rows"]}) == 6
    code, out, err = shell(*SIMULATE, "--population", 3, "--seed", 9)
    assert code == 0
    assert out.splitlines()[0] == "id,time,sirolimus"
    assert "seed: 9" in err


def test_doses_by_table_and_by_line_agree(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "doses.csv"
    table.write_text("TIME,AMT,II,ADDL\n0,1.75,24,59\n", encoding="utf-8")
    by_table = shell.json(
        "simulate", "sirolimus_cheng2020", "--doses", table, "--times", "959.5,1415.5",
        "--covariate", "weight=28.5", "--json",
    )  # fmt: skip
    assert by_table["rows"] == shell.json(*SIMULATE, "--json")["rows"]


def test_a_dose_per_kg_takes_the_weight_that_the_model_itself_does_not_read(shell: Shell) -> None:
    common = ("simulate", "atg_thymoglobulin_linear", "--times", "6,24", "--json")
    per_kg = shell.json(*common, "--dose", "2.5 mg/kg iv over 6 h", "--covariate", "weight=60")
    plain = shell.json(*common, "--dose", "150 mg iv over 6 h")
    assert per_kg["rows"] == plain["rows"]
    assert per_kg["covariates"] == {"weight": "60 kg"}
    sentence = shell.wrong(*common, "--dose", "2.5 mg/kg iv over 6 h")
    assert "--covariate weight=" in sentence


def test_provisional_models_are_marked(shell: Shell) -> None:
    found = shell.json("simulate", "atg_thymoglobulin_linear", "--dose", "150 mg iv over 6 h",
                       "--times", "6", "--json")  # fmt: skip
    assert "NOT FOR DOSING" in found["cautions"][0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dose", "2 mg oral", "--times", "12:1:1"], "times"),
        (["--dose", "2 mg oral every day", "--times", "12"], "not understood"),
        (["--dose", "2 mg iv", "--times", "12"], "no iv route"),
        (["--dose", "2 ng/mL oral", "--times", "12"], "ng/mL"),
        (["--dose", "2 mg oral", "--times", "12", "--covariate", "wieght=3"], "weight"),
        (["--dose", "2 mg oral", "--times", "12", "--covariate", "weight=-3"], "above zero"),
        (["--dose", "2 mg oral", "--times", "12", "--covariate", "weight"], "NAME=VALUE"),
        (["--dose", "2 mg oral", "--times", "12", "--auc", "5"], "FROM:TO"),
        (["--dose", "2 mg oral", "--times", "12", "--auc", "24:0"], "must end after"),
        (["--times", "12"], "--dose"),
        (["--dose", "2 mg oral"], "--times"),
        (["--doses", "nowhere.csv", "--times", "12"], "cannot be read"),
        (["--dose", "2 mg oral", "--times", "12", "--population", "0"], "population"),
        (
            ["--dose", "2 mg oral every 24 h x 1000000000", "--times", "12"],
            "x 1000000000 is above 10000, the most doses of one line; check it, write the rest",
        ),
        (["--dose", "2 mg oral", "--times", "0:1e12:0.001"], "more than a million times; take a"),
        (
            ["--dose", "2 mg oral", "--times", "0:24:1", "--population", "1000000000000"],
            "--population and --times: 1000000000000 patients x 25 times are more than 5000000",
        ),
        (["--dose", "2 mg oral", "--times", "12", "--population", "1e12"], "--population"),
    ],
)
def test_simulate_refuses_in_one_sentence(shell: Shell, arguments: list[str], said: str) -> None:
    assert said in shell.wrong("simulate", "sirolimus_cheng2020", *arguments)


def test_a_dose_in_another_kind_of_unit_names_the_one_that_the_model_takes(shell: Shell) -> None:
    cells = str(MODELS / "naive_cd4_ribeiro2008.py")
    for model, written, unit in (
        (cells, "1 mg", "cells"),
        ("sirolimus_cheng2020", "5 cells", "mg"),
    ):
        said = shell.wrong("simulate", model, "--dose", written, "--times", "0:24:12")
        assert said == (
            f"--dose '{written}': {Path(model).stem} takes doses in {unit}; write the amount so, "
            f"as in '1 {unit}'"
        )
    assert shell.json("simulate", cells, "--dose", "1 cells", "--times", "0:24:12", "--json")


def test_simulate_refuses_a_crowd_of_infusions(shell: Shell) -> None:
    said = shell.wrong("simulate", "atg_thymoglobulin_linear", "--dose",
                       "1 mg iv over 1000000 h every 1 h x 10000", "--times", "12")  # fmt: skip
    assert "more than 1000 of its infusions run at one time; check 'over' and 'every'" in said


# --- fit ----------------------------------------------------------------------------------


def test_fit_prints_the_columns_of_the_contract(shell: Shell, data: Path) -> None:
    code, out, _ = shell("fit", "sirolimus_cheng2020", data)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["ID", "ETA1", "ETA2", "OFV", "JOINT"]
    assert [row["ID"] for row in rows] == ["1", "2"]
    document = shell.json("fit", "sirolimus_cheng2020", data, "--json")
    assert document["method"] == "map"
    assert [s["ID"] for s in document["subjects"]] == ["1", "2"]
    for row, subject in zip(rows, document["subjects"], strict=True):
        assert float(row["ETA1"]) == pytest.approx(subject["ETA1"])
        assert float(row["OFV"]) == pytest.approx(subject["OFV"])


def test_fit_writes_to_a_file_beside_its_document(shell: Shell, data: Path, tmp_path: Path) -> None:
    target, predictions = tmp_path / "deep" / "etas.csv", tmp_path / "pred.csv"
    _, printed, _ = shell("fit", "sirolimus_cheng2020", data)
    code, out, _ = shell("fit", "sirolimus_cheng2020", data, "--out", target, "--pred", predictions)
    assert (code, out) == (0, "")
    assert target.read_text(encoding="utf-8") == printed
    rows = list(csv.DictReader(io.StringIO(predictions.read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["ID", "TIME", "PRED", "IPRED"]
    assert len(rows) == len(DATA.splitlines()) - 1
    target.unlink()
    shell.json("fit", "sirolimus_cheng2020", data, "--out", target, "--json")
    assert target.read_text(encoding="utf-8") == printed


def test_fit_reads_a_record_and_gives_posterior_means(shell: Shell) -> None:
    arguments = ("fit", "sirolimus_wu2012", ADULT, "--at", NOW, "--method", "posterior", "--draws",
                 "200")  # fmt: skip
    code, out, err = shell(*arguments, "--seed", 3)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [r["ID"] for r in rows] == ["bundled-sirolimus-adult"]
    assert list(rows[0])[:3] == ["ID", "ETA1_MEAN", "ETA1_SD"]
    assert float(rows[0]["ETA1_SD"]) > 0.0
    assert "seed: 3" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows"),
        ("ID,TIME\n1,0\n", "DV"),
        ("ID,TIME,EVID,AMT,DV\n1,0,1,2,.\n1,12,0,.,abc\n", "row 3"),
    ],
)
def test_fit_refuses_data_that_it_cannot_read(
    shell: Shell, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text, encoding="utf-8")
    assert said in shell.wrong("fit", "sirolimus_cheng2020", file)


def test_fit_needs_a_dose_in_the_record(shell: Shell) -> None:
    assert "holds no given dose" in shell.wrong("fit", "sirolimus_cheng2020", CHILD, "--at", "-14")


# --- plan ---------------------------------------------------------------------------------


def test_plan_prints_options_none_reaches_and_the_next_sample(shell: Shell) -> None:
    found = shell.json(*PLAN, "--json", "--seed", 2)
    assert found["seed"] == 2
    assert found["plans"][0]["options"] == found["options"]
    assert found["none_reaches"] is False
    assert set(found["next_sample"]) >= {"at", "gain", "result_at"}
    within = [round(o["within"], 3) for o in found["options"]]
    assert within == sorted(within, reverse=True)
    for option in found["options"]:
        assert set(option) >= {"course", "exposure", "within", "below", "above", "measured_within"}
        assert option["within"] + option["below"] + option["above"] == pytest.approx(1.0)
        assert option["exposure"] == sorted(option["exposure"])
    assert found["unit"] == "ng/mL"


def test_plan_weighs_an_offer(shell: Shell, tmp_path: Path) -> None:
    offer = tmp_path / "tablets.toml"
    offer.write_text(
        'route = "oral"\namounts = ["1 mg", "2 mg", "8 mg"]\ninterval = "24 h"\n', encoding="utf-8"
    )
    found = shell.json(*PLAN, "--offer", offer, "--json")
    assert len(found["options"]) == 3
    assert found["options"][-1]["above"] > 0.9
    code, out, _ = shell(*PLAN, "--offer", offer)
    assert code == 0
    assert "within" in out
    assert "seed 1" in out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("amounts = [", "is not TOML"),
        ('amouts = ["1 mg"]', "did you mean amounts"),
        ('amounts = ["-1 mg"]\ninterval = "24 h"', "plain number"),
        ('amounts = ["1 furlong"]\ninterval = "24 h"', "furlong"),
        ('interval = "24 h"', "amounts"),
        ('amounts = ["1 mg"]\ninterval = "soon"', "interval"),
    ],
)
def test_plan_refuses_an_offer_that_it_cannot_read(
    shell: Shell, tmp_path: Path, content: str, said: str
) -> None:
    offer = tmp_path / "offer.toml"
    offer.write_text(content, encoding="utf-8")
    assert said in shell.wrong(*PLAN, "--offer", offer)


def test_provisional_things_plan_only_in_research(shell: Shell) -> None:
    arguments = ("plan", ATG, "--model", "atg_thymoglobulin_linear", "--at", "day-2T18:00",
                 "--target", "thymoglobulin_adult_unrelated_post_60_90")  # fmt: skip
    assert "provisional" in shell.wrong(*arguments)
    found = shell.json(*arguments, "--research", "--json")
    assert found["watermark"] == "NOT FOR DOSING"
    assert found["plans"][0]["watermark"] == "NOT FOR DOSING"
    code, out, _ = shell(*arguments, "--research")
    assert code == 0
    assert "NOT FOR DOSING" in out


def test_plan_refuses_targets_of_others(shell: Shell) -> None:
    base = ("plan", ADULT, "--at", NOW, "--model", "sirolimus_wu2012", "--target")
    other = shell.wrong(*base, "thymoglobulin_adult_unrelated_post_60_90")
    assert "is for thymoglobulin, not sirolimus" in other
    assert "does not serve this patient" in shell.wrong(*base, "sirolimus_child_cytopenia_5_15")
    trough = ("plan", CHILD, "--at", "-14", "--model", "sirolimus_cheng2020", "--target")
    assert shell(*trough, "sirolimus_child_cytopenia_5_15", "--json")[0] == 0
