"""What `plan` cannot weigh: said in words, never an empty table, a nan or a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_shell import ADULT, NOW, PLAN, Shell
from equipoise import examples

BUSULFAN = ("--at", "day-7T18:30", "--model", "busulfan_choe2012", "--target",
            "busulfan_adult_62_100")  # fmt: skip


@pytest.mark.parametrize("mixed", [(), ("--mixture",)])
def test_a_limit_is_asked_of_every_candidate(shell: Shell, mixed: tuple[str, ...]) -> None:
    """The second model knows steady-state troughs only: it has no area to hold against a limit."""
    models = ("--model", "sirolimus_wu2012", "--model", "sirolimus_mao2024")
    said = shell.wrong(
        "plan", ADULT, "--at", NOW, *models, *mixed, "--target", "sirolimus_itp_5_15",
        "--limit", "auc_interval < 300 ng.h/mL",
    )  # fmt: skip
    assert "sirolimus_mao2024 does not answer an AUC question" in said


OWN = """
from dataclasses import replace
from equipoise.models.sirolimus_wu2012 import MODEL as WU

(o,) = WU.observations
MODEL = replace(WU, id="own_sirolimus", observations=(replace(o, unit="mg/L", factor=1.0),))
"""


def test_a_model_in_another_unit_than_the_window(shell: Shell, tmp_path: Path) -> None:
    """mg/L held against a window in ng/mL would call every dose too low."""
    own = tmp_path / "own.py"
    own.write_text(OWN, encoding="utf-8")
    said = shell.wrong("plan", ADULT, "--at", NOW, "--model", own, "--target", "sirolimus_itp_5_15")
    assert "own_sirolimus says the steady-state trough in mg/L, sirolimus_itp_5_15 in ng/mL" in said


def test_a_dose_without_a_steady_state_is_left_out(shell: Shell, tmp_path: Path) -> None:
    """200 mg a day is more than this model absorbs: no draw has a steady state."""
    offer = tmp_path / "offer.toml"
    offer.write_text('amounts = ["2 mg", "200 mg"]\ninterval = "24 h"\n', encoding="utf-8")
    for more in ((), ("--limit", "auc_interval < 300 ng.h/mL")):
        found = shell.json(*PLAN, "--offer", offer, *more, "--json")
        assert [o["course"] for o in found["options"]] == [["2 mg every 24 h"]]
        assert any("200 mg every 24 h: not weighed" in c for c in found["cautions"])
    offer.write_text('amounts = ["200 mg"]\ninterval = "24 h"\n', encoding="utf-8")
    for more in ((), ("--limit", "auc_interval < 300 ng.h/mL")):
        code, out, _ = shell(*PLAN, "--offer", offer, *more)
        assert code == 0
        assert "no options are weighed: no course could be solved" in out


def test_no_options_where_units_look_confused(shell: Shell, tmp_path: Path) -> None:
    """Levels in mg/L charted as ng/mL: the reason stands where the options would."""
    content = json.loads(Path(examples.path("busulfan_adult")).read_text(encoding="utf-8"))
    for event in content["events"]:
        if event.get("name") == "busulfan":
            number, unit = event["value"].split()
            event["value"] = f"{float(number) / 1000.0:g} {unit}"
    file = tmp_path / "confused.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    for more in ((), ("--limit", "auc_post < 30 mg.h/L")):
        code, out, _ = shell("plan", file, *BUSULFAN, *more)
        assert code == 0
        assert "no options are weighed: the levels are about" in out
        assert "90 % band" not in out
        found = shell.json("plan", file, *BUSULFAN, *more, "--json")
        assert found["options"] == []
        assert "check the unit" in found["refused"]
    assert shell.json(*PLAN, "--json")["refused"] == ""


def test_the_label_stands_before_any_dose(shell: Shell) -> None:
    """The bundled adult is on posaconazole, which the label forbids beside sirolimus."""
    code, out, _ = shell(*PLAN)
    assert code == 0
    assert out.startswith("label: posaconazole with sirolimus: contraindicated (Noxafil")
    found = shell.json(*PLAN, "--json")
    assert len(found["labels"]) == 1
    assert any("no offer was given" in c for c in found["cautions"])


def test_a_long_list_is_cut_in_print_only(shell: Shell, tmp_path: Path) -> None:
    """Five amounts on three days are 125 courses, many of them one another's permutations."""
    offer = tmp_path / "offer.toml"
    amounts = [f"{a} mg" for a in (120, 130, 140, 150, 200)]
    offer.write_text(f'route = "iv"\namounts = {json.dumps(amounts)}\n', encoding="utf-8")
    asked = ("plan", examples.path("busulfan_adult"), *BUSULFAN, "--offer", offer)
    assert len(shell.json(*asked, "--json")["options"]) == 125
    code, out, _ = shell(*asked)
    assert code == 0
    assert "100 more courses" in out
    assert sum(" mg + " in line for line in out.splitlines() if "best, by" not in line) == 25


def _mycophenolate(place: Path, hours: int) -> Path:
    dose = {"type": "dose", "agent": "mycophenolate", "amount": "1 g", "route": "iv",
            "duration": "2 h"}  # fmt: skip
    header = {"equipoise": 1, "id": "m1", "day0": "2025-03-10T10:00:00+01:00", "sex": "male",
              "born": "1970-01-01", "indication": "gvhd_prophylaxis",
              "platform": "adult_unrelated", "covariates": {"conditioning": "reduced"}}  # fmt: skip
    weight = {"type": "measurement", "at": -24, "known": -24, "name": "weight", "value": "80 kg"}
    events = [weight, *({**dose, "at": at} for at in range(0, 96, hours))]
    place.write_text(json.dumps({**header, "events": events}), encoding="utf-8")
    return place


def test_a_window_of_twelve_hours_is_not_held_against_an_area_of_eight(
    shell: Shell, tmp_path: Path
) -> None:
    """300 ng.h/mL over 12 h is 200 over 8 h: every course would look too low."""
    asked = ("--at", "90", "--model", "mycophenolate_frymoyer2013", "--target",
             "mycophenolate_unbound_interval_300")  # fmt: skip
    thrice, twice = (_mycophenolate(tmp_path / f"{h}.json", h) for h in (8, 12))
    assert shell.json("plan", twice, *asked, "--json")["options"]
    found = shell.json("plan", thrice, *asked, "--json")
    assert not found["options"]
    assert "is of doses every 12 h" in found["refused"]
    assert "every 8 h" in found["refused"]
    out = shell("plan", thrice, *asked)[1]
    assert "no options are weighed: mycophenolate_unbound_interval_300 is of doses every" in out
    offer = tmp_path / "offer.toml"
    offer.write_text('amounts = ["1 g", "1.5 g"]\ninterval = "12 h"\n', encoding="utf-8")
    assert len(shell.json("plan", thrice, *asked, "--offer", offer, "--json")["options"]) == 2
    offer.write_text('amounts = ["1 g"]\ninterval = "8 h"\n', encoding="utf-8")
    assert "every 12 h" in shell.json("plan", twice, *asked, "--offer", offer, "--json")["refused"]
