"""Random data sets through the lanes and the slow referee, in pieces that can be taken up again.

    python studies/hunt/run.py --pieces 20 --size 250 --out hunt.jsonl

A piece is one seed; a piece that stands in the file already is left out, so a run may be stopped
and begun again. Prints how many data sets there were, what was in them, and the largest
disagreement. The result page is the section "The hunt" of docs/engine.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path

# One thread: the matrices of the referee are tiny.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from hypothesis import HealthCheck, Phase, given, seed, settings

import hunting


def kinds_of(line: hunting.Line) -> list[str]:
    """What a row brings into the mix, in words."""
    words = [f"EVID {line.evid}"]
    if line.evid == 0 and line.missing:
        words.append("MDV 1")
    if line.evid not in (1, 4):
        return words
    if line.steady:
        words.append(f"SS {line.steady}")
    if line.additional:
        words.append("ADDL")
    if line.steady and not line.interval:
        words.append("endless input")
    elif line.rate:
        words.append(f"RATE {line.rate:g}" if line.rate < 0.0 else "RATE > 0")
        lasts = hunting.hours_of(line)
        if line.steady and lasts > line.interval:
            words.append("SS, input longer than II")
    lag = line.lags[line.compartment - 1]
    if lag:
        words.append("lag")
    if line.steady and line.interval and lag >= line.interval:
        words.append("SS, lag II or more")
    return words


def piece_of(number: int, size: int) -> dict[str, object]:
    """One piece: data sets, subjects, rows, what was in them, and the worst of each system."""
    worst: Counter[str] = Counter()
    systems: Counter[str] = Counter()
    mix: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    wrong: list[str] = []

    @seed(number)
    @settings(
        max_examples=size,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(hunting.cases())
    def hunt(case: hunting.Case) -> None:
        name = case.prey.name
        try:
            apart = hunting.disagreement(case)
        except Exception as error:
            wrong.append(f"{name}: {error!r}\n{hunting.text_of(case)}")
            return
        if apart > 1e-6:
            wrong.append(f"{name}: {apart:.3g}\n{hunting.text_of(case)}")
        worst[name] = max(worst[name], apart)
        systems[name] += 1
        totals.update(sets=1, subjects=len(case.subjects))
        for lines in case.subjects:
            totals["rows"] += len(lines)
            totals["levels"] += len(list(hunting.observations(lines)))
            mix.update(word for line in lines for word in kinds_of(line))

    hunt()
    return {
        "piece": number, "size": size, "totals": totals, "systems": systems, "worst": worst,
        "mix": mix, "wrong": wrong,
    }  # fmt: skip


def main() -> None:
    """Run the pieces that are missing and print the sum of all."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--pieces", type=int, default=20)
    reader.add_argument("--first", type=int, default=0)
    reader.add_argument("--size", type=int, default=250)
    reader.add_argument("--out", type=Path, default=Path("hunt.jsonl"))
    asked = reader.parse_args()
    done = []
    if asked.out.exists():
        done = [json.loads(line) for line in asked.out.read_text().splitlines()]
    for number in range(asked.first, asked.first + asked.pieces):
        if any(each["piece"] == number for each in done):
            continue
        done.append(piece_of(number, asked.size))
        with asked.out.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
        print(number, dict(done[-1]["totals"]), max(done[-1]["worst"].values()), flush=True)
    for name in ("totals", "systems", "mix"):
        total: Counter[str] = Counter()
        for each in done:
            total.update(each[name])
        print(name, json.dumps(dict(sorted(total.items())), indent=1))
    worst = {k: max(each["worst"].get(k, 0.0) for each in done) for k in done[0]["worst"]}
    print("worst", json.dumps(worst, indent=1))
    wrong = [text for each in done for text in each["wrong"]]
    print("disagreements above 1e-6 or failures:", len(wrong))
    for text in wrong:
        print(text)


if __name__ == "__main__":
    main()
