"""Control streams as models, for tests: from a file of tests/streams, or from parts."""

from __future__ import annotations

from pathlib import Path

from equipoise.model import Model
from equipoise.modelfile import load
from equipoise.nonmem import Naming, read_stream, translate, write_model

STREAMS = Path(__file__).parent / "streams"
NAMES = tuple(sorted(p.stem for p in STREAMS.glob("*.mod")))


def imported(text: str, folder: Path, name: str = "stream") -> Model:
    """The model of a stream's text, written to a folder and read from there."""
    path = folder / f"{name}.py"
    found = translate(read_stream(text))
    path.write_text(write_model(found, Naming(name, f"{name}.mod")), encoding="utf-8")
    return load(str(path), {})


def imported_file(name: str, folder: Path) -> Model:
    """The model of a file in tests/streams."""
    return imported((STREAMS / f"{name}.mod").read_text(encoding="utf-8"), folder, name)


def stream(
    pk: str,
    *,
    advan: str = "ADVAN1 TRANS2",
    error: str = "Y = F + EPS(1)",
    columns: str = "ID TIME AMT RATE EVID DV",
    thetas: str = "1",
    omega: str = "0.1",
    sigma: str = "1",
    model: str = "",
    des: str = "",
    more: str = "",
) -> str:
    """A stream made of parts; $SUBROUTINES stands on line 4, $PK's first line is line 6."""
    parts = [
        "$PROBLEM test",
        f"$INPUT {columns}",
        "$DATA data.csv IGNORE=@",
        f"$SUBROUTINES {advan}",
        f"$PK\n{pk}",
        *([f"$MODEL {model}"] if model else []),
        *([f"$DES\n{des}"] if des else []),
        f"$ERROR\n{error}",
        f"$THETA {thetas}",
        f"$OMEGA {omega}",
        f"$SIGMA {sigma}",
        *([more] if more else []),
    ]
    return "\n".join(parts) + "\n"
