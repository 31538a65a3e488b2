"""Who may decide on a request: another person, who holds the right at that moment, and whose account is nobody's tool.

One place for every door, also for whoever must be another person than somebody without a request (``require_other_hand``).
What counts is read anew: rights by roles (``staff.rights``), rights lent until a date
(``audit.delegations``), and who made whose account (``staff.models.AccountTie``) within the days of the rule ``two_people``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.kinds import RULE, asking_rights
from audit.models import Approval, Delegation
from core.errors import DomainError, NotAllowed
from core.rules import rule
from staff.apart import why_apart
from staff.models import User
from staff.rights import rights_of

# How a request notes that a superuser asked for it, who holds no right to ask by any role.
BY_SUPERUSER = "superuser"
PAIR = 2

# Whose tool an account may be: of each asked person the people above it, on every way up. ``second`` agreed to the steps of
# the way, nobody where one person alone took them; ``several`` did where they were more than one; ``recent`` says that
# every step falls into the days for which a pair is one hand. What was done under broken glass was done alone by who asked
# and alone by who broke it, however long ago, until a review says that it was right.
_ABOVE = """
WITH RECURSIVE tie (account, who, second, recent) AS (
    SELECT t.account_id, hand.who, hand.second, t.at >= %(pair_since)s OR hand.unsettled
      FROM staff_accounttie t
      LEFT JOIN audit_brokenglass g ON g.approval_id = t.emergency
     CROSS JOIN LATERAL (
        SELECT t.by_id AS who,
               CASE WHEN t.emergency IS NULL THEN t.agreed_by_id
                    WHEN g.objected IS NOT FALSE THEN NULL
                    WHEN t.by_id = t.agreed_by_id THEN g.reviewed_by_id
                    ELSE t.agreed_by_id END AS second,
               t.emergency IS NOT NULL AND g.objected IS NOT FALSE AS unsettled
         UNION
        SELECT t.agreed_by_id, NULL, true WHERE t.emergency IS NOT NULL AND g.objected IS NOT FALSE) AS hand
     WHERE (t.at >= %(since)s OR hand.unsettled) AND hand.who <> t.account_id
),
above (root, who, second, several, recent) AS (
    SELECT root, root, NULL::bigint, false, true FROM unnest(%(people)s::bigint[]) AS root
     UNION
    SELECT above.root, tie.who, COALESCE(above.second, tie.second),
           above.several OR COALESCE(above.second <> tie.second, false), above.recent AND tie.recent
      FROM above JOIN tie ON tie.account = above.who)
