"""Counts what `equipoise import` makes of control streams found elsewhere.

`python studies/import_public_streams/count.py FOLDER...` tries every file below each folder that
begins like a control stream, each text once, and prints how many were imported, refused with a
reason, or crashed; then the reasons. Imported means: written, loaded, and its parameters computed
for a typical subject. The streams of others are not kept here; docs/nonmem.md has the result.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.kinetics import Schedule
from equipoise.model import CLEARANCE_FACTOR, Course, structural_parameters
from equipoise.nonmem import Naming, StreamError, read_stream, translate, write_model


def main() -> int:
    """Count; exit code 1 where anything crashed."""
    seen: set[str] = set()
    reasons: Counter[str] = Counter()
    crashed: list[str] = []
    for folder in map(Path, sys.argv[1:]):
        counts: Counter[str] = Counter()
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            text = path.read_bytes().decode("utf-8", "replace")
            if not is_stream(text) or text in seen:
                continue
            seen.add(text)
            try:
                try_import(text, path.name)
                counts["imported"] += 1
            except StreamError as error:
                counts["refused"] += 1
                reasons[re.sub(r"\w*\d[\w.]*", "#", error.reason)] += 1
            except Exception as error:  # what is counted
                counts["crashed"] += 1
                crashed.append(f"{path}: {type(error).__name__}: {error}")
        print(f"{folder.name}: {dict(counts)}")
    for reason, n in reasons.most_common():
        print(f"{n:4d}  {reason}")
    print(*crashed, sep="\n")
    return bool(crashed)


def is_stream(text: str) -> bool:
    """Whether a text begins with a record, comments aside, and has a model in it."""
    first = next((s for s in map(str.strip, text.splitlines()) if s and s[0] != ";"), "")
    return bool(
        re.match(r"\$(PROB|SIZES|ABBR)", first, re.IGNORECASE)
        and re.search(r"^\s*\$(PK|PRED)\b", text, re.IGNORECASE | re.MULTILINE)
    )


def try_import(text: str, name: str) -> None:
    """Translate, load, and compute the parameters of a typical subject."""
    space: dict[str, Any] = {"__name__": "stream"}
    exec(write_model(translate(read_stream(text)), Naming("stream", name)), space)
    model = space["MODEL"]
    covariates = {n: np.ones(1) for n in (*model.covariates, CLEARANCE_FACTOR)}
    structural_parameters(model, Course(Schedule(), covariates), np.zeros((1, len(model.etas))))


if __name__ == "__main__":
    sys.exit(main())
