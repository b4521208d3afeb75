"""Models by name: a shelf id, or a path to a Python file that defines `MODEL`."""

from __future__ import annotations

import importlib.util
import sys
import tokenize
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from equipoise.model import Check, Model
from equipoise.sitefile import hint


class ModelFileError(ValueError):
    """A model that cannot be had by that name: one sentence with the remedy."""


def load(name: str, shelf: Mapping[str, Model]) -> Model:
    """The model of a shelf id, or of a Python file defining `MODEL = Model(...)`.

    A model file is a program and is run: load only files you would run.
    Fails  ModelFileError where there is none, or the file does not define one.
    """
    if name in shelf:
        return shelf[name]
    path = Path(name)
    if path.suffix != ".py":
        remedy = hint(name, shelf, f"the shelf has {', '.join(shelf)}", cutoff=0.4)
        raise ModelFileError(f"model {name}: not on the shelf and not a .py file; {remedy}")
    if path.is_dir():
        raise ModelFileError(f"model file {name} is a folder; name a file in it")
    if not path.is_file():
        raise ModelFileError(f"model file {name} does not exist; check the path")
    try:
        with tokenize.open(path) as text:
            text.read()
    except OSError as error:
        raise ModelFileError(f"model file {name} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, SyntaxError):
        # The latter where it declares another coding than it has.
        raise ModelFileError(f"model file {name} is not text: save it as UTF-8") from None
    spec = importlib.util.spec_from_file_location(f"equipoise_model_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass in the file looks its own module up by name.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelFileError(
            f"model file {name} fails when it is run: {type(error).__name__}: {error}"
        ) from error
    model = getattr(module, "MODEL", None)
    if not isinstance(model, Model):
        raise ModelFileError(f"model file {name} does not define MODEL = Model(...)")
    return model


def unreproduced(model: Model) -> str:
    """Why a model of one's own gives no options yet although its standing may, or "".

    The models of the shelf are held to their published numbers by the tests; a file is held to its
    own where somebody asks it for a dose.
    Fails  ModelFileError where a check cannot be computed.
    """
    if not model.standing.may_feed_options:
        return ""
    if not model.checks:
        return (
            f"the model {model.id} calls itself {model.standing.word} and reproduces no published "
            "number: write one under checks, or ask with --research, marked NOT FOR DOSING"
        )
    for check in model.checks:
        ours = computed(model, check)
        if not abs(ours - check.expected) <= check.tolerance * abs(check.expected):
            return (
                f"the model {model.id} does not reproduce its own check, {check.what}: "
                f"{ours:.3g} {check.unit} where {check.expected:.3g} is printed; look at its "
                "table again, or ask with --research, marked NOT FOR DOSING"
            )
    return ""


def computed(model: Model, check: Check) -> float:
    """Our number of a check.

    Fails  ModelFileError where what the file wrote for it fails, or gives no number.
    """
    begin = f"the check of {model.id}, {check.what},"
    end = "mend its compute in the model file"
    try:
        ours = check.compute(model)
    except Exception as error:
        raise ModelFileError(
            f"{begin} fails when it is run: {type(error).__name__}: {error}; {end}"
        ) from error
    try:
        return float(np.asarray(ours).item())
    except (TypeError, ValueError):
        raise ModelFileError(f"{begin} gives no number but {type(ours).__name__}; {end}") from None
