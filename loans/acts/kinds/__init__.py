"""The kinds of acts, a file for each sort of help or change. Importing this package declares them all."""

from loans.acts.kinds import capitalising, charges, holds, losses, terms

__all__ = ["capitalising", "charges", "holds", "losses", "terms"]
