"""Makes the goodness-of-fit pages of docs/real-data.md, and prints the numbers that stand there.

    python studies/real_data/make_pages.py --out out/real_data

The data are read from the folder named by EQUIPOISE_REFERENCE_DATA (default ../shared/data).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from data_sets import DATA_SETS, text_of

from equipoise.dataset import parse_dataset
from equipoise.diagnostics import Goodness, goodness
from equipoise.mode import find_mode
from equipoise.modelfile import load
from equipoise.report.goodness import goodness_page, share, signed

ROOT = Path(__file__).resolve().parents[2]


def table(found: Goodness) -> str:
    """The numbers of a data set, as docs/real-data.md shows them."""
    lines = [f"objective {found.ofv:.3f}, with n ln 2 pi {found.ofv_with_constant:.3f}"]
    for e in found.etas:
        lines.append(
            f"| {e.name} | {e.sd:.3g} | {signed(e.mean, 3)} | {e.error:.3f} | {e.spread:.3g} | "
            f"{share(e.shrinkage)} |"
        )
    for s in found.scatters:
        lines.append(
            f"| {s.analyte} | {s.n} | {signed(s.iwres_mean)} | {s.iwres_sd:.2f} | "
            f"{share(s.shrinkage)} | {signed(s.cwres_mean)} | {s.cwres_sd:.2f} | "
            f"{signed(s.typical_mdpe, 1)}, {s.typical_mdape:.1f} | "
            f"{signed(s.individual_mdpe, 1)}, {s.individual_mdape:.1f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Fit the four data sets one subject at a time and write a page for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "real_data")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    folder = (ROOT / os.environ.get("EQUIPOISE_REFERENCE_DATA", "../shared/data")).resolve()
    for data_set in DATA_SETS:
        model = load(str(ROOT / "examples" / "models" / f"{data_set.model}.py"), {})
        subjects = parse_dataset(text_of(data_set, folder), model).subjects
        found = goodness(model, subjects, [find_mode(model, s) for s in subjects])
        (out / f"{data_set.name}.html").write_text(goodness_page(found), encoding="utf-8")
        print(f"{data_set.name}: {out / data_set.name}.html\n{table(found)}\n")


if __name__ == "__main__":
    main()
