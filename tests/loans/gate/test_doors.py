"""Every door that binds the house against every check of the gate: generated from ``ASKED_OF``, so that a check or an act
added there is tried at once.

A hard check stops everyone and keeps who asked and why; a soft one asks for an override, and with one the act goes through.
"""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit import approvals
from audit.models import Approval
from core import business_date
from core.errors import DomainError
from loans.gate.gate import ASKED_OF, BindingAct, Severity, severity_of
from loans.models import Application, GateOverride
from risk.models import Assessment
from tests.borrowers.factories import BorrowerFactory
from tests.loans.gate.conftest import Prepared
from tests.loans.gate.doors import BREAKS, DOORS, Door, bound, decide_on, rows
from tests.loans.gate.known import agreed
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
A = BindingAct
TRIES = [(name, code) for name, door in DOORS.items() for code, acts in ASKED_OF.items() if door.at in acts]
HARD = [(name, code) for name, code in TRIES if severity_of(code) is Severity.HARD]
SOFT = [(name, code) for name, code in TRIES if severity_of(code) is Severity.SOFT]
# A limit is agreed to by a second person who sees what it overrides; the rules hand what is soft to a person.
ASKS_AT_THE_DOOR = [
    (name, code) for name, code in SOFT if DOORS[name].at not in {A.RULES_DECISION, A.PERSON_DECISION, A.LIMIT_RAISE}
]


def tried(pairs: list[tuple[str, str]]) -> pytest.MarkDecorator:
    """A test of each pair of a door and a check: `prepared` is the door just before its act."""
    return pytest.mark.parametrize(("_lived_once", "code"), pairs, indirect=["_lived_once"])


def test_every_act_has_a_door_and_every_check_a_way_to_break_it() -> None:
    assert {door.at for door in DOORS.values()} == set(A)
    assert BREAKS.keys() == ASKED_OF.keys()


def go(door: Door, at: Any) -> str:
    """Go through the door; what it answers, or its refusal."""
    try:
        return str(door.go(at))
    except DomainError as refusal:
        return f"{refusal.code}: {refusal.detail}"


def refusals(at: BindingAct) -> list[set[str]]:
    """The checks of each refusal on record, read by plain SQL: one row for each time."""
    found = rows("SELECT findings FROM loans_gateverdict WHERE act = %s AND NOT binds ORDER BY id", at.value)
    return [
        {one["code"] for one in findings if one["result"] in {"failed", "missing"}}
        for (findings,) in map(_parsed, found)
    ]


def but_limits(counted: dict[str, Any], door: Door) -> dict[str, Any]:
    """A first limit says nothing of one application: the rules may open it, whatever the purpose or the price."""
    return {**counted, "limits": 0} if door.at is A.RULES_DECISION else counted


def _parsed(row: tuple[str, ...]) -> tuple[Any, ...]:
    """JSON comes as text past Django."""
    return tuple(json.loads(value) for value in row)


@pytest.mark.parametrize("_lived_once", DOORS, indirect=True)
def test_where_nothing_is_wrong_the_door_opens(prepared: Prepared) -> None:
    door, at, before = prepared.door, prepared.at, bound()

    answer = go(door, at)

    if door is DOORS["higher limit, asked for"]:
        assert Approval.objects.filter(status="pending").exists(), answer
    else:
        assert bound() != before, answer
    assert refusals(door.at) == []


@tried(HARD)
def test_a_hard_check_stops_everyone(prepared: Prepared, code: str) -> None:
    door, at = prepared.door, prepared.at
    BREAKS[code](door.borrower_of(at))
    before = bound()

    answer = go(door, at)

    assert but_limits(bound(), door) == but_limits(before, door), answer
    if code in door.earlier:
        assert door.earlier[code] in answer.lower() or _told_by_the_rules(code), answer
    elif door.at is A.RULES_DECISION:
        assert _told_by_the_rules(code), answer
    else:
        assert [code in refused for refused in refusals(door.at)] == [True], answer


@tried(HARD)
def test_no_override_opens_a_hard_check(prepared: Prepared, code: str) -> None:
    door, at = prepared.door, prepared.at
    borrower = door.borrower_of(at)
    override_all(borrower)
    BREAKS[code](borrower)
    before = bound()

    answer = go(door, at)

    assert but_limits(bound(), door) == but_limits(before, door), answer


