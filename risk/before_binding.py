"""What risk hands the gate: score, limit, means and the do-not-lend list, read anew each time the house would be bound."""

from loans.gate.facts import provide_credit
from risk.people import credits_of

provide_credit(credits_of)
