"""Two accounts are two people only where neither is the other's tool, and rights count as they are when it is decided."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from audit import approvals, deciding
from audit.models import Approval, ApprovalStatus
from core import business_date
from core.context import acting
from core.models import Rule
from staff.models import AccountTie, User
from staff.ties import agreed
from tests.audit.factories import ApprovalFactory
from tests.core.factories import RuleFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

KIND = "test.independence"
Make = Callable[..., User]


@pytest.fixture
def done() -> Iterator[list[int]]:
    carried: list[int] = []
    approvals.register(
        KIND,
        lambda approval, _on: carried.append(approval.pk),
        permission="risk.approve_limit",
        label="Test",
        asked_with="risk.change_limit",
    )
    yield carried
    del approvals._kinds[KIND]


@pytest.fixture
def boss(staff_member: Make) -> User:
    return staff_member("administrator", username="boss")


def made_by(maker: User, *roles: str, agreed_by: User | None = None) -> User:
    with acting(actor=maker, channel="admin"):
        if agreed_by is None:
            return UserFactory(roles=roles)
        with agreed(agreed_by):
            return UserFactory(roles=roles)


def ask(by: User, **facts: Any) -> Approval:
    return ApprovalFactory(kind=KIND, requested_by=by, **facts)


def decide(approval: Approval, by: User) -> Approval:
    return approvals.approve(approval_id=approval.pk, decided_by=by, on=business_date.current())


def refused(approval: Approval, by: User, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        decide(approval, by)
    approval.refresh_from_db()
    assert approval.status == ApprovalStatus.PENDING


# --- the sixth story ------------------------------------------------------------------------------------------------
def test_who_made_an_account_is_no_second_person_to_it_nor_it_to_him(done: list[int], boss: User) -> None:
    boss.groups.add(Group.objects.get(name="checker"), Group.objects.get(name="risk_analyst"))
    puppet = made_by(boss, "risk_analyst", "checker")

    refused(ask(puppet), boss, deciding.AccountsNotIndependent)
    refused(ask(boss), puppet, deciding.AccountsNotIndependent)
    assert done == []


def test_two_accounts_of_one_maker_are_no_two_people(done: list[int], boss: User) -> None:
    asks, decides = made_by(boss, "risk_analyst"), made_by(boss, "checker")

    refused(ask(asks), decides, deciding.AccountsNotIndependent)


def test_an_account_made_by_an_account_he_made_is_his(done: list[int], boss: User) -> None:
    boss.groups.add(Group.objects.get(name="checker"))
    first = made_by(boss, "administrator")
    second = made_by(first, "risk_analyst")

    refused(ask(second), boss, deciding.AccountsNotIndependent)


def test_a_password_set_by_another_makes_the_account_his(done: list[int], boss: User, staff_member: Make) -> None:
    boss.groups.add(Group.objects.get(name="checker"))
    asks = staff_member("risk_analyst")
    with acting(actor=boss):
        asks.set_password("known to the boss")
        asks.save()

    refused(ask(asks), boss, deciding.AccountsNotIndependent)


def test_roles_given_by_another_make_the_account_his(done: list[int], boss: User, staff_member: Make) -> None:
    asks, checker = staff_member(username="nobody"), Group.objects.get(name="checker")
    with acting(actor=boss):
        checker.user_set.add(boss)
        asks.groups.add(Group.objects.get(name="risk_analyst"))

    refused(ask(asks), boss, deciding.AccountsNotIndependent)


def test_accounts_that_two_people_agreed_to_are_two_people(done: list[int], boss: User, staff_member: Make) -> None:
    officers = [staff_member("compliance", username=name) for name in ("xu", "he")]
    asks = made_by(boss, "risk_analyst", agreed_by=officers[0])
    decides = made_by(boss, "checker", agreed_by=officers[1])

    approval = decide(ask(asks), decides)

    assert (approval.status, done) == (ApprovalStatus.APPROVED, [approval.pk])
    assert {tie.agreed_by for tie in AccountTie.objects.all()} == set(officers)


def test_two_accounts_of_the_same_pair_are_no_two_people(done: list[int], boss: User, staff_member: Make) -> None:
    xu = staff_member("compliance", username="xu")
    asks = made_by(boss, "risk_analyst", agreed_by=xu)

    refused(ask(asks), made_by(boss, "checker", agreed_by=xu), deciding.AccountsNotIndependent)
    alone = ask(made_by(boss, "risk_analyst"))  # by one of the pair alone: the pair had both in hand
    refused(alone, made_by(boss, "checker", agreed_by=xu), deciding.AccountsNotIndependent)


def test_an_account_of_an_account_of_the_pair_is_the_pairs(done: list[int], boss: User, staff_member: Make) -> None:
    xu, he = staff_member("compliance", username="xu"), staff_member("compliance", username="he")
    other = made_by(boss, "administrator", agreed_by=xu)
    asks = made_by(boss, "risk_analyst", agreed_by=xu)

    refused(ask(asks), made_by(other, "checker"), deciding.AccountsNotIndependent)
    assert decide(ask(asks), made_by(other, "checker", agreed_by=he)).status == ApprovalStatus.APPROVED


def test_after_the_days_of_a_pair_its_accounts_are_two_people(done: list[int], boss: User, staff_member: Make) -> None:
    xu, days = staff_member("compliance", username="xu"), {"young": 29, "old": 31}
    for name, age in days.items():
        at = timezone.now() - timedelta(days=age)
        account = staff_member("risk_analyst", username=name)
        AccountTie.objects.create(account=account, by=boss, agreed_by=xu, what="made", at=at)
    decides = made_by(boss, "checker", agreed_by=xu)

    refused(ask(User.objects.get(username="young")), decides, deciding.AccountsNotIndependent)
    assert decide(ask(User.objects.get(username="old")), decides).status == ApprovalStatus.APPROVED


def test_ones_own_password_ties_nobody(staff_member: Make) -> None:
    asks = staff_member("risk_analyst")
    with acting(actor=asks):
        asks.set_password("my own new one")
        asks.save()

    assert not AccountTie.objects.exists()


def test_after_the_days_of_the_rule_the_account_is_its_own(done: list[int], boss: User, staff_member: Make) -> None:
    boss.groups.add(Group.objects.get(name="checker"))
    young, old = staff_member("risk_analyst", username="young"), staff_member("risk_analyst", username="old")
    now = timezone.now()
    AccountTie.objects.create(account=young, by=boss, what="made", at=now - timedelta(days=364))
    AccountTie.objects.create(account=old, by=boss, what="made", at=now - timedelta(days=366))

    refused(ask(young), boss, deciding.AccountsNotIndependent)
    assert decide(ask(old), boss).status == ApprovalStatus.APPROVED


def test_another_figure_in_the_rule_gives_another_answer(done: list[int], boss: User, staff_member: Make) -> None:
    boss.groups.add(Group.objects.get(name="checker"))
    asks = staff_member("risk_analyst")
    AccountTie.objects.create(account=asks, by=boss, what="made", at=timezone.now() - timedelta(days=31))
    known = Rule.objects.get(code="two_people").data
    RuleFactory(
        code="two_people",
        effective_from=business_date.current(),
        data={**known, "accounts_made_within_days": 30},
        source="test",
    )

    assert decide(ask(asks), boss).status == ApprovalStatus.APPROVED


def test_nobody_unsays_who_made_an_account(boss: User) -> None:
    made_by(boss, "risk_analyst")
    for change in (lambda ties: ties.delete(), lambda ties: ties.update(agreed_by=boss)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(AccountTie.objects.all())


# --- rights as they are when it is decided --------------------------------------------------------------------------
def test_a_right_taken_away_since_decides_nothing(done: list[int], staff_member: Make) -> None:
    checker, approval = staff_member("checker"), ask(staff_member("risk_analyst"))
    assert checker.has_perm("risk.approve_limit")  # as a session would keep it
    User.objects.get(pk=checker.pk).groups.clear()

    refused(approval, checker, deciding.ApprovalNotPermitted)


def test_somebody_inactive_decides_nothing(done: list[int], staff_member: Make) -> None:
    checker, approval = staff_member("checker"), ask(staff_member("risk_analyst"))
    assert checker.has_perm("risk.approve_limit")
    User.objects.filter(pk=checker.pk).update(is_active=False)

    refused(approval, checker, deciding.DeciderInactive)


def test_a_superuser_decides_by_a_role_only(done: list[int], staff_member: Make) -> None:
    approval = ask(staff_member("risk_analyst"))

    refused(approval, staff_member(username="root", superuser=True), deciding.ApprovalNotPermitted)


def test_who_left_has_nothing_approved_but_can_be_rejected(done: list[int], staff_member: Make) -> None:
    asks = staff_member("risk_analyst")
    approval = ask(asks)
    User.objects.filter(pk=asks.pk).update(is_active=False)
    checker = staff_member("checker")

    refused(approval, checker, deciding.RequesterInactive)
    on = business_date.current()
    rejected = approvals.reject(approval_id=approval.pk, decided_by=checker, reason="She left", on=on)
    assert rejected.status == ApprovalStatus.REJECTED


def test_who_may_no_longer_ask_has_nothing_approved(done: list[int], staff_member: Make) -> None:
    asks = staff_member("risk_analyst")
    approval = ask(asks)
    assert approval.asked_with == "risk.change_limit"
    asks.groups.clear()

    refused(approval, staff_member("checker"), deciding.RequesterRightGone)


def test_the_page_refuses_the_second_account_by_name(done: list[int], boss: User, client: Client) -> None:
    boss.groups.add(Group.objects.get(name="checker"))
    approval = ask(made_by(boss, "risk_analyst"))
    client.force_login(boss, backend="staff.backends.StaffBackend")

    shown = client.get("/app/approvals/").content.decode()
    answer = client.post(f"/app/approvals/{approval.pk}/approve")

    assert "do not count as two people" in shown
    assert (answer.status_code, done) == (403, [])
    assert "do not count as two people" in answer.content.decode()