@tried([(name, code) for name, code in SOFT if DOORS[name].at is A.RULES_DECISION])
def test_the_rules_hand_what_is_soft_to_a_person_or_decline(prepared: Prepared, code: str) -> None:
    door, at = prepared.door, prepared.at
    BREAKS[code](door.borrower_of(at))
    before = bound()

    go(door, at)

    assert but_limits(bound(), door) == but_limits(before, door)
    assert Application.objects.get(pk=at.pk).status in {"referred", "declined"}
    assert _told_by_the_rules(code)


@tried([(name, code) for name, code in SOFT if DOORS[name].at is A.PERSON_DECISION])
def test_a_persons_offer_in_spite_of_a_soft_check_waits_for_a_second_person(prepared: Prepared, code: str) -> None:
    door, application = prepared.door, prepared.at
    BREAKS[code](door.borrower_of(application))
    before = bound()

    answer = go(door, application)
    assert bound() == before, answer
    assert [code in refused for refused in refusals(door.at)] == [True], answer
    assert not Approval.objects.exists()

    answer = decide_on(application, override="Seen her payslips")
    assert bound() == before, answer
    request = Approval.objects.get(kind="application.override", status="pending")
    approvals.approve(approval_id=request.pk, decided_by=UserFactory(roles=["checker"]), on=business_date.current())

    assert bound()["offers"] == before["offers"] + 1
    assert code in GateOverride.objects.get().checks


@tried(ASKS_AT_THE_DOOR)
def test_a_soft_check_asks_for_an_override_and_passes_with_one(prepared: Prepared, code: str) -> None:
    door, at = prepared.door, prepared.at
    borrower = door.borrower_of(at)
    BREAKS[code](borrower)
    before = bound()

    answer = go(door, at)
    assert bound() == before, answer
    assert [code in refused for refused in refusals(door.at)] == [True], answer

    override_all(borrower)
    again(door)
    answer = go(door, at)
    assert bound() != before, answer


@tried([(name, code) for name, code in SOFT if name == "higher limit, agreed to"])
def test_a_limit_in_spite_of_a_soft_check_needs_who_may_override(prepared: Prepared, code: str) -> None:
    request = prepared.at
    BREAKS[code](prepared.door.borrower_of(request))
    before, on = bound(), business_date.current()
    analyst, checker = UserFactory(roles=["risk_analyst"]), UserFactory(roles=["checker"])

    with pytest.raises(approvals.OutcomeChanged):  # the request did not show it: it does now
        approvals.approve(approval_id=request.pk, decided_by=checker, on=on)
    with pytest.raises(DomainError) as refusal:
        approvals.approve(approval_id=request.pk, decided_by=analyst, on=on)
    assert refusal.value.code in {"override_not_permitted", "approval_not_permitted"}
    assert bound() == before

    approvals.approve(approval_id=request.pk, decided_by=checker, on=on)
    assert bound()["limits"] == Decimal(20_000)
    assert code in GateOverride.objects.get().checks


def again(door: Door) -> None:
    """An order that was refused waits before it is tried again: have it due now."""
    if door.at in {A.DISBURSEMENT, A.RETRY, A.DRAWDOWN}:
        rows("UPDATE loans_disbursement SET next_attempt_at = NULL WHERE status = 'queued'")


def override_all(borrower: Any) -> None:
    """Two people agreed to every soft check, and to the hard ones too if that counted, for whatever the person has."""
    on = business_date.current()
    request = approvals.request(
        kind="gate.override", obj=BorrowerFactory(), reason="Known for years", requested_by=UserFactory(), on=on
    )
    for application in Application.objects.filter(borrower=borrower):
        GateOverride.objects.create(
            borrower=borrower,
            application=application,
            act=A.DISBURSEMENT.value,
            checks=sorted(ASKED_OF),
            findings=agreed(*ASKED_OF),
            amount=Decimal(1_000_000),
            reason="Known for years",
            asked_by=UserFactory(),
            agreed_by=UserFactory(),
            agreed_on=on,
            good_until=on + timedelta(days=14),
            approval=request,
        )


def _told_by_the_rules(code: str) -> bool:
    """Whether the assessment, the refusal on record or the reason of the referral names the check."""
    assessed = Assessment.objects.order_by("-id").first()
    checks = [] if assessed is None else assessed.checks
    named = {check["code"] for check in checks if check["result"] in {"failed", "missing"}}
    reasons = {
        reason for (found,) in map(_parsed, rows("SELECT decision_reasons FROM loans_application")) for reason in found
    }
    said = {"product": "product_not_sold", "price": "cost_cap", "consent": "consent_missing"}
    return code in named or any(code in refused for refused in refusals(A.RULES_DECISION)) or said.get(code) in reasons
