"""Active Thymoglobulin, saturable elimination, calibrated to observations: research, no dose.

The numbers are those of studies/atg_calibration (docs/atg-calibration.md), standing hypothesis.
"""

import sys
from pathlib import Path

STUDIES = str(Path(__file__).resolve().parents[2] / "studies")
if STUDIES not in sys.path:
    sys.path.append(STUDIES)

from atg_calibration.research import of  # noqa: E402

MODEL = of("elimination")
