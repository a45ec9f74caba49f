"""What the contract needs to know of a kind: all of it comes with awsbase, for the kinds of other people."""

from awsbase.testing.sample import (
    ACCOUNT,
    HOME,
    OREGON,
    Sample,
    Tampering,
    account,
    go,
    problems,
    risky,
    said,
)

__all__ = [
    "ACCOUNT",
    "HOME",
    "OREGON",
    "Sample",
    "Tampering",
    "account",
    "go",
    "problems",
    "risky",
    "said",
]
