"""Small TOML files that a site writes (limits, offers, ...), and names written wrongly."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any


def hint(name: str, known: Iterable[str], otherwise: str = "", *, cutoff: float = 0.6) -> str:
    """The remedy for a name that is not there: the nearest that is, else what is said otherwise
    (all of them, where nothing is).
    """
    names = list(known)
    near = get_close_matches(name, names, n=1, cutoff=cutoff)
    return f"did you mean {near[0]}?" if near else otherwise or f"known are {', '.join(names)}"


def read_toml(path: str | Path, what: str, failure: type[ValueError]) -> dict[str, Any]:
    """What a site's file holds.

    what   what it is, for the sentence: "offer", "strategy"
    Fails  `failure` in one sentence for a file that cannot be read, is not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise failure(f"{what} {path} cannot be read: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise failure(f"{what} {path} is not text: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise failure(f"{what} {path} is not TOML: {error}") from None
    except RecursionError:
        raise failure(f"{what} {path} is nested too deep: write it as the manual has it") from None
