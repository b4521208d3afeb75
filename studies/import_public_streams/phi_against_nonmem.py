"""Individual objectives and etas of public NONMEM runs: OFV of `fit` against OBJ of their .phi.

`python studies/import_public_streams/phi_against_nonmem.py FOLDER...` takes every NAME.phi below
each folder that has NAME.ext and its stream beside it (NAME.ctl or NAME.mod; or, one folder up)
and the data set that $DATA names. Only runs whose last table was estimated by FOCE count, without
$SIMULATION; without interaction only those whose residual error does not depend on the prediction
(LOG(F) + EPS). The runs of others are not kept here; docs/nonmem.md has the result.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from equipoise.dataset import read_dataset
from equipoise.mode import find_modes
from equipoise.modelfile import load
from equipoise.nonmem import (
    Naming,
    StreamError,
    read_estimates,
    read_stream,
    translate,
    write_model,
)

METHOD = "First Order Conditional Estimation"


def main() -> int:
    """Print one line for each run, and the largest differences of all."""
    total, farthest, farthest_eta = 0, 0.0, 0.0
    for folder in map(Path, sys.argv[1:]):
        for phi in sorted(folder.rglob("*.phi")):
            try:
                found = compared(phi)
            except StreamError as error:
                print(f"{phi.stem}: {error}")
                continue
            if found is None:
                continue
            objective, etas = found
            total += len(objective)
            farthest = max(farthest, np.max(np.abs(objective)))
            farthest_eta = max(farthest_eta, np.max(etas))
            print(
                f"{phi.stem}: {len(objective)} subjects, OBJ to {np.max(np.abs(objective)):.1g}, "
                f"their sum to {abs(np.sum(objective)):.1g}, etas to {np.max(etas):.1g} SE"
            )
    print(f"{total} subjects: OBJ to {farthest:.1g}, etas to {farthest_eta:.1g} standard errors")
    return 0


def compared(phi: Path) -> tuple[Any, Any] | None:
    """Differences of OBJ and of etas, in their standard errors; None where a run does not count."""
    lines = phi.read_text().splitlines()
    tables = [i for i, line in enumerate(lines) if line.startswith("TABLE")]
    beside = (phi.parent, phi.parent.parent)
    streams = [p for d in beside for e in (".ctl", ".mod") if (p := d / f"{phi.stem}{e}").exists()]
    if not tables or METHOD not in lines[tables[-1]] or not streams:
        return None
    text = streams[0].read_text(encoding="utf-8", errors="replace")
    named = re.search(r"^\s*\$DATA\s+['\"]?([^\s'\"]+)", text, re.MULTILINE)
    data = streams[0].parent / named[1] if named is not None else None
    extension = phi.with_suffix(".ext")
    if re.search(r"^\s*\$SIM", text, re.MULTILINE):
        return None
    if data is None or not data.exists() or not extension.exists():
        return None
    stream = read_estimates(read_stream(text), extension.read_text())
    found = translate(stream)
    alike = all(r.log is not None and r.log > 0.0 for r in found.readouts)
    if "with Interaction" not in lines[tables[-1]] and not alike:
        return None
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "run.py"
        path.write_text(write_model(found, Naming("run", streams[0].name)))
        model = load(str(path), {})
        subjects = read_dataset(data, model).subjects
        ours = {s.id: m for s, m in zip(subjects, find_modes(model, subjects), strict=True)}
    header = cells(lines[tables[-1] + 1])
    objective, etas = [], []
    for line in lines[tables[-1] + 2 :]:
        they = dict(zip(header, map(float, cells(line)), strict=True))
        who = ours.get(f"{they['ID']:.0f}")
        if who is None:
            print(f"{phi.stem}: ID {they['ID']:.0f} is not in the public data")
            continue
        objective.append(who.ofv - they["OBJ"])
        kept = [n for n in header if n.startswith("ETA(") and they[f"ETC({n[4:-1]},{n[4:-1]})"] > 0]
        if len(kept) == len(who.eta):
            there = np.array([they[n] for n in kept])
            spread = np.sqrt([they[f"ETC({n[4:-1]},{n[4:-1]})"] for n in kept])
            etas.append(np.max(np.abs(who.eta - there) / spread))
    return np.array(objective), np.array(etas)


def cells(line: str) -> list[str]:
    """Of a table, whatever stands between its columns."""
    return re.findall(r"\w+\(\d+,\d+\)|[^\s,]+", line)


if __name__ == "__main__":
    sys.exit(main())
