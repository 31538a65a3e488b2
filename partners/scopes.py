"""What a key may do. A scope is one right over one resource; a read-only key holds only the reading half."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SCOPES: dict[str, str | Promise] = {
    "products:read": _("See products and calculate quotes"),
    "borrowers:read": _("See borrowers it brought in, personal data masked"),
    "borrowers:write": _("Register borrowers, their consents, contact points, incomes, debts and bank accounts"),
    "borrowers:read_personal": _("See personal data of its borrowers unmasked"),
    "applications:read": _("See applications it made, with decisions and offers"),
    "applications:write": _("Make, submit and withdraw applications"),
    "offers:accept": _("Accept an offer for the borrower"),
    "loans:read": _("See loans, schedules, transactions and payoff quotes"),
    "repayments:read": _("See repayments"),
    "repayments:write": _("Report repayments"),
    "repayments:reverse": _("Reverse a repayment it reported"),
    "loans:act": _("Change running loans: fees, holds, dates, plans"),
    "policies:write": _("Pledge policies for its loans, record cash values, review and release them"),
    "loans:reverse": _("Reverse waivers, extensions and refunds, with a key that may change every origin"),
    "evidence:read": _("See which evidence it brought, without its content"),
    "evidence:write": _("Bring evidence about its borrowers, applications and loans"),
    "tasks:read": _("See what is asked of it about its own, without anything of the house"),
    "tasks:answer": _("Answer what is asked of it, make requests and complaints"),
    "tasks:read_house": _("See tasks of the lender, with a key that sees every origin: for its own programs"),
    "tasks:write": _(
        "Raise, take and end tasks of the lender, with a key that may change every origin: for its own programs"
    ),
    "books:read": _("See the books of the lender: trial balance and lines of accounts"),
    "portfolio:read": _("See objects of every origin, not only its own"),
    "portfolio:write": _("Change objects of every origin, not only its own, as far as its other scopes go"),
}
# What a key may see and what it may change reach to two separate ends: neither scope holds anything of the other.
SEE_EVERY_ORIGIN, CHANGE_EVERY_ORIGIN = "portfolio:read", "portfolio:write"
_GIVEN_ON_PURPOSE = frozenset({SEE_EVERY_ORIGIN, "books:read", "borrowers:read_personal", "tasks:read_house"})


def unknown(scopes: Iterable[str]) -> list[str]:
    """The names that are no scopes, in the order given."""
    return [scope for scope in scopes if scope not in SCOPES]


def is_reading(scope: str) -> bool:
    """Whether the scope changes nothing: the only kind a read-only key may use."""
    return scope.partition(":")[2].startswith("read")


def usual() -> list[str]:
    """What a new key has ticked: nothing that writes, sees personal data, the books or what others brought in."""
    return [scope for scope in SCOPES if is_reading(scope) and scope not in _GIVEN_ON_PURPOSE]