SELECT root, who, second, several, recent FROM above WHERE root <> who
"""


class SecondPersonNeeded(NotAllowed):
    code = "second_person_needed"
    message = _("You made this request. Another person must decide on it.")


class ApprovalNotPermitted(NotAllowed):
    code = "approval_not_permitted"
    message = _("Deciding on this request needs the permission %(permission)s.")


class AccountsNotIndependent(NotAllowed):
    """Both accounts may be in one hand: one made the other, or one person alone or one pair made both."""

    code = "accounts_not_independent"
    message = _(
        "Your account and that of %(requester)s do not count as two people: within %(days)s days one of them made the "
        "other, gave it roles or set its password, or one person did so for both, or the same two people did so for both "
        "within %(pair_days)s days. Somebody else must decide."
    )


class DeciderInactive(NotAllowed):
    code = "decider_inactive"
    message = _("Your account is not active: it decides on nothing.")


class RightLentByRequester(NotAllowed):
    """Through a delegation nobody decides on what either side of it asked for."""

    code = "right_lent_by_requester"
    message = _("A right was lent between you and %(requester)s: neither decides on what the other asks for with it.")


class OwnKeyAsked(NotAllowed):
    """Who made a key of a program is no second person to what the program asks for."""

    code = "own_key_asked"
    message = _("You made a key of %(requester)s, which asked for this. Somebody else must decide.")


class RequesterKeyGone(DomainError):
    code = "requester_key_gone"
    message = _(
        "%(requester)s, which asked for this, is suspended or has no valid key left. Reject it; somebody else may ask again."
    )


class RequesterInactive(DomainError):
    code = "requester_inactive"
    message = _("%(requester)s, who asked for this, is no longer active. Reject it; somebody else may ask again.")


class RequesterRightGone(DomainError):
    code = "requester_right_gone"
    message = _("%(requester)s may no longer ask for this (%(permission)s). Reject it; somebody else may ask again.")


@dataclass(frozen=True, slots=True)
class Program:
    """A user that is a program: who made its keys (``makers``), and whether one of them opens the door (``may_call``)."""

    makers: frozenset[int]
    may_call: bool


Programs = Callable[[Collection[int]], Mapping[int, Program]]
_programs: list[Programs] = []


def provide_programs(read: Programs) -> None:
    """Tell which of some users are programs, in one statement; called when Django starts, by the app that gives out keys."""
    _programs[:] = [read]


def programs_among(users: Collection[int]) -> dict[int, Program]:
    """Those of ``users`` that are programs. One statement, none where there is no user."""
    return {number: program for read in _programs if users for number, program in read(users).items()}


def accounts_made_within(on: date) -> int:
    """For how many days who made an account, gave it roles or set its password is no second person to it."""
    return int(rule(RULE, on)["accounts_made_within_days"])


def accounts_of_a_pair_within(on: date) -> int:
    """For how many days two accounts that the same two people made are no two people."""
    return int(rule(RULE, on)["accounts_of_a_pair_within_days"])


@dataclass(frozen=True, slots=True)
class _Above:
    """Somebody above an account, on one way up to them."""

    who: int
    second: int | None
    several: bool
    recent: bool

    @property
    def alone(self) -> bool:
        return self.second is None and not self.several

    @property
    def hands(self) -> frozenset[int]:
        return frozenset({self.who, self.second} - {None})  # type: ignore[arg-type]

    def meets(self, other: _Above) -> bool:
        """Whether one person alone took both ways, or one pair did."""
        if self.who == other.who and self.alone and other.alone:
            return True
        if not (self.recent and other.recent) or self.several or other.several:
            return False
        return self.hands == other.hands or (self.who == other.who and len(self.hands | other.hands) == PAIR)


_Ways = Mapping[int, Sequence[_Above]]
_NO_PROGRAMS: Mapping[int, Program] = {}


def ties_of(
    people: Collection[int], on: date, programs: Mapping[int, Program] = _NO_PROGRAMS
) -> dict[int, frozenset[int]]:
    """For each of ``people``, with whom of them they are tied on ``on``. ``programs`` says which of them are programs: one
    is in the hands of whoever made its keys, and of whoever made its account or a maker's alone. One statement."""
    hands = {one: frozenset({one}) | (programs[one].makers if one in programs else frozenset()) for one in people}
    above = _above(frozenset[int]().union(*hands.values()), on)

    def tied(one: int, other: int) -> bool:
        if one in programs and other in programs:
            return False  # one administrator makes every key of a house
        if one in programs or other in programs:
            return any(_one_made_both(mine, theirs, above) for mine in hands[one] for theirs in hands[other])
        return _tied(one, other, above)

    return {one: frozenset(other for other in people if other != one and tied(one, other)) for one in people}


