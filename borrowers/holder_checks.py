"""Asking a bank whose an account is, behind one protocol: does the name and the document fit the account?"""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

MATCH, NO_MATCH, NO_ANSWER, LATER = "match", "no_match", "no_answer", "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderQuestion:
    """Is the account that of this person? ``times_asked`` counts how often the bank was asked about it before."""

    holder_name: str
    identity_number: str
    bank_name: str
    account_number: str
    times_asked: int = 0


class HolderCheckUnreachable(Exception):
    """No answer: nothing is known, and the bank is asked again."""


class HolderCheck(Protocol):
    """A bank that tells whose an account is."""

    def ask(self, question: HolderQuestion) -> str:
        """``match``, ``no_match``, or ``later`` where the bank takes its time. Raises HolderCheckUnreachable."""


class SimulatedHolderCheck:
    """A simulated bank. The last four digits of the account choose the answer: 1021 is somebody else's, 1022 does not
    answer, 1023 answers when it is asked a second time; any other account is that of whoever is asked about."""

    def ask(self, question: HolderQuestion) -> str:
        match question.account_number[-4:]:
            case "1021":
                return NO_MATCH
            case "1022":
                raise HolderCheckUnreachable("the simulated bank did not answer")
            case "1023" if not question.times_asked:
                return LATER
        return MATCH


def holder_check() -> HolderCheck:
    """The bank this installation asks."""
    adapter: type[HolderCheck] = import_string(settings.HOLDER_CHECK_ADAPTER)
    return adapter()
