"""The kinds of acts, a file for each sort of help or change. Importing this package declares them all."""

from loans.acts.kinds import capitalising, charges, credits, holds, late_rates, losses, replanning, terms

__all__ = ["capitalising", "charges", "credits", "holds", "late_rates", "losses", "replanning", "terms"]
