"""Is a hazard ratio recovered from curves that were printed and read off again?

    python studies/curves/recover.py [--trials 200]

Prints, for several kinds of trial, how far the log hazard ratio from the digitized curves lies from
that of the patients themselves, and the ratio of the widths of their intervals. The result page is
docs/evidence.md.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from drawn_trials import trial
from equipoise.curves import ARMS, hazard_ratio, ratio_of

KINDS = (
    ("30 an arm, ratio 0.5", {"each": 30, "ratio": 0.5}),
    ("100 an arm, ratio 0.7", {"each": 100, "ratio": 0.7}),
    ("300 an arm, ratio 0.9", {"each": 300, "ratio": 0.9}),
    ("100 an arm, ratio 0.7, events told", {"each": 100, "ratio": 0.7, "told": True}),
    ("100 an arm, ratio 0.7, 20 points read", {"each": 100, "ratio": 0.7, "points": 20}),
    ("100 an arm, ratio 0.7, at risk yearly", {"each": 100, "ratio": 0.7, "every": 12.0}),
)


def main() -> None:
    """Simulate, print, read off, compare."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--trials", type=int, default=200)
    n = asked.parse_args().trials
    print("kind,bias,median_off,p95_off,most_off,width_ratio")
    for kind, how in KINDS:
        rng = np.random.default_rng(11)
        off, width = [], []
        for _ in range(n):
            made = trial(rng, **how)
            true = hazard_ratio(*(made.patients[a] for a in ARMS))
            read = ratio_of(made.curves)
            off.append(math.log(read.estimate / true.estimate))
            width.append(math.log(read.high / read.low) / math.log(true.high / true.low))
        size = np.abs(off)
        print(
            f"{kind},{np.mean(off):+.3f},{np.median(size):.3f},{np.quantile(size, 0.95):.3f},"
            f"{size.max():.3f},{np.mean(width):.3f}"
        )


if __name__ == "__main__":
    main()
