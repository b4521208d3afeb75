"""The report: one assessment as a page, as text, as a PDF. It renders and computes nothing."""

from equipoise.report.html import html
from equipoise.report.panels import PANELS
from equipoise.report.pdf import MissingExtra, pdf
from equipoise.report.text import text

__all__ = ["PANELS", "MissingExtra", "html", "pdf", "text"]
