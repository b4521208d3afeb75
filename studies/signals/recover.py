"""Are slope and level recovered near the detection limit? Counts against naive censoring.

    python studies/signals/recover.py [--patients 500]

Prints coverage of 90 % intervals, their mean width, bias and root mean squared error of the
slope, for both ways of reading the same samples. The result page is docs/signals.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from equipoise.loglinear import as_censored, fit_line
from serial_shares import disease, microchimerism


def main() -> None:
    """Run both courses under both readings."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", type=int, default=500)
    n = asked.parse_args().patients
    print("course,reading,slope_covered,level_covered,width_per_day,bias_per_day,rmse_per_day")
    for course in (disease, microchimerism):
        rng = np.random.default_rng(5)
        patients = [course(rng) for _ in range(n)]
        for reading, change in (("counts", lambda r: r), ("censored", as_censored)):
            slope, level, width, miss = 0, 0, 0.0, []
            for patient in patients:
                line = fit_line([change(r) for r in patient.readings])
                low, middle, high = line.quantiles(line.slope, (0.05, 0.5, 0.95))
                slope += low <= patient.slope <= high
                width += (high - low) / n
                miss.append(middle - patient.slope)
                last = line.log_share(patient.readings[-1].at)
                low, _, high = line.quantiles(last, (0.05, 0.5, 0.95))
                level += low <= patient.last <= high
            print(
                f"{course.__name__},{reading},{slope / n:.3f},{level / n:.3f},{width:.4f},"
                f"{np.mean(miss):.4f},{np.sqrt(np.mean(np.square(miss))):.4f}"
            )


if __name__ == "__main__":
    main()
