"""A table of studies: what is refused, what is put together, what is not, and its faces."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from equipoise import studytables
from equipoise.cli.entry import run
from equipoise.evidence import Synthesis, exact_interval, synthesize
from equipoise.pooling import mantel_haenszel, pooled
from equipoise.report.forest import evidence_page
from equipoise.source import Standing
from equipoise.studies import EvidenceError, parse_studies, read_studies

HEAD = (
    "study,design,measure,outcome,patients,events,total,control_events,control_total,source,"
    "standing\n"
)


def ratios(*counts: tuple[int, int, int, int], design: str = "randomized") -> str:
    rows = [
        f"S{i},{design},risk_ratio,death,center {i},{a},{n},{c},{m},paper {i},published\n"
        for i, (a, n, c, m) in enumerate(counts, 1)
    ]
    return HEAD + "".join(rows)


def answer(text: str, **how: str) -> Synthesis:
    return synthesize(parse_studies(text, name="table"), **how)


THREE = ((10, 50, 20, 50), (12, 60, 18, 58), (8, 40, 15, 42))


# --- when a mean may be made ---------------------------------------------------------------


def test_three_randomized_trials_have_a_mean_and_two_have_none() -> None:
    assert answer(ratios(*THREE)).mean is not None
    two = answer(ratios(*THREE[:2]))
    assert two.mean is None
    assert two.not_pooled == ("2 studies of use for a mean, which needs at least 3",)
    assert all(math.isnan(r.weight) for r in two.results)


def test_mixed_designs_have_none() -> None:
    text = ratios(*THREE, (9, 30, 12, 30)).replace("S4,randomized", "S4,cohort")
    found = answer(text)
    assert found.mean is None
    assert found.not_pooled == ("designs are mixed: randomized, cohort",)
    assert found.certainty.start == "low"


def test_shared_patients_have_none() -> None:
    found = answer(ratios(*THREE, (9, 30, 12, 30)).replace("center 4", "Center  1"))
    assert found.mean is None
    assert found.not_pooled == ("S1 and S4 share patients",)


def test_a_study_without_events_in_either_arm_has_no_place_in_a_mean() -> None:
    found = answer(ratios(*THREE, (0, 30, 0, 30)))
    assert found.mean is not None
    assert found.mean.studies == 3
    assert math.isnan(found.results[3].weight)
    assert math.isnan(found.results[3].estimate)
    assert "says nothing about a ratio" in found.results[3].note
    fewer = answer(ratios(*THREE[:2], (0, 30, 0, 30)))
    assert fewer.mean is None


def test_an_empty_cell_gets_a_half_for_the_mean_alone() -> None:
    found = answer(ratios(*THREE, (0, 30, 4, 30)))
    assert math.isnan(found.results[3].estimate)
    assert "0.5 is added" in found.results[3].note
    log = [math.log(a / n * m / c) for a, n, c, m in (*THREE, (0.5, 31, 4.5, 31))]
    variances = [1 / a - 1 / n + 1 / c - 1 / m for a, n, c, m in (*THREE, (0.5, 31, 4.5, 31))]
    assert found.mean is not None
    assert found.mean.estimate == pytest.approx(math.exp(pooled(log, variances).estimate))


# --- numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "total", "low", "high"),
    [(0, 10, 0.0, 0.30850), (10, 10, 0.69150, 1.0), (5, 10, 0.18709, 0.81291)],
)
def test_exact_intervals(events: int, total: int, low: float, high: float) -> None:
    assert exact_interval(events, total) == pytest.approx((low, high), abs=1e-5)


def test_the_interval_of_a_hazard_ratio_is_the_reported_one() -> None:
    text = (
        "study,design,measure,outcome,patients,estimate,low,high,source,standing\n"
        "A,cohort,hazard_ratio,death,a,0.5,0.25,1.0,paper,published\n"
        "B,cohort,hazard_ratio,death,b,0.8,0.5,1.28,paper,published\n"
        "C,cohort,hazard_ratio,death,c,0.7,0.4,2.0,paper,provisional\n"
    )
    found = answer(text)
    assert [(r.low, r.high) for r in found.results][:2] == [(0.25, 1.0), (0.5, 1.28)]
    assert found.results[0].note == ""
    assert "not stand in the middle" in found.results[2].note
    assert found.standing is Standing.PROVISIONAL
    assert any("provisional" in reason for reason in found.certainty.reasons)


def test_a_mean_of_like_studies_is_their_estimate_and_no_spread() -> None:
    found = pooled([0.3] * 4, [0.1] * 4)
    assert found.estimate == pytest.approx(0.3)
    assert found.tau2 == 0.0
    assert found.i2 == 0.0
    assert found.weights == pytest.approx([0.25] * 4)


def test_scale_does_not_matter_to_the_share_between_studies() -> None:
    y, v = [0.1, 0.9, -0.4, 0.5], [0.02, 0.05, 0.03, 0.04]
    small, large = pooled(y, v), pooled([10 * a for a in y], [100 * b for b in v])
    assert large.tau2 == pytest.approx(100 * small.tau2, rel=1e-9)
    assert large.low == pytest.approx(10 * small.low, rel=1e-9)
    assert large.i2 == pytest.approx(small.i2)


def test_agreement_closer_than_errors_allow_is_said() -> None:
    found = answer(ratios((10, 50, 20, 50), (20, 100, 40, 100), (15, 75, 30, 75)))
    assert any("narrower than the normal one" in caution for caution in found.cautions)


def test_a_spread_of_proportions_is_not_said_to_pass_no_effect() -> None:
    head = "study,design,measure,outcome,patients,events,total,source,standing\n"
    rows = "".join(
        f"S{i},single_arm,proportion,CR,center {i},{e},{n},paper {i},published\n"
        for i, (e, n) in enumerate(((1, 30), (15, 30), (29, 30)))
    )
    reasons = " ".join(answer(head + rows).certainty.reasons)
    assert "studies differ by more than chance" in reasons
    assert "no effect" not in reasons


def test_pooling_refuses_what_it_cannot_use() -> None:
    with pytest.raises(ValueError, match="at least two"):
        pooled([0.1], [0.1])
    with pytest.raises(ValueError, match="above 0"):
        pooled([0.1, 0.2], [0.1, 0.0])
    with pytest.raises(ValueError, match="one of"):
        pooled([0.1, 0.2], [0.1, 0.1], method="guess")
    with pytest.raises(ValueError, match="both arms"):
        mantel_haenszel([0, 0], [5, 5], [1, 1], [5, 5])


# --- what is refused ----------------------------------------------------------------------

GOOD = ratios(*THREE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("control_total,source", "median_months,source"), "from survival points"),
        (GOOD.replace(",standing\n", ",mood\n"), "column mood: unknown"),
        (GOOD.replace("patients", "note"), "column patients: missing"),
        ("study,events,total\nA,3,10\n", "columns design, measure, outcome, patients, source, "),
        (GOOD.replace(",", ";"), "parted by semicolons; save it with commas"),
        (HEAD, "no study"),
        (GOOD.replace("S2,randomized", "S2,trial"), "row 2, design: trial; one of randomized"),
        (GOOD.replace("S2,randomized", "S2,single_arm"), "a single arm has no risk ratio"),
        (GOOD.replace("S2,randomized,risk_ratio", "S2,randomized,odds"), "a table of each"),
        (GOOD.replace("10,50,20,50", "60,50,20,50"), "row 1, events: 60 of 50"),
        (GOOD.replace("10,50,20,50", "0,0,20,50"), "row 1, total: 0"),
        (GOOD.replace("10,50,20,50", "10.5,50,20,50"), "row 1, events: 10.5; write a whole number"),
        (GOOD.replace("10,50,20,50", ",50,20,50"), "row 1, events: empty"),
        (GOOD.replace("center 2", ""), "row 2, patients: empty; name center and years"),
        (GOOD.replace("paper 3", ""), "row 3, source: empty"),
        (GOOD.replace("paper 3,published", "paper 3,sure"), "row 3, standing: sure; one of"),
        (GOOD.replace("S2", "S1"), "study S1: stands twice"),
        (GOOD.replace("S2,", "S2,,", 1), "row 2: another number of cells"),
        (
            GOOD.replace("risk_ratio", "proportion"),
            "row 1, control_events: a proportion does not use it",
        ),
    ],
)  # fmt: skip
def test_bad_tables_are_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        answer(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("0.5,0.6,1.0", "does not lie between low 0.6 and high 1"),
        ("-0.7,-1.2,-0.1", "row 1, estimate: -0.7; write the reported ratio"),
        ("0.5,,1.0", "row 1, low: empty"),
        ("nan,0.1,1.0", "row 1, estimate: nan"),
    ],
)
def test_bad_hazard_ratios_are_refused(numbers: str, said: str) -> None:
    text = (
        "study,design,measure,outcome,patients,estimate,low,high,source,standing\n"
        f"A,cohort,hazard_ratio,death,a,{numbers},paper,published\n"
    )
    with pytest.raises(EvidenceError, match=said):
        answer(text)


def test_mantel_haenszel_is_for_risk_ratios() -> None:
    text = GOOD.replace("risk_ratio", "proportion").replace(",control_events,control_total", "")
    for counts in THREE:
        text = text.replace(f"{counts[0]},{counts[1]},{counts[2]},{counts[3]}",
                            f"{counts[0]},{counts[1]}")  # fmt: skip
    assert answer(text).mean is not None
    with pytest.raises(EvidenceError, match="it is for risk ratios"):
        answer(text, method="mantel-haenszel")


# --- faces --------------------------------------------------------------------------------


@pytest.mark.parametrize("table", studytables.TABLES, ids=lambda t: t.id)
def test_every_bundled_table_has_sources_and_a_page(table: studytables.BundledTable) -> None:
    found = synthesize(read_studies(studytables.path(table.id)))
    for result in found.results:
        assert result.study.source.short
        assert result.study.source.where, "what was read"
        assert result.study.standing.may_feed_options
    page = evidence_page(found)
    assert ("No diamond" in page) is (found.mean is None)
    assert "<script" not in page
    assert all(r.study.name.replace("&", "&amp;") in page for r in found.results)


def test_the_folder_holds_the_tables_and_no_other() -> None:
    folder = studytables.path(studytables.TABLES[0].id).parent
    assert {p.stem for p in folder.glob("*.csv")} == {t.id for t in studytables.TABLES}
    with pytest.raises(ValueError, match="no bundled table"):
        studytables.path("nothing")


def test_the_command_writes_a_page_and_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert run(["evidence", "microtransplant_comparisons", "--json", "--out", out]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["mean"] is None
    assert document["results"][0]["study"]["source"]["where"] == "abstract"
    assert json.loads((tmp_path / "out" / "evidence.json").read_text(encoding="utf-8")) == document
    assert "Forest plot" in (tmp_path / "out" / "evidence.html").read_text(encoding="utf-8")


def test_the_command_refuses_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for argument in ("microtransplant_remision", str(tmp_path / "none.csv")):
        assert run(["evidence", argument]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
    assert run(["evidence", "microtransplant_remission", "--method", "mantel-haenszel"]) == 2
    assert "it is for risk ratios" in capsys.readouterr().err
