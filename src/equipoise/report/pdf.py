"""The report on paper, by WeasyPrint where it is installed."""

from __future__ import annotations

import importlib
from pathlib import Path

from equipoise.assessment import Assessment
from equipoise.report.html import html


class MissingExtra(RuntimeError):  # noqa: N818 - reads as what it is: a missing extra
    """An optional part is not installed; `extra` is its name."""

    def __init__(self, extra: str, what: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs the extra [{extra}]: pip install 'equipoise[{extra}]'")


def pdf(assessment: Assessment, path: Path | str) -> None:
    """Write the page as a PDF; nothing is fetched while it is made.

    Fails  MissingExtra where WeasyPrint, or a library that it needs, is not installed.
    """
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError) as error:
        raise MissingExtra("pdf", "a PDF report") from error
    document = weasyprint.HTML(string=html(assessment), url_fetcher=_refuse)
    document.write_pdf(str(path))


def _refuse(url: str, *_rest: object, **_more: object) -> dict[str, object]:
    raise ValueError(f"a report fetches nothing, asked for {url!r}")
