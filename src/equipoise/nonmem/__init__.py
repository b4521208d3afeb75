"""NONMEM control streams as model files.

`read_stream` takes a stream apart, `translate` finds the model in it, `write_model` writes it as
Python source. What cannot be translated is refused with its line; nothing is approximated.
"""

from equipoise.nonmem.estimates import read_estimates
from equipoise.nonmem.stream import ControlStream, read_stream
from equipoise.nonmem.syntax import Line, StreamError
from equipoise.nonmem.translation import Translation, translate
from equipoise.nonmem.writing import Naming, write_model

__all__ = [
    "ControlStream",
    "Line",
    "Naming",
    "StreamError",
    "Translation",
    "read_estimates",
    "read_stream",
    "translate",
    "write_model",
]
