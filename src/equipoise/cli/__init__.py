"""The command line: decodes arguments, calls the package, prints; computes nothing clinical."""

from equipoise.cli.entry import main

__all__ = ["main"]
