"""Who may decide on a request: another person, who holds the right at that moment, and whose account is nobody's tool.

One place for every door. What counts is read anew: rights by roles (``staff.rights``), rights lent until a date
(``audit.delegations``), and who made whose account (``staff.models.AccountTie``) within the days of the rule ``two_people``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.kinds import RULE, asking_rights
from audit.models import Approval, Delegation
from core.errors import DomainError, NotAllowed
from core.rules import rule
from staff.models import User
from staff.rights import rights_of

# How a request notes that a superuser asked for it, who holds no right to ask by any role.
BY_SUPERUSER = "superuser"

# Whose tool an account may be: of each asked person the people above it, with whether every step to them was one person's
# alone. Two people are tied where one stands above the other, or one person alone stands above both.
_ABOVE = """
WITH RECURSIVE above (root, who, alone) AS (
    SELECT root, root, true FROM unnest(%s::bigint[]) AS root
     UNION
    SELECT above.root, t.by_id, above.alone AND t.agreed_by_id IS NULL
      FROM above JOIN staff_accounttie t ON t.account_id = above.who AND t.at >= %s)
SELECT root, who, bool_or(alone) FROM above WHERE root <> who GROUP BY root, who
"""


class SecondPersonNeeded(NotAllowed):
    code = "second_person_needed"
    message = _("You made this request. Another person must decide on it.")


class ApprovalNotPermitted(NotAllowed):
    code = "approval_not_permitted"
    message = _("Deciding on this request needs the permission %(permission)s.")


class AccountsNotIndependent(NotAllowed):
    """Both accounts may be in one hand: one made the other, or one person made both alone."""

    code = "accounts_not_independent"
    message = _(
        "Your account and that of %(requester)s do not count as two people: within %(days)s days one of them made the "
        "other, gave it roles or set its password, or one person did so for both. Somebody else must decide."
    )


class DeciderInactive(NotAllowed):
    code = "decider_inactive"
    message = _("Your account is not active: it decides on nothing.")


class RightLentByRequester(NotAllowed):
    """Through a delegation nobody decides on what either side of it asked for."""

    code = "right_lent_by_requester"
    message = _("A right was lent between you and %(requester)s: neither decides on what the other asks for with it.")


class RequesterInactive(DomainError):
    code = "requester_inactive"
    message = _("%(requester)s, who asked for this, is no longer active. Reject it; somebody else may ask again.")


class RequesterRightGone(DomainError):
    code = "requester_right_gone"
    message = _("%(requester)s may no longer ask for this (%(permission)s). Reject it; somebody else may ask again.")


def accounts_made_within(on: date) -> int:
    """For how many days who made an account, gave it roles or set its password is no second person to it."""
    return int(rule(RULE, on)["accounts_made_within_days"])


def ties_of(people: Collection[int], on: date) -> dict[int, frozenset[int]]:
    """For each of ``people``, with whom of them they are tied. One statement."""
    since = timezone.now() - timedelta(days=accounts_made_within(on))
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [sorted(people), since])
        rows: list[tuple[int, int, bool]] = cursor.fetchall()
    above: dict[int, dict[int, bool]] = {person: {} for person in people}
    for root, who, alone in rows:
        above[root][who] = alone
    return {one: frozenset(other for other in people if other != one and _tied(one, other, above)) for one in people}


def _tied(one: int, other: int, above: Mapping[int, Mapping[int, bool]]) -> bool:
    if one in above[other] or other in above[one]:
        return True
    return any(alone and above[other].get(who, False) for who, alone in above[one].items())


def require_independent(person: User, other: User | None, on: date) -> None:
    """That ``person`` and ``other``, who did the first half of something, are two people. Raises AccountsNotIndependent."""
    if other is not None and other.pk in ties_of({person.pk, other.pk}, on)[person.pk]:
        raise AccountsNotIndependent(requester=str(other), days=accounts_made_within(on))


@dataclass(frozen=True, slots=True)
class Bench:
    """One person before requests of others on a day: what they hold, what was lent to them, to whom they are tied."""

    person: User
    days: int
    rights: frozenset[str]
    rights_of_requesters: Mapping[int, frozenset[str]]
    ties: Mapping[int, frozenset[int]]
    lent: tuple[Delegation, ...]
    active: bool

    def may(self, permission: str) -> bool:
        """Whether the person holds the right, of their own or lent."""
        return permission in self.rights or any(row.permission == permission for row in self.to_me)

    @property
    def to_me(self) -> list[Delegation]:
        return [row for row in self.lent if row.given_to_id == self.person.pk]

    def refusal(self, approval: Approval, permission: str) -> DomainError | None:
        """Why the person may not decide on ``approval``, which needs ``permission``; None where they may."""
        asked_by = approval.requested_by_id
        if asked_by == self.person.pk:
            return SecondPersonNeeded()
        if not self.active:
            return DeciderInactive()
        if not self.may(permission):
            return ApprovalNotPermitted(permission=permission)
        if asked_by is None:
            return None
        who = str(approval.requested_by)
        if asked_by in self.ties[self.person.pk]:
            return AccountsNotIndependent(requester=who, days=self.days)
        return self._lent_between(asked_by, permission, who)

    def _lent_between(self, asked_by: int, permission: str, who: str) -> DomainError | None:
        rows = [row for row in self.lent if row.permission == permission]
        if any(row.given_by_id == self.person.pk and row.given_to_id == asked_by for row in rows):
            return RightLentByRequester(requester=who)
        if permission in self.rights:
            return None
        givers = {row.given_by_id for row in rows if row.given_to_id == self.person.pk}
        free = {giver for giver in givers if giver != asked_by and asked_by not in self.ties.get(giver, frozenset())}
        return None if free else RightLentByRequester(requester=who)

    def gone(self, approval: Approval) -> DomainError | None:
        """Why nobody approves ``approval`` any more: who asked has left, or lost the right to ask."""
        requester = approval.requested_by
        if requester is None:
            return None
        if not requester.is_active:
            return RequesterInactive(requester=str(requester))
        needed = approval.asked_with
        if needed == BY_SUPERUSER:
            return None if requester.is_superuser else RequesterRightGone(requester=str(requester), permission=needed)
        if needed and needed not in self.rights_of_requesters[requester.pk]:
            return RequesterRightGone(requester=str(requester), permission=needed)
        return None


def bench(person: User, approvals: Iterable[Approval], on: date) -> Bench:
    """What deciding on ``approvals`` rests on, read anew in five statements however many they are."""
    lent = tuple(Delegation.objects.standing(on).of(person))
    people = {person.pk, *(row.given_by_id for row in lent)}
    requesters = {approval.requested_by_id for approval in approvals} - {None}
    rights = rights_of({*people, *requesters})  # type: ignore[arg-type]
    active = User.objects.filter(pk=person.pk, is_active=True).exists()
    return Bench(
        person=person,
        days=accounts_made_within(on),
        rights=rights[person.pk] if active else frozenset(),
        rights_of_requesters={key: rights[key] for key in requesters if key is not None},
        ties=ties_of({*people, *requesters}, on),  # type: ignore[arg-type]
        lent=tuple(row for row in lent if _good(row, rights)),
        active=active,
    )


def _good(row: Delegation, rights: Mapping[int, frozenset[str]]) -> bool:
    """A right is lent while who lent it holds it, and whoever has it does not ask with it."""
    asks = rights.get(row.given_to_id, frozenset()) & asking_rights(row.permission)
    return row.permission in rights[row.given_by_id] and not asks


def asked_with(rights: Iterable[str], person: User | None) -> str:
    """The right, one of ``rights``, with which ``person`` asks; empty for the system and for partners, who have scopes."""
    if person is None:
        return ""
    held = rights_of([person.pk])[person.pk]
    found = next((right for right in rights if right in held), "")
    return found or (BY_SUPERUSER if person.is_superuser else "")
