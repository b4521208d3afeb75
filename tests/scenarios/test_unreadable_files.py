"""Each file that a command reads, unreadable: one sentence that names the file and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_shell import ADULT, ATG, DATA, STREAM, Shell

CHENG, WU = "sirolimus_cheng2020", "sirolimus_wu2012"
PLAN = ("plan", ADULT, "--at", "day+15T18:00", "--model", WU, "--target", "sirolimus_itp_5_15")

# what is read -> (its name, the command with it)
INPUTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "record of assess": ("bad.json", ("assess", "bad.json")),
    "table of assess": ("bad.csv", ("assess", "bad.csv")),
    "record of grade": ("bad.json", ("grade", "bad.json")),
    "cohort of grade": ("bad.csv", ("grade", "bad.csv")),
    "record of plan": ("bad.json", (*PLAN[:1], "bad.json", *PLAN[2:])),
    "record of policy": ("bad.json", ("policy", "bad.json", "good.toml")),
    "conventions of assess": ("bad.toml", ("assess", ADULT, "--conventions", "bad.toml")),
    "conventions of grade": ("bad.toml", ("grade", ADULT, "--conventions", "bad.toml")),
    "formulary of assess": ("bad.toml", ("assess", ADULT, "--formulary", "bad.toml")),
    "formulary of grade": ("bad.toml", ("grade", ADULT, "--formulary", "bad.toml")),
    "formulary of plan": ("bad.toml", (*PLAN, "--formulary", "bad.toml")),
    "formulary": ("bad.toml", ("formulary", "bad.toml")),
    "conventions to approve": (
        "bad.toml",
        ("formulary", "new.toml", "--approve", "bad.toml", "--site", "x", "--version", "1", "--by",
         "A", "--by", "B"),
    ),
    "offer": ("bad.toml", (*PLAN, "--offer", "bad.toml")),
    "strategy": ("bad.toml", ("policy", ATG, "bad.toml")),
    "data set of fit": ("bad.csv", ("fit", CHENG, "bad.csv")),
    "record of fit": ("bad.json", ("fit", WU, "bad.json")),
    "doses of simulate": ("bad.csv", ("simulate", CHENG, "--doses", "bad.csv", "--times", "1")),
    "data of simulate": ("bad.csv", ("simulate", CHENG, "--data", "bad.csv")),
    "etas of simulate": (
        "bad.csv",
        ("simulate", CHENG, "--dose", "1 mg oral", "--times", "1", "--covariate", "weight=20",
         "--etas", "bad.csv"),
    ),
    "model": ("bad.py", ("models", "show", "bad.py")),
    "data of replay": ("bad.csv", ("replay", CHENG, "bad.csv")),
    "record of replay": ("bad.json", ("replay", WU, "bad.json")),
    "turnaround of replay": ("bad.toml", ("replay", WU, ADULT, "--assume-turnaround", "bad.toml")),
    "courses of commission": ("bad.csv", ("commission", "bad.csv", "--model", CHENG)),
    "limits of commission": (
        "bad.toml", ("commission", "data.csv", "--model", CHENG, "--limits", "bad.toml")),
    "turnaround of commission": (
        "bad.toml", ("commission", ADULT, "--model", WU, "--assume-turnaround", "bad.toml")),
    "studies": ("bad.csv", ("evidence", "bad.csv")),
    "stream": ("bad.mod", ("import", "bad.mod")),
    "estimates": ("bad.ext", ("import", "run.mod", "--estimates", "bad.ext")),
}  # fmt: skip


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Shell:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text(DATA, encoding="utf-8")
    Path("run.mod").write_text(STREAM, encoding="utf-8")
    good = (Path(__file__).resolve().parents[2] / "examples" / "atg_fixed.toml").read_bytes()
    Path("good.toml").write_bytes(good)
    return Shell(capsys)


@pytest.mark.parametrize("what", list(INPUTS))
def test_a_file_that_is_not_utf8(what: str, shell: Shell) -> None:
    name, arguments = INPUTS[what]
    Path(name).write_bytes('note = "gepr\xfcft"\n'.encode("latin-1"))
    before = sorted(Path().rglob("*"))
    said = shell.wrong(*arguments)
    assert "UTF-8" in said
    assert "codec" not in said
    assert "0xfc" not in said
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("what", list(INPUTS))
def test_a_file_that_is_nested_too_deep_or_no_such_thing_at_all(what: str, shell: Shell) -> None:
    name, arguments = INPUTS[what]
    Path(name).write_text("a = " + "[" * 100_000 + "\n", encoding="utf-8")
    before = sorted(Path().rglob("*"))
    assert shell.wrong(*arguments)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("what", list(INPUTS))
def test_a_file_that_is_empty_is_no_fault_of_the_program(what: str, shell: Shell) -> None:
    name, arguments = INPUTS[what]
    Path(name).touch()
    code, _, err = shell(*arguments)
    assert code in (0, 1, 2)
    assert code == 0 or "equipoise: " in err


@pytest.mark.parametrize("name", ["bad.json", "bad.csv"])
def test_validate_reports_what_it_cannot_read(shell: Shell, name: str) -> None:
    for content in ('note = "gepr\xfcft"\n'.encode("latin-1"), b"a = " + b"[" * 100_000):
        Path(name).write_bytes(content)
        code, out, err = shell("validate", name)
        assert code == 2
        assert out.startswith("0 events read")
        assert err.startswith("equipoise: ")
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ("nasal", "route is one of iv, oral, sc, im, intrathecal"),
        ("ival", "route is one of iv, oral"),
    ],
)
def test_a_route_that_nobody_knows(shell: Shell, route: str, said: str) -> None:
    Path("bad.toml").write_text(
        'strategy = "fixed"\nagent = "thymoglobulin"\nsource = "made up"\ntimes = [-96]\n'
        f'route = "{route}"\n[fixed]\nper_kg = "1.5 mg/kg"\n',
        encoding="utf-8",
    )
    assert said in shell.wrong("policy", ATG, "bad.toml")
    Path("bad.toml").write_text(f'route = "{route}"\namounts = ["1 mg"]\n', encoding="utf-8")
    assert said in shell.wrong(*PLAN, "--offer", "bad.toml")


def test_a_route_that_the_strategys_model_does_not_have(shell: Shell) -> None:
    Path("bad.toml").write_text(
        'strategy = "a_priori"\nagent = "thymoglobulin"\nsource = "made up"\ntimes = [-96]\n'
        'route = "oral"\n[model]\nid = "atg_thymoglobulin_linear"\nper_kg = ["1 mg/kg"]\n'
        'targets = ["thymoglobulin_adult_unrelated_post_60_90"]\n',
        encoding="utf-8",
    )
    said = shell.wrong("policy", ATG, "bad.toml", "--research")
    assert "atg_thymoglobulin_linear has no oral route; it has iv" in said