def _above(people: Collection[int], on: date) -> dict[int, list[_Above]]:
    """For each of ``people``, who is above their account on any way."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _ABOVE,
            {
                "people": sorted(people),
                "since": now - timedelta(days=accounts_made_within(on)),
                "pair_since": now - timedelta(days=accounts_of_a_pair_within(on)),
            },
        )
        rows: list[tuple[int, int, int | None, bool, bool]] = cursor.fetchall()
    above: dict[int, list[_Above]] = {person: [] for person in people}
    for root, who, second, several, recent in rows:
        above[root].append(_Above(who, second, several, recent))
    return above


def _tied(one: int, other: int, above: _Ways) -> bool:
    if any(way.who == one for way in above[other]) or any(way.who == other for way in above[one]):
        return True
    return any(mine.meets(theirs) for mine in above[one] for theirs in above[other])


def _one_made_both(one: int, other: int, above: _Ways) -> bool:
    """Whether both are one account, or one person alone made them, who may be one of the two. What two people made does not
    count here: whoever asks for the accounts of a house makes its keys too, and nobody would be left to decide on what
    partners bring."""
    mine, theirs = ({root} | {way.who for way in above[root] if way.alone} for root in (one, other))
    return bool(mine & theirs)


def same_account(one: int | None, other: int | None) -> bool:
    """Whether both are the very same account: for what is one's own (a claim, a case, a mistake), which the second account
    of the same person has no part in. Nobody (None) is the same as nobody else."""
    return one is not None and one == other


def in_one_hand(people: Collection[int], others: Collection[int], on: date) -> frozenset[int]:
    """Those of ``people`` who count as one person with any of ``others`` on ``on``: the same account, one tied to it, and
    where one of the two is a program, whoever made a key of it (``ties_of``). Two statements, none where either is empty."""
    if not people or not others:
        return frozenset()
    everybody = frozenset({*people, *others})
    ties = ties_of(everybody, on, programs_among(everybody))
    return frozenset(one for one in people if one in others or not ties[one].isdisjoint(others))


def is_other_hand(by: User, others: Collection[int | None], on: date) -> bool:
    """Whether ``by`` counts as another person on ``on`` than each of ``others`` (``in_one_hand``). Whatever takes somebody
    else asks this, never whether two numbers differ. None, which is the system or an import, is no hand."""
    return not in_one_hand({by.pk}, {other for other in others if other is not None}, on)


def require_other_hand(
    by: User | None, others: int | Collection[int | None] | None, refusal: DomainError, on: date
) -> None:
    """Raise ``refusal`` where ``by`` counts as one person with any of ``others`` on ``on``; nobody has no hand."""
    asked = {others} if others is None or isinstance(others, int) else others
    if by is not None and not is_other_hand(by, asked, on):
        raise refusal


@dataclass(frozen=True, slots=True)
class Bench:
    """One person before requests of others on a day: what they hold, what was lent to them, to whom they are tied."""

    person: User
    days: int
    pair_days: int
    rights: frozenset[str]
    rights_of_requesters: Mapping[int, frozenset[str]]
    ties: Mapping[int, frozenset[int]]
    lent: tuple[Delegation, ...]
    active: bool
    programs: Mapping[int, Program]

    def may(self, permission: str) -> bool:
        """Whether the person holds the right, of their own or lent."""
        return permission in self.rights or any(row.permission == permission for row in self.to_me)

    @property
    def to_me(self) -> list[Delegation]:
        return [row for row in self.lent if same_account(row.given_to_id, self.person.pk)]

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
        if self.person.pk in self._makers(asked_by):
            return OwnKeyAsked(requester=who)
        if asked_by in self.ties[self.person.pk]:
            return AccountsNotIndependent(requester=who, days=self.days, pair_days=self.pair_days)
        return self._lent_between(asked_by, permission, who)

    def _makers(self, asked_by: int) -> frozenset[int]:
        return self.programs[asked_by].makers if asked_by in self.programs else frozenset()

    def _lent_between(self, asked_by: int, permission: str, who: str) -> DomainError | None:
        rows = [row for row in self.lent if row.permission == permission]
        if any(row.given_by_id == self.person.pk and row.given_to_id == asked_by for row in rows):
            return RightLentByRequester(requester=who)
        if permission in self.rights:
            return None
        givers = {row.given_by_id for row in rows if row.given_to_id == self.person.pk}
        givers -= {asked_by, *self._makers(asked_by)}
        free = {giver for giver in givers if asked_by not in self.ties.get(giver, frozenset())}
        return None if free else RightLentByRequester(requester=who)

    def is_one_hand(self, approval: Approval) -> bool:
        """Whether the person counts as one with who asked for ``approval`` (``in_one_hand``)."""
        asked_by = approval.requested_by_id
        return same_account(asked_by, self.person.pk) or asked_by in self.ties[self.person.pk]

    def gone(self, approval: Approval) -> DomainError | None:
        """Why nobody approves ``approval`` any more: who asked has left, or lost the right to ask."""
        requester = approval.requested_by
        if requester is None:
            return None
        if not requester.is_active:
            return RequesterInactive(requester=str(requester))
        if requester.pk in self.programs and not self.programs[requester.pk].may_call:
            return RequesterKeyGone(requester=str(requester))
        needed = approval.asked_with
        if needed == BY_SUPERUSER:
            return None if requester.is_superuser else RequesterRightGone(requester=str(requester), permission=needed)
        if needed and needed not in self.rights_of_requesters[requester.pk]:
            return RequesterRightGone(requester=str(requester), permission=needed)
        return None


def bench(person: User, approvals: Iterable[Approval], on: date) -> Bench:
    """What deciding on ``approvals`` rests on, read anew in six statements however many they are."""
    lent = tuple(Delegation.objects.standing(on).of(person))
    people = {person.pk, *(row.given_by_id for row in lent)}
    requesters = {approval.requested_by_id for approval in approvals} - {None}
    programs = programs_among({key for key in requesters if key is not None})
    rights = rights_of({*people, *requesters})  # type: ignore[arg-type]
    active = User.objects.filter(pk=person.pk, is_active=True).exists()
    return Bench(
        person=person,
        days=accounts_made_within(on),
        pair_days=accounts_of_a_pair_within(on),
        rights=rights[person.pk] if active else frozenset(),
        rights_of_requesters={key: rights[key] for key in requesters if key is not None},
        ties=ties_of({*people, *requesters}, on, programs),  # type: ignore[arg-type]
        lent=tuple(row for row in lent if _good(row, rights)),
        active=active,
        programs=programs,
    )


def _good(row: Delegation, rights: Mapping[int, frozenset[str]]) -> bool:
    """A right is lent while who lent it holds it, and whoever has it neither asks with it nor holds what is kept apart."""
    held = rights.get(row.given_to_id, frozenset())
    apart = why_apart(held | {row.permission}) is not None and why_apart(held) is None
    return row.permission in rights[row.given_by_id] and not held & asking_rights(row.permission) and not apart


def asked_with(rights: Iterable[str], person: User | None) -> str:
    """The right, one of ``rights``, with which ``person`` asks; empty for the system and for partners, who have scopes."""
    if person is None:
        return ""
    held = rights_of([person.pk])[person.pk]
    found = next((right for right in rights if right in held), "")
    return found or (BY_SUPERUSER if person.is_superuser else "")
