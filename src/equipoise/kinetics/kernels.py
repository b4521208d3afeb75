"""Compiling: plain functions in, machine code out, kept on disk across processes.

A kernel is a small module written to the user's cache directory (`EQUIPOISE_CACHE`, else
`XDG_CACHE_HOME/equipoise`, else `~/.cache/equipoise`): the plain functions of this package, and
for a `System` its own rates, unrolled over states (`stages.py`). numba keeps the machine code
beside it. Files are named by a hash of their text and of the versions that matter, and are put in
place by a rename, so that processes may race. Where the directory cannot be written the kernel is
compiled in memory, once a process.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import inspect
import linecache
import os
import platform
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

on_compile: Callable[[str], None] | None = None
"""Called with a kernel's name before a compile that is not on disk; a face may announce it."""

algebra = True
"""Whether the compiler may need linear algebra in this process, for code that is not ours. A face
whose process compiles kernels alone says no, and saves the tenth of a second that it takes to load.
"""

_loaded: dict[str, ModuleType] = {}
_lock = threading.Lock()

# Fused operations, signed zeros and reciprocals cannot hide a NaN, which steps rely on seeing.
FASTMATH = ("contract", "nsz", "arcp")


def cache_directory() -> Path:
    """Where compiled kernels are kept; it need not exist yet."""
    chosen = os.environ.get("EQUIPOISE_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "equipoise"


@functools.cache
def source_of(*functions: Callable[..., Any], how: str = "compiled") -> str:
    """The text of plain functions, each decorated for compilation.

    how  `compiled`; `lean`, for those that allocate nothing; `within`, for lean ones that only
         compiled functions call; `exact`, for such that are to be rounded alike wherever they are
         compiled; `inside`, for those that are to be part of what calls them; `plain`, as it is
    """
    mark = "" if how == "plain" else f"@{how}\n"
    return "\n\n".join(mark + inspect.getsource(each) for each in functions)


def constants(**values: float) -> str:
    """Assignments that a kernel's functions see as global constants."""
    return "\n".join(f"{name} = {value!r}" for name, value in values.items())


def load(name: str, parts: Sequence[str]) -> ModuleType:
    """The module made of these parts, compiled functions inside, from disk where possible.

    name   for people: it appears in the file's name and in the announcement
    Fails  SyntaxError when the parts are no Python.
    """
    if not algebra:
        _without_algebra()
    import numba
    from llvmlite import binding  # type: ignore[import-untyped]

    body = "\n\n".join(parts)
    identity = "\n".join(
        (
            body,
            repr(FASTMATH),
            numba.__version__,
            platform.python_version(),
            binding.get_host_cpu_name(),
        )
    )
    key = f"{name}_{hashlib.sha256(identity.encode()).hexdigest()[:24]}"
    with _lock:
        if key not in _loaded:
            _loaded[key] = _load(name, key, body)
        return _loaded[key]


def announce(module: ModuleType) -> None:
    """Say that a module is about to be compiled, unless its machine code is on disk."""
    if not getattr(module, "ANNOUNCED", False):
        module.ANNOUNCED = True  # type: ignore[attr-defined]
        kept = Path(module.__file__).with_suffix(".done") if module.__file__ else None
        if on_compile is not None and (kept is None or not kept.exists()):
            on_compile(module.TITLE)


def note(module: ModuleType) -> None:
    """Note on disk that a module's machine code is kept, so that nobody announces it again."""
    if getattr(module, "NOTED", False):
        return
    module.NOTED = True  # type: ignore[attr-defined]
    if module.__file__:
        try:
            Path(module.__file__).with_suffix(".done").touch()
        except OSError:
            return


def callback(module: ModuleType, function: Callable[..., Any], signature: Any) -> int:
    """The address of a plain function of a kernel, compiled, from disk where possible."""
    from numba import cfunc

    kept = module.__file__ is not None
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": set(FASTMATH)}
    compiled = cfunc(signature, cache=kept, **options)(function)
    # The machine code lives as long as this does.
    module.__dict__.setdefault("CALLBACKS", []).append(compiled)
    address: Any = compiled.address
    return int(address)


def _without_algebra() -> None:
    """Load the compiler as it loads where scipy is not installed."""
    if "scipy.linalg" in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules["scipy.linalg"]


def _load(name: str, key: str, body: str) -> ModuleType:
    path = cache_directory() / f"equipoise_{key}.py"
    kept = True
    text = _text(name, body, cached=True)
    try:
        if not path.exists():
            _write(path, text)
    except OSError:
        kept = False
    if not kept:
        return _in_memory(name, key, body)
    # Where the directory has become unwritable but holds no machine code, numba refuses.
    try:
        return _import(path, key)
    except RuntimeError:
        return _in_memory(name, key, body)


def _text(name: str, body: str, *, cached: bool) -> str:
    return (
        f'"""Kernel {name}, written by equipoise.kinetics.kernels; safe to delete."""\n\n'
        "import math\n\nimport numpy as np\nfrom numba import carray, njit\n\n"
        f"TITLE = {name!r}\n"
        "settings = dict(\n    nogil=True, no_cfunc_wrapper=True, error_model='numpy',\n"
        f"    cache={cached}, fastmath=set({FASTMATH!r})\n)\n"
        "compiled = njit(**settings)\n"
        "# For functions that allocate nothing; those within are not called from outside.\n"
        "lean = njit(_nrt=False, **settings)\n"
        "within = njit(_nrt=False, no_cpython_wrapper=True, **settings)\n"
        "exact = njit(_nrt=False, no_cpython_wrapper=True, **(settings | dict(fastmath=False)))\n"
        "inside = njit(_nrt=False, no_cpython_wrapper=True, forceinline=True, **settings)\n\n"
        f"{body}\n"
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _import(path: Path, key: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"equipoise_{key}", path)
    if specification is None or specification.loader is None:
        raise RuntimeError(f"cannot import the kernel {path}")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def _in_memory(name: str, key: str, body: str) -> ModuleType:
    module = ModuleType(f"equipoise_{key}")
    module.__file__ = None
    text = _text(name, body, cached=False)
    filename = f"<{module.__name__}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module
    exec(compile(text, filename, "exec"), module.__dict__)
    return module
