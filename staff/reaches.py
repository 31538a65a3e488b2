"""How far the eyes of a role reach: the table that ``staff.visibility`` asks."""

from collections.abc import Iterable
from enum import StrEnum


class Reach(StrEnum):
    """How far somebody sees."""

    EVERYTHING = "everything"
    TAKEN = "taken"  # what the person took in themselves, and what nobody of the house did
    # What waits for an underwriter, identities to confirm among it, and what the person has or had in hand.
    REFERRED = "referred"
    ASSIGNED = "assigned"  # cases given to the person, and open ones given to nobody


# The role table says what somebody may do, this one with whose. `tests/staff/test_visibility.py` holds every role to it.
REACHES: dict[str, Reach] = {
    "officer": Reach.TAKEN,
    "underwriter": Reach.REFERRED,
    "collector": Reach.ASSIGNED,
    "checker": Reach.EVERYTHING,
    "operations": Reach.EVERYTHING,
    "team_lead": Reach.EVERYTHING,
    "risk_analyst": Reach.EVERYTHING,
    "finance": Reach.EVERYTHING,
    "compliance": Reach.EVERYTHING,
    "administrator": Reach.EVERYTHING,
}


def reaches_of_roles(names: Iterable[str]) -> frozenset[Reach]:
    """How far somebody with these roles sees; everything is beside nothing else."""
    found = frozenset(REACHES[role] for role in names if role in REACHES)
    return frozenset({Reach.EVERYTHING}) if Reach.EVERYTHING in found else found
