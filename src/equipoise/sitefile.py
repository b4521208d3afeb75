"""Small TOML files that a site writes: limits, offers, strategies, conventions, a formulary."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


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
