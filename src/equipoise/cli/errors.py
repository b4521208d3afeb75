"""Which errors mean wrong input (exit 2), and which a missing extra (exit 3)."""

from __future__ import annotations

from equipoise.datafile import DatasetError
from equipoise.files import InputError
from equipoise.modelfile import ModelFileError
from equipoise.names import UnknownName
from equipoise.offer import OfferError
from equipoise.plan import GateError
from equipoise.readout import ModelUseError
from equipoise.regimen import DoseLineError
from equipoise.report import MissingExtra
from equipoise.turnaround import TurnaroundError
from equipoise.units import UnitError


class WrongInput(ValueError):  # noqa: N818 - reads as what it is
    """The input is wrong: one sentence with the field, what is wrong and the remedy."""


INPUT_ERRORS = (
    WrongInput, InputError, UnitError, UnknownName, DoseLineError, DatasetError, GateError,
    ModelFileError, OfferError, TurnaroundError, ModelUseError,
)  # fmt: skip


def is_input_error(error: Exception) -> bool:
    """Whether the sentence of this error is for the user (exit 2)."""
    return isinstance(error, INPUT_ERRORS)


def is_missing_extra(error: Exception) -> bool:
    """Whether an optional part is not installed (exit 3)."""
    return isinstance(error, MissingExtra)
