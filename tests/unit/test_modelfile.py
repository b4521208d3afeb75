"""Models by name: the shelf, a Python file, and what is wrong with either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise import models
from equipoise.model import PlainDose, typical
from equipoise.modelfile import ModelFileError, computed, load, unreproduced

SHELF = {m.id: m for m in models.ALL}


def test_a_shelf_id_is_the_shelf_model() -> None:
    for id_, model in SHELF.items():
        assert load(id_, SHELF) is model


def test_a_file_is_a_model_like_any_other(examples: Path) -> None:
    model = load(str(examples / "models" / "one_compartment_iv.py"), SHELF)
    found = typical(model, [PlainDose(0.0, 100.0, "iv")], [5.0]).values["concentration"][0, 0, 0]
    assert found == pytest.approx(1000 * 100 / 97.7 * np.exp(-7.67 / 97.7 * 5.0))


def test_a_file_may_hold_dataclasses(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass, replace\n"
        "from equipoise.models.sirolimus_wu2012 import MODEL as WU\n"
        "@dataclass(slots=True)\nclass Part:\n    number: float = 1.0\n"
        "MODEL = replace(WU, id='own')\n",
        encoding="utf-8",
    )
    assert load(str(path), SHELF).id == "own"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("MODEL = 3\n", "does not define MODEL"),
        ("", "does not define MODEL"),
        ("1 / 0\n", "fails when it is run: ZeroDivisionError"),
        ("def f(:\n", "fails when it is run: SyntaxError"),
    ],
)
def test_files_that_hold_no_model(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError, match=says):
        load(str(path), SHELF)


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(ModelFileError, match="did you mean sirolimus_wu2012"):
        load("sirolimus_wu2021", SHELF)
    with pytest.raises(ModelFileError, match="the shelf has sirolimus_cheng2020"):
        load("zzz", SHELF)
    with pytest.raises(ModelFileError, match="does not exist; check the path"):
        load("no/such/file.py", SHELF)


@pytest.mark.parametrize(
    ("compute", "said"),
    [
        (lambda model: 1.0 / 0.0, "fails when it is run: ZeroDivisionError"),
        (lambda model: None, "gives no number but NoneType"),
        (lambda model: np.array([1.0, 2.0]), "gives no number but ndarray"),
    ],
)
def test_a_check_that_cannot_be_computed_is_the_fault_of_its_file(compute, said) -> None:
    model = next(m for m in models.ALL if m.id == "sirolimus_wu2012")
    check = replace(model.checks[0], compute=compute)
    for ask in (lambda m: computed(m, check), unreproduced):
        with pytest.raises(ModelFileError, match=said):
            ask(replace(model, checks=(check,)))


def test_a_check_may_give_any_kind_of_number() -> None:
    model = next(m for m in models.ALL if m.id == "sirolimus_wu2012")
    for number in (np.float64(2.0), np.array(2.0), np.array([2.0]), 2):
        check = replace(model.checks[0], expected=2.0, compute=lambda m, n=number: n)
        assert unreproduced(replace(model, checks=(check,))) == ""
