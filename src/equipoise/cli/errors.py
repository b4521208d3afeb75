"""Which errors mean wrong input (exit 2), and which a missing extra (exit 3)."""

from __future__ import annotations

import sys


class WrongInput(ValueError):  # noqa: N818 - reads as what it is
    """The input is wrong: one sentence with the field, what is wrong and the remedy."""


INPUT_ERRORS = (
    ("equipoise.files", "InputError"),
    ("equipoise.units", "UnitError"),
    ("equipoise.names", "UnknownName"),
    ("equipoise.regimen", "DoseLineError"),
    ("equipoise.datafile", "DatasetError"),
    ("equipoise.plan", "GateError"),
    ("equipoise.mixture", "MixtureError"),
    ("equipoise.modelfile", "ModelFileError"),
    ("equipoise.offer", "OfferError"),
    ("equipoise.policy", "PolicyError"),
    ("equipoise.strategy", "StrategyError"),
    ("equipoise.turnaround", "TurnaroundError"),
    ("equipoise.readout", "ModelUseError"),
    ("equipoise.charting", "ChartingError"),
    ("equipoise.commissioning", "CommissioningError"),
    ("equipoise.formulary", "FormularyError"),
    ("equipoise.studies", "EvidenceError"),
)
"""(module, name): a command that never loads a module cannot raise its error, and need not wait for
it to load."""


def is_input_error(error: Exception) -> bool:
    """Whether the sentence of this error is for the user (exit 2)."""
    return isinstance(error, WrongInput) or any(_is(error, *kind) for kind in INPUT_ERRORS)


def is_missing_extra(error: Exception) -> bool:
    """Whether an optional part is not installed (exit 3)."""
    kinds = (("equipoise.report", "MissingExtra"), ("equipoise.files", "MissingParquet"))
    return any(_is(error, *kind) for kind in kinds)


def _is(error: Exception, module: str, name: str) -> bool:
    loaded = sys.modules.get(module)
    # Half loaded, it may lack the name.
    kind = getattr(loaded, name, None)
    return kind is not None and isinstance(error, kind)
