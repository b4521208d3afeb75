"""The report as one page: no script, no request to anywhere, the same bytes for the same answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from equipoise.assessment import NOT_FOR_DOSING, Assessment
from equipoise.report.blocks import Block, Heading
from equipoise.report.opening import not_for_dosing
from equipoise.report.panels import PANELS
from equipoise.report.svg import Drawing
from equipoise.report.words import Clock

RESOLVER = "https://doi.org/"
"""The only address that a report leads to, and only where a reader follows a citation."""


def html(assessment: Assessment) -> str:
    """A self-contained page of one assessment.

    Everything in it is escaped; drawings, style and words stand in the file itself.
    """
    clock = Clock(assessment.day0)
    sections = [s for s in (_section(panel(assessment)) for panel in PANELS) if s is not None]
    counter = _Counter()
    moment = clock.full(assessment.at)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            assessment=assessment,
            moment=moment,
            sections=sections,
            band=NOT_FOR_DOSING if not_for_dosing(assessment) else "",
            style=Markup(_style()),  # ours, from the package
            foot_left=Markup(_css_text(f"Record {assessment.record}, {moment}")),
            foot_band=Markup(_css_text(NOT_FOR_DOSING)),
            drawing=counter.drawing,
            doi=_doi,
        )
    )


def page(
    title: str, about: str, sections: Sequence[tuple[str, Sequence[Block]]], *, band: str = ""
) -> str:
    """A self-contained page of blocks that is not of one assessment.

    about     a few words beside the product's name
    sections  (name, blocks), in reading order
    band      words across every page, where nothing may be dosed by it
    """
    return (
        _environment()
        .get_template("plain.html.j2")
        .render(
            title=title,
            about=about,
            sections=sections,
            band=band,
            style=Markup(_style()),  # ours, from the package
            foot_left=Markup(_css_text(title)),
            foot_band=Markup(_css_text(band)),
            drawing=_Counter().drawing,
            doi=_doi,
        )
    )


class _Counter:
    """Numbers the drawings of one page, in reading order."""

    def __init__(self) -> None:
        self.count = 0

    def drawing(self, drawn: Drawing, css_class: str) -> Markup:
        self.count += 1
        return Markup(drawn.markup(f"drawing-{self.count}", css_class=css_class))


def _section(blocks: Sequence[Block]) -> tuple[str, Sequence[Block]] | None:
    """A panel with its name for the page, which is its first heading; None where it is empty."""
    if not blocks:
        return None
    name = next((b.text for b in blocks if isinstance(b, Heading) and b.level == 2), "head")
    return name.lower().replace(" ", "-"), blocks


def _doi(doi: str) -> str:
    return RESOLVER + quote(doi, safe="/()._-;:<>+").replace("<", "%3C").replace(">", "%3E")


def _css_text(text: str) -> str:
    """A string of CSS in which nothing can end the string or the style element."""
    return (
        '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text) + '"'
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("equipoise.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _style() -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, "style.css")[0]
