"""Equipoise: immune balance after allogeneic transplantation and CAR-T.

One patient's timeline in, one assessment out: what the doses did, which toxicity this is and of
what grade, which decision is open and until when, what the options are and how likely each is to
reach its target. Research and education; not for clinical use without local validation.

    from equipoise import read_record
    from equipoise.assess import assess
    record, report = read_record("patient.json")
    answer = assess(record, record.end)

Names are imported when they are first used, so that `import equipoise` stays cheap. The verbs that
have a module of their own name (`assess`, `fit`, `plan`) are imported from it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from equipoise.version import VERSION

if TYPE_CHECKING:
    from equipoise.assessment import Assessment as Assessment
    from equipoise.assessment import to_json as to_json
    from equipoise.criterion import Criterion as Criterion
    from equipoise.criterion import Grade as Grade
    from equipoise.files import InputError as InputError
    from equipoise.files import import_record as import_record
    from equipoise.files import read_record as read_record
    from equipoise.files import write_record as write_record
    from equipoise.fit import Posterior as Posterior
    from equipoise.grading import daily as daily
    from equipoise.grading import grade as grade
    from equipoise.mode import find_mode as find_mode
    from equipoise.model import Model as Model
    from equipoise.model import simulate as simulate
    from equipoise.plan import weigh as weigh
    from equipoise.record import Record as Record
    from equipoise.source import Source as Source
    from equipoise.source import Standing as Standing
    from equipoise.source import Value as Value
    from equipoise.target import Target as Target

__version__ = VERSION

_HOME = {
    "Assessment": "assessment",
    "Criterion": "criterion",
    "Grade": "criterion",
    "InputError": "files",
    "Model": "model",
    "Posterior": "fit",
    "Record": "record",
    "Source": "source",
    "Standing": "source",
    "Target": "target",
    "Value": "source",
    "daily": "grading",
    "find_mode": "mode",
    "grade": "grading",
    "import_record": "files",
    "read_record": "files",
    "simulate": "model",
    "to_json": "assessment",
    "weigh": "plan",
    "write_record": "files",
}

__all__ = [
    "Assessment", "Criterion", "Grade", "InputError", "Model", "Posterior", "Record", "Source",
    "Standing", "Target", "Value", "__version__",
    "daily", "find_mode", "grade", "import_record", "read_record", "simulate",
    "to_json", "weigh", "write_record",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"equipoise.{_HOME[name]}"), name)
    raise AttributeError(f"module 'equipoise' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
