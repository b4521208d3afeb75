"""The report: what it must say, in which order, and what must never get into it."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import report_fixture
from report_fixture import assessment_of, atg, cart, grade, hostile, rule, sirolimus

from equipoise import report
from equipoise.advice import Advice, Alternative
from equipoise.assessment import DISCLAIMER, NOT_FOR_DOSING, Assessment, Day
from equipoise.criterion import Because, Missing, Truth
from equipoise.report import words
from equipoise.report.decisions import NO_OPTIONS, NONE_OPEN
from equipoise.report.words import Clock
from equipoise.source import Source, Standing
from equipoise.tally import Given, Tally

VOID = {"meta", "br", "link", "img", "input", "hr"}
ALL = {
    "sirolimus": sirolimus,
    "none_reaches": lambda: sirolimus(none_reaches=True),
    "cart": cart,
    "atg": atg,
    "bare": assessment_of,
    "hostile": hostile,
}


class Page(HTMLParser):
    """Elements, their attributes and the words between them; fails on unbalanced markup."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(w for t, w in self.words if t != "style").split())


def pages() -> list[object]:
    return [pytest.param(make, id=name) for name, make in ALL.items()]


# --- the page as a document ---------------------------------------------------------------------


@pytest.mark.parametrize("make", pages())
def test_the_page_is_a_sound_and_accessible_document(make: object) -> None:
    page = Page(report.html(make()))  # type: ignore[operator]
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("main")) == len(page.all("h1")) == 1
    assert len(page.all("title")) == 1 + len(page.all("svg"))
    levels = [int(t[1]) for t, _ in page.elements if re.fullmatch(r"h[1-6]", t)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert all(th.get("scope") in ("col", "row", "rowgroup") for th in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("make", pages())
def test_the_page_has_no_script_and_asks_nobody_for_anything(make: object) -> None:
    source = report.html(make())  # type: ignore[operator]
    page = Page(source)
    names = {t for t, _ in page.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    for _, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert "src" not in attributes
        assert "style" not in attributes
    addresses = re.findall(r"https?://[^\s\"'<>)]+", source)
    assert all(
        a.startswith("https://doi.org/") or a == "http://www.w3.org/2000/svg" for a in addresses
    )
    style = source.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_nothing_that_a_record_says_becomes_markup() -> None:
    source = report.html(hostile())
    page = Page(source)
    assert "<script" not in source
    assert "{{ 7*7 }}" in page.text
    assert len(page.all("style")) == len(page.all("title")) - len(page.all("svg")) == 1
    assert all("<" not in (a["href"] or "") for a in page.all("a"))
    assert "<script>alert(1)</script>" in report.text(hostile())


def test_a_doi_with_odd_characters_is_quoted() -> None:
    links = [a["href"] for a in Page(report.html(sirolimus())).all("a")]
    assert "https://doi.org/10.1000/example%3C2020%3E%26x" in links


@pytest.mark.parametrize("make", pages())
def test_the_same_answer_gives_the_same_bytes(make: object) -> None:
    assert report.html(make()) == report.html(make())  # type: ignore[operator]
    assert report.text(make()) == report.text(make())  # type: ignore[operator]


def test_the_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib, report_fixture as f; from equipoise import report;"
        "print(hashlib.sha256((report.html(f.cart()) + report.text(f.sirolimus())).encode())"
        ".hexdigest())"
    )
    found = set()
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join(
                (str(Path(report_fixture.__file__).parent), str(Path(report.__file__).parents[2]))
            ),
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout)
    assert len(found) == 1


# --- content and order --------------------------------------------------------------------------


def test_the_panels_stand_in_reading_order() -> None:
    whole = replace(sirolimus(), grades=cart().grades, daily=cart().daily)
    page = Page(report.html(whole))
    found = [w for t, w in page.words if t == "h2"]
    assert found == [
        "Open decisions",
        "Exposures",
        "Options and their odds",
        "Toxicity by day",
        "Advice from guidance and labels",
        "Why these grades",
        "Timeline",
        "Cautions",
        "Sources used",
        "Made by",
        "Sign-off",
    ]
    letters = report.text(whole)
    places = [letters.index(f"\n{title.upper()}\n=") for title in found]
    assert places == sorted(places)
    assert len(report.PANELS) == 18


@pytest.mark.parametrize("form", [report.html, report.text])
def test_the_head_says_who_when_and_what_it_is_not_for(form: object) -> None:
    said = form(sirolimus())  # type: ignore[operator]
    flat = " ".join(said.replace("&#39;", "'").split())
    for part in ("sirolimus-adult", "22 Mar 2025 09:00 +01:00 (day +12)", "104 kg (day +10)"):
        assert part in flat
    assert flat.count(DISCLAIMER) == 2
    assert flat.index("Research and education") < flat.lower().index("open decisions")
    for blank in ("proposed", "verified", "rejected", "Reason", "Signature"):
        assert blank in flat


@pytest.mark.parametrize("form", [report.html, report.text])
def test_a_decision_warns_before_it_lists_options(form: object) -> None:
    said = form(sirolimus())  # type: ignore[operator]
    low = said.lower()
    order = [
        "which antifungal, which dose?",
        "who decides",
        "closes",
        "read this first",
        "section 4.2: sirolimus is contraindicated",
        "options, in no order of preference",
        "another antifungal",
        "what would change it",
        "when to stop",
    ]
    places = [low.index(part) for part in order]
    assert places == sorted(places)


def test_a_decision_shows_the_odds_that_were_computed_for_each_option() -> None:
    said = " ".join(report.text(sirolimus(), width=300).split())
    decision = said[said.index("Options, in no order") : said.index("EXPOSURES")]
    other = decision[decision.index("Another antifungal") : decision.index("Reduce sirolimus and")]
    assert "below 9%, within 83%, above 8%" in other
    assert "9.6 ng/mL (90% 5.1-18.8)" in other
    combine = decision[decision.index("Reduce sirolimus and") : decision.index("Hold sirolimus")]
    assert "[contraindicated]" in combine
    assert "below <1%, within 12%, above 88%" in combine
    assert "below 6%, within 58%, above 36%" in combine


def test_an_option_without_odds_says_so() -> None:
    page = Page(report.html(sirolimus())).text
    assert "Exposure not computed for this option." in page
    assert "Not computed: no odds are available." in page


def test_a_decision_without_options_says_so() -> None:
    bare = replace(sirolimus().decisions[0], options=())
    assert NO_OPTIONS in report.text(replace(sirolimus(), decisions=(bare,)))
    assert NO_OPTIONS not in report.text(sirolimus())


def test_a_decision_marks_what_is_known_and_what_is_lacking() -> None:
    letters = report.text(sirolimus())
    assert "[x] a sirolimus trough at steady state" in letters
    assert "[ ] bilirubin of the last 72 h" in letters


@pytest.mark.parametrize("form", [report.html, report.text])
def test_no_open_decision_is_said(form: object) -> None:
    assert NONE_OPEN in form(assessment_of())  # type: ignore[operator]
    assert NONE_OPEN not in form(sirolimus())  # type: ignore[operator]


def test_the_first_page_carries_the_figure_of_the_decision() -> None:
    source = report.html(sirolimus())
    first = source[: source.index(">Exposures</h2>")]
    assert first.count('class="drawing"') == 1
    strip = report.html(cart())
    first = strip[: strip.index(">Toxicity by day</h2>")]
    assert first.count('class="drawing"') == 1


def test_an_exposure_tells_levels_targets_effects_and_what_the_levels_told() -> None:
    said = Page(report.html(sirolimus())).text
    for part in (
        "The levels narrowed this by 43%",
        "Suspect level 1:",
        "Drawn before steady state, which this model needs; one of two doses.",
        "day +2 15:00 (assumed)",
        "drawn, result not known",
        "Studied in adult unrelated, this record: none.",
        "Patients like these had: more sinusoidal obstruction syndrome.",
        "cut-point data-derived",
        "hazard ratio 3.7 (95% 1.6-8.6)",
        "weight 104 kg, studied 45-98 kg",
        "Another source: A later series aims at 4-12 ng/mL.",
        "-0.6 SD",
    ):
        assert part in said, part


def test_what_is_unknown_is_never_a_zero() -> None:
    letters = report.text(sirolimus(), width=200)
    line = next(x for x in letters.splitlines() if x.startswith("AUC over a dosing interval"))
    assert line.count("unknown") == 3
    assert "No level yet." in line
    assert not re.search(r"\b0(\.0)?\b", line)
    assert words.percent(math.nan) == "unknown"
    assert words.number(None) == "unknown"
    assert "nan" not in Page(report.html(sirolimus())).text.lower().split()


# --- options -------------------------------------------------------------------------------------


def test_the_best_row_is_marked_once_where_an_option_reaches() -> None:
    page = Page(report.html(sirolimus()))
    best = [tr for tr in page.all("tr") if tr.get("class") == "row-best"]
    assert len(best) == 1
    assert "highest odds of these" in page.text


def test_no_row_is_marked_across_different_assumptions() -> None:
    decided = replace(sirolimus(), options=(sirolimus().options[0],))
    page = Page(report.html(decided))
    assert not [tr for tr in page.all("tr") if tr.get("class") == "row-best"]
    assert "Assuming transplant series, ratio 2.7" in page.text
    assert "If nothing else changes" in page.text


def test_odds_within_the_error_of_the_highest_are_not_told_apart() -> None:
    options = sirolimus().options[1]
    near = replace(options.options[1], within=options.options[0].within - 0.02)
    tied = replace(options, options=(options.options[0], near, options.options[2]))
    page = Page(report.html(replace(sirolimus(), options=(tied,))))
    assert len([tr for tr in page.all("tr") if tr.get("class") == "row-best"]) == 2
    assert page.text.count("among the highest odds") == 2
    assert "highest odds of these" not in page.text


def test_the_same_window_of_two_sources_stands_once_with_both() -> None:
    first = sirolimus().options[1]
    assert first.target is not None
    second = replace(first, target=replace(first.target, source=report_fixture.OUTCOME))
    page = Page(report.html(replace(sirolimus(), options=(first, second))))
    assert [t.get("class") for t in page.all("table")].count("table-odds") == 1
    assert "window of Author B 2016, Journal , Methods and of Author D 2020" in page.text
    other = replace(first, target=replace(first.target, high=12.0))
    page = Page(report.html(replace(sirolimus(), options=(first, other))))
    assert [t.get("class") for t in page.all("table")].count("table-odds") == 2
    assert page.text.count("Which next sample would tell most") == 1


@pytest.mark.parametrize("form", [report.html, report.text])
def test_no_row_is_marked_where_none_reaches(form: object) -> None:
    said = form(sirolimus(none_reaches=True))  # type: ignore[operator]
    assert 'row-best"' not in said
    assert "highest odds" not in said
    flat = " ".join(said.split())
    assert "None of these options reaches the window with a probability of at least 50%." in flat


def test_watermarked_options_have_no_best_row() -> None:
    options = replace(sirolimus().options[1], watermark=NOT_FOR_DOSING)
    assert 'class="row-best"' not in report.html(replace(sirolimus(), options=(options,)))


@pytest.mark.parametrize("form", [report.html, report.text])
def test_refused_options_give_the_reason_in_place_of_a_table(form: object) -> None:
    said = form(atg())  # type: ignore[operator]
    assert "only published window is in UE.d/mL" in said
    assert 'table-odds"' not in said
    assert "Measured within" not in said


def test_a_list_without_a_target_is_shown_with_its_reason() -> None:
    options = replace(sirolimus().options[0], target=None, options=(), refused="no target fits")
    said = Page(report.html(replace(sirolimus(), options=(options,)))).text
    assert "No options: No target fits." in said


def test_odds_carry_their_error_and_the_next_sample_its_time() -> None:
    said = Page(report.html(sirolimus())).text
    assert "±1.1" in said
    assert "25 Mar 2025 08:30 +01:00 (day +15)" in said
    assert "Last dose that can still be changed: 23 Mar 2025 09:00 +01:00 (day +13)" in said


# --- watermarks ---------------------------------------------------------------------------------


def test_research_is_not_for_dosing_on_every_page_and_in_every_panel() -> None:
    source = report.html(atg())
    assert '<body class="banded">' in source
    assert '<div class="edge" aria-hidden="true">' in source
    margin = re.search(r"@top-center \{ content: (\"[^\"]*\"); \}", source)
    assert margin is not None
    spelled = re.sub(r"\\([0-9a-f]{6})", lambda m: chr(int(m[1], 16)), margin[1])
    assert spelled == f'"{NOT_FOR_DOSING}"'
    letters = report.text(atg())
    banners = [x for x in letters.splitlines() if x.startswith("!!!!")]
    panels = sum(bool(panel(atg())) for panel in report.PANELS)
    assert len(banners) == panels
    assert all(NOT_FOR_DOSING in x for x in banners)


@pytest.mark.parametrize("part", ["exposure", "options"])
def test_one_watermark_is_enough_for_the_band(part: str) -> None:
    plain = sirolimus()
    if part == "exposure":
        marked = replace(plain, exposures=(replace(plain.exposures[0], watermark=NOT_FOR_DOSING),))
    else:
        marked = replace(plain, options=(replace(plain.options[0], watermark=NOT_FOR_DOSING),))
    assert 'class="banded"' in report.html(marked)
    assert NOT_FOR_DOSING in report.text(marked)


@pytest.mark.parametrize("make", [sirolimus, cart, assessment_of])
def test_without_a_watermark_there_is_no_band(make: object) -> None:
    assert NOT_FOR_DOSING not in report.html(make())  # type: ignore[operator]
    assert NOT_FOR_DOSING not in report.text(make())  # type: ignore[operator]


# --- toxicity and why ---------------------------------------------------------------------------


def test_the_strip_stands_in_letters_in_the_text_form() -> None:
    lines = report.text(cart(), width=200).splitlines()
    crs = next(x for x in lines if x.startswith("crs_astct2019 ") and "2-4" in x)
    whole = [x for x in lines if x.startswith("crs_astct2019 ")]
    assert any(x.split()[1:4] == ["0", "1", "2"] for x in whole)
    assert "?" in crs.split()
    assert any(x.strip().startswith("chart says") for x in lines)
    iechs = next(x for x in lines if x.startswith("iechs_") and "yes" in x and "." in x.split())
    assert iechs.split()[-3:] == ["yes", "yes", "yes"]


def test_a_grade_tells_because_missing_and_what_it_would_settle() -> None:
    said = Page(report.html(cart())).text
    for part in (
        "Grade 2 to 4",
        "At least 2 since day +11 13:00",
        "oxygen need unknown",
        "38.4 Cel",
        "day +16 19:30",
        "assumed by the charting convention",
        "none or nasal cannula: 2; face mask: 3; cpap or ventilator: 4",
        "Score 169 to 301, met",
        "Probability 53% to >99%, by a curve fitted to the published table.",
        "Met, consistent",
        "No neutrophil count in the record.",
        "grade 1 (day 0 16:00) and grade 2 (day +2 12:00)",
    ):
        assert part in said, part


def test_a_sentence_that_begins_with_the_answer_does_not_say_it_twice() -> None:
    answer = grade("crs_astct2019", 0.0, 2, 4, sentence="grade 2 to 4: oxygen need unknown")
    said = Page(report.html(assessment_of(grades=(answer,)))).text
    assert "Grade 2 to 4 : oxygen need unknown." in said
    assert said.lower().count("grade 2 to 4") == 1


def test_what_would_change_nothing_alone_stands_aside() -> None:
    idle = Missing("temperature", (("< 38.0 Cel", 0, 4), (">= 38.0 Cel", 0, 4)))
    telling = Missing("hypotension", (("false", 0, 4), ("true", 2, 4)))
    answer = grade("crs_astct2019", 0.0, 0, 4, missing=(idle, telling))
    said = Page(report.html(assessment_of(grades=(answer,)))).text
    assert "absent: 0 to 4; present: 2 to 4" in said
    assert "no change by one of these alone temperature" in said


def test_a_criterion_that_never_applied_is_named_and_takes_no_row() -> None:
    days = tuple(Day(i, grade("icans_astct2019", 24.0 * i, None, None)) for i in range(3))
    answer = replace(cart(), daily={**cart().daily, "icans_astct2019": days})
    assert "On no day applied: ICANS (ASTCT 2019)." in Page(report.html(answer)).text
    assert "icans_astct2019 " not in report.text(answer)


def test_advice_is_grouped_by_what_can_be_told() -> None:
    said = Page(report.html(sirolimus())).text
    said = said[said.index("Advice from guidance and labels") :]
    order = [
        "Applies here",
        "Posaconazole with sirolimus",
        "US label 2022",
        "Cannot tell yet",
        "Sirolimus in liver impairment",
        "Lacks: total bilirubin and albumin.",
        "Oxford 2009 level 4 (C), assigned by us from the design.",
        "Considered, does not apply here",
        "No ATG in this record.",
        "Units of ATG",
    ]
    places = [said.index(part) for part in order]
    assert places == sorted(places)


def test_what_statements_of_a_topic_share_is_said_once() -> None:
    crs = [
        Advice(
            replace(rule(f"crs{n}", f"CRS grade {n}", "in full"), topic="CRS"),
            Truth.UNKNOWN, (Because("temperature", 280.0, "38.4 Cel"),), ("oxygen_device",),
            "CRS grade 1 to 4",
        )
        for n in (1, 2)
    ]  # fmt: skip
    alone = replace(crs[0], missing=("hypotension",), detail="")
    said = report.text(assessment_of(advice=(*crs, alone)))
    assert said.count("CRS grade 1 to 4") == 1
    assert said.count("38.4 Cel") == 1
    assert said.count("Lacks: ") == 2
    assert "in full" not in said
    full = report.text(assessment_of(advice=(crs[0],)))
    assert "in full" in full.lower()


def test_statements_that_apply_alike_share_their_reason() -> None:
    tma = [
        Advice(
            replace(rule(f"tma{n}", f"Step {n}", f"statement {n}"), topic="TMA"),
            Truth.MET, (Because("schistocytes", 280.0, "present"),), (), "4 of 7 features",
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    said = report.text(assessment_of(advice=tuple(tma)))
    assert said.count("4 of 7 features") == 1
    assert "TMA, the next 3." in said
    assert [said.index(f"Statement {n}.") for n in (1, 2, 3)]


def test_other_ways_and_what_would_change_it_stand_with_the_statement() -> None:
    ours = Source("our own reading")
    step = replace(
        rule("step", "A step", "one way"),
        alternatives=(Alternative("another way", ours, Standing.HYPOTHESIS),),
        would_change=("infection",),
    )
    said = report.text(assessment_of(advice=(Advice(step, Truth.MET, (), (), ""),)))
    assert "- Another way. our own reading. [hypothesis]" in said
    assert "What would change it: Infection." in said


def test_many_statements_that_do_not_apply_are_counted_by_topic() -> None:
    others = tuple(
        Advice(replace(rule(f"o{n}", f"Title {n}", "x"), topic="SOS"), Truth.NOT_MET, (), (),
               "no graft")
        for n in range(3)
    )  # fmt: skip
    said = report.text(assessment_of(advice=others))
    assert "SOS: 3 statements" in said
    assert "Title 1" not in said


def test_what_was_given_is_summed_and_says_what_is_unknown() -> None:
    given = Tally(
        since=0.0, since_what="axicabtagene",
        steroids=(Given("dexamethasone", "dexamethasone", 3, 40.0, 1, 60.0, 84.0),),
        prednisone=266.667, dexamethasone=40.0, per_kg=3.81, at_least=True, days=2,
        others=(Given("tocilizumab", "tocilizumab", 1, None, 1, 48.0, 48.0),
                Given("anakinra", "anakinra", 0, None, 0, None, None)),
        notes=("3 steroid dose(s) without a route are taken as oral or intravenous",),
    )  # fmt: skip
    said = report.text(assessment_of(given=given), width=200)
    assert "Counted from axicabtagene" in said
    assert "at least 40.0 mg" in said
    assert re.search(r"tocilizumab +1 +not known", said)
    assert re.search(r"anakinra +0", said)
    assert "at least 267 mg of prednisone equivalent, 3.8 mg/kg (40.0 mg of dexamethasone)" in said
    assert "GIVEN SO FAR" not in report.text(assessment_of())


def test_each_caution_is_said_with_where_it_belongs() -> None:
    said = report.text(sirolimus(), width=200)
    part = said[said.index("\nCAUTIONS\n") :]
    assert "The time of knowing the first level was assumed" in part
    assert "(sirolimus_made_up)" in part
    assert "(options for sirolimus)" in part


def test_sources_carry_their_standing_and_a_way_to_them() -> None:
    page = Page(report.html(sirolimus()))
    assert "doi:10.1000/a" in page.text
    assert "read as abstract only." in page.text
    assert "provisional" in page.text
    assert any(a["href"] == "https://doi.org/10.1000/a" for a in page.all("a"))


# --- the text form ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("make", pages())
def test_no_line_is_wider_than_asked(make: object, width: int) -> None:
    said = report.text(make(), width=width)  # type: ignore[operator]
    assert max(len(x) for x in said.splitlines()) <= width
    assert all(x == x.rstrip() for x in said.splitlines())


def test_a_table_lines_up() -> None:
    lines = report.text(sirolimus()).splitlines()
    start = next(i for i, x in enumerate(lines) if x.startswith("Day ") and "Kind" in x)
    columns = [m.start() for m in re.finditer(r"-+", lines[start + 1])]
    for line in lines[start + 2 : start + 8]:
        assert all(c == 0 or line[c - 1] == " " for c in columns if c < len(line))
        assert line[columns[-1]] != " "


def test_too_narrow_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 40"):
        report.text(sirolimus(), width=39)


# --- paper --------------------------------------------------------------------------------------


def test_a_missing_renderer_is_said_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(report.MissingExtra, match=r"equipoise\[pdf\]") as error:
        report.pdf(sirolimus(), tmp_path / "report.pdf")
    assert error.value.extra == "pdf"
    assert not (tmp_path / "report.pdf").exists()


def test_the_renderer_gets_the_page_and_may_fetch_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, object] = {}

    class Document:
        def __init__(self, string: str, url_fetcher: object) -> None:
            seen.update(string=string, fetch=url_fetcher)

        def write_pdf(self, target: str) -> None:
            Path(target).write_text("paper")

    monkeypatch.setitem(sys.modules, "weasyprint", SimpleNamespace(HTML=Document))
    report.pdf(cart(), tmp_path / "report.pdf")
    assert seen["string"] == report.html(cart())
    assert (tmp_path / "report.pdf").read_text() == "paper"
    with pytest.raises(ValueError, match="fetches nothing"):
        seen["fetch"]("https://example.org/x.css")  # type: ignore[operator]


def test_the_style_serves_paper() -> None:
    style = report.html(assessment_of()).split("<style>")[1].split("</style>")[0]
    for wanted in (
        "size: A4",
        "break-inside: avoid",
        "print-color-adjust: exact",
        "display: table-header-group",
        "tabular-nums",
    ):
        assert wanted in style
    printed = style[style.index("@media print") :]
    sizes = [float(s) for s in re.findall(r"font-size: ([\d.]+)pt", printed)]
    assert min(sizes) >= 9.0


# --- how things are written ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (8.147, "8.1"), (12.44, "12.4"), (123.4, "123"), (4141.0, "4,140"), (0.0123, "0.012"),
        (0.0, "0"), (800_000.0, "800,000"), (1.2e8, "1.20e8"), (-0.04, "-0.040"),
        (math.inf, "unknown"),
    ],
)  # fmt: skip
def test_numbers_have_two_or_three_digits(value: float, said: str) -> None:
    assert words.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "<1%"), (0.004, "<1%"), (0.166, "17%"), (0.995, ">99%"), (1.0, ">99%")],
)
def test_odds_are_never_rounded_to_certainty(value: float, said: str) -> None:
    assert words.percent(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.43, "the levels narrowed this by 43%"),
        (0.0, "the levels did not narrow this"),
        (-0.1, "the levels widened this by 10%"),
        (math.nan, "no level yet"),
    ],
)
def test_what_levels_told_is_said_in_words(value: float, said: str) -> None:
    assert words.gain(value) == said


def test_a_day_is_a_calendar_day_of_the_offset() -> None:
    clock = Clock("2025-03-10T22:00:00+01:00")
    assert clock.short(1.9) == "day 0 23:54"
    assert clock.short(2.0) == "day +1 00:00"
    assert clock.short(-22.5) == "day -1 23:30"
    assert clock.full(50.0) == "13 Mar 2025 00:00 +01:00 (day +3)"
    assert clock.short(None) == clock.short(math.nan) == "time unknown"
    assert clock.midnight(1) == 2.0


def test_an_empty_answer_is_still_a_report() -> None:
    empty: Assessment = assessment_of(header=())
    page = Page(report.html(empty))
    assert NONE_OPEN in page.text
    assert "No caution was raised." in page.text
    assert page.all("table") == []


def test_names_of_limits_and_baselines_are_said_as_people_say_them() -> None:
    assert words.plain("upper limit of ast") == "upper limit of AST"
    assert words.plain("lower limit of fibrinogen") == "lower limit of fibrinogen"
    assert words.plain("baseline agvhd_stage_upper_gi") == "baseline acute GVHD stage, upper gut"
    assert words.plain("baseline platelets") == "baseline platelets"
