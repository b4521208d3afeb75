"""The table of docs/how-right.md, from a fresh run of the present code.

    python studies/posologyr/compare.py FOLDER

FOLDER holds the posologyr data sets. Prints a row for each run, and for each subject outside the
limits how far Monolix and we are from the long run.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[2] / "tests" / part) for part in ("", "agreement")]

from test_posologyr import ETAS, LONG, compared, found, monolix  # noqa: E402


def main() -> None:
    """Print both tables as Markdown."""
    folder = Path(sys.argv[1])
    below = []
    total = np.zeros(3, dtype=int)
    print("| run | all means inside | all SDs inside | both | largest mean signed difference |")
    print("|---|---|---|---|---|")
    for run, etas in ETAS.items():
        who, ours, (mean, sd) = compared(run, folder), found(run, folder), monolix(run, folder)
        gap = ours.mean - mean
        ratio = gap.mean(axis=0) / gap.std(axis=0, ddof=1) * np.sqrt(len(gap))
        worst = int(np.argmax(np.abs(ratio)))
        counts = np.array([who.means.sum(), who.sds.sum(), who.both.sum()])
        total += counts
        print(f"| {run} | {' | '.join(map(str, counts))} | {ratio[worst]:.1f} ({etas[worst]}) |")
        for i in np.flatnonzero(~who.both):
            name = f"{run}/{i + 1}"
            cells = []
            if name in LONG:
                truth = LONG[name]
                for other_mean, other_sd in ((mean[i], sd[i]), (ours.mean[i], ours.sd[i])):
                    off = np.max(np.abs(other_mean - truth.mean) / truth.sd)
                    wide = other_sd / truth.sd - 1.0
                    cells += [f"{off:.2f}", f"{100 * wide[np.argmax(np.abs(wide))]:.0f} %"]
                cells += [f"{truth.error_of_mean:.2f}", f"{100 * truth.error_of_sd:.0f} %"]
            below.append(f"| {name} | {' | '.join(cells)} |")
    print(f"| all | {' | '.join(map(str, total))} | |")
    print("\n| subject | Monolix, mean | SD | ours, mean | SD | long runs, mean | SD |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(below))


if __name__ == "__main__":
    main()
