"""The version of the package, and what stands under all that it says, once."""

VERSION = "0.1.0"

DISCLAIMER = (
    "Research and education. Not cleared or CE-marked. Not for clinical use without local "
    "validation under the user's responsibility."
)
