"""The version of the package, once."""

VERSION = "0.1.0"
