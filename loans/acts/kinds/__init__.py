"""The kinds of acts, a file for each sort of help or change. Importing this package declares them all."""

from loans.acts.kinds import charges, terms

__all__ = ["charges", "terms"]
