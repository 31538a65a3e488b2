"""The kinds of acts, a file for each sort of help or change. Importing this package declares them all."""

from loans.acts.kinds import (
    capitalising,
    charges,
    credits,
    extending,
    holds,
    late_rates,
    lines,
    losses,
    money,
    redating,
    replanning,
    terms,
)

__all__ = [
    "capitalising",
    "charges",
    "credits",
    "extending",
    "holds",
    "late_rates",
    "lines",
    "losses",
    "money",
    "redating",
    "replanning",
    "terms",
]
