"""M3 by F_FLAG against NONMEM's own run: etas and individual objective of a published example.

`python studies/import_public_streams/m3_against_nonmem.py FOLDER` wants the files of part 2 of
Bauer's tutorial (CPT Pharmacometrics Syst Pharmacol 2019, supplement 3; also in
nlmixr2/nonmem2rx) in the folder: ad3tr4_loqb_lap.ctl, .ext and .phi, and ad3tr4.csv. They are not
kept here; docs/nonmem.md has the result.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from equipoise.dataset import read_dataset
from equipoise.likelihood import joint
from equipoise.mode import find_modes
from equipoise.modelfile import load
from equipoise.nonmem import Naming, read_estimates, read_stream, translate, write_model

STEP = 0.0005
"""Of the differences by which second derivatives are taken, in etas."""


def main() -> int:
    """Print the largest differences."""
    folder = Path(sys.argv[1])
    run = folder / "ad3tr4_loqb_lap"
    stream = read_stream(run.with_suffix(".ctl").read_text())
    stream = read_estimates(stream, run.with_suffix(".ext").read_text())
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "example.py"
        path.write_text(write_model(translate(stream), Naming("example", "ad3tr4_loqb_lap.ctl")))
        model = load(str(path), {})
    data = read_dataset(folder / "ad3tr4.csv", model)
    lines = run.with_suffix(".phi").read_text().splitlines()
    head = lines[1].split()
    theirs = [dict(zip(head, map(float, line.split()), strict=True)) for line in lines[2:]]
    ours = find_modes(model, data.subjects)
    size = len(model.etas)
    etas, objectives, whole = [], [], 0.0
    theirs_too, lower, flattest = [], [], []
    for subject, they, found in zip(data.subjects, theirs, ours, strict=True):
        eta = np.asarray(found.eta)
        there = np.array([they[f"ETA({i + 1})"] for i in range(size)])
        error = np.sqrt([they[f"ETC({i + 1},{i + 1})"] for i in range(size)])
        etas.append(np.max(np.abs(eta - there) / error))
        objectives.append(laplace(model, subject, eta) - they["OBJ"])
        theirs_too.append(laplace(model, subject, there) - they["OBJ"])
        both = joint(model, subject, np.stack([eta, there]))
        lower.append(both[0] - both[1])
        flattest.append(np.linalg.eigvalsh(second(model, subject, eta) / 2.0)[0])
        whole += they["OBJ"]
    low = sum(o.censored == "<" for s in data.subjects for o in s.observed)
    print(
        f"{len(etas)} subjects, {low} of {sum(len(s.observed) for s in data.subjects)} levels low"
    )
    print(f"etas: at most {max(etas):.1g} of their standard errors")
    size_of = np.sort(np.abs(objectives))
    print(f"Laplace objective: {size_of[-2]:.1g}, and {size_of[-1]:.2g} in one; sum {whole:.1f}")
    one = int(np.argmax(np.abs(objectives)))
    print(
        f"that one: at NONMEM's etas {theirs_too[one]:.2g}; JOINT at ours less at NONMEM's "
        f"{lower[one]:.1g}; least curvature {flattest[one]:.2g} (the others: from "
        f"{np.sort(flattest)[1]:.2g})"
    )
    return 0


def laplace(model, subject, eta):
    """NONMEM's objective under LAPLACE at given etas."""
    curvature = np.linalg.slogdet(second(model, subject, eta) / 2.0)[1]
    return joint(model, subject, eta[None])[0] + curvature


def second(model, subject, eta):
    """Second derivatives of JOINT by central differences, (k, k)."""
    k = len(eta)
    found = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            a, b = STEP * np.eye(k)[i], STEP * np.eye(k)[j]
            at = joint(
                model, subject, np.stack([eta + a + b, eta + a - b, eta - a + b, eta - a - b])
            )
            found[i, j] = (at[0] - at[1] - at[2] + at[3]) / (4.0 * STEP**2)
    return found


if __name__ == "__main__":
    sys.exit(main())
