"""The kinds of acts, a file for each sort of help or change. Importing this package declares them all."""

from loans.acts.kinds import charges, holds, losses, replanning, terms

__all__ = ["charges", "holds", "losses", "replanning", "terms"]
