"""What was done to an account under broken glass was done by one person alone, until a review says that it was right."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from audit import approvals, breaking_glass, changes_by_two, delegations
from audit.models import Approval, ApprovalStatus, BrokenGlass, Delegation
from core import business_date
from staff.models import AccountTie, User
from tests.audit.factories import ApprovalFactory
from tests.partners.factories import ApiKeyFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

KIND = "test.glass"
Make = Callable[..., User]


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    approvals.register(
        KIND, lambda *_: None, permission="risk.approve_limit", label="Test", asked_with="risk.change_limit"
    )
    yield
    del approvals._kinds[KIND]


@pytest.fixture
def ma(staff_member: Make) -> User:
    """Asks for accounts, and is a checker besides, as an examiner would try it."""
    found = staff_member("administrator", username="ma")
    found.groups.add(Group.objects.get(name="checker"))
    return found


@pytest.fixture
def chen(staff_member: Make) -> User:
    """Breaks the glass."""
    return staff_member("checker", username="chen")


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="staff.backends.StaffBackend")
    return client


def made_under_glass(asks: User, breaks: User, *roles: str, username: str = "newcomer") -> tuple[User, BrokenGlass]:
    """An account that ``asks`` asks for and ``breaks`` agrees to alone, on the page of emergencies."""
    wanted = User(username=username, is_active=True)
    wanted.set_password("nobody knows this")
    groups = list(Group.objects.filter(name__in=roles))
    approval = changes_by_two.ask(wanted, reason="Urgent", by=asks, on=business_date.current(), many={"groups": groups})
    assert approval is not None
    answer = signed(breaks).post(f"/app/approvals/{approval.pk}/alone", {"reason": "Nobody is here"})
    assert answer.status_code == 302
    return User.objects.get(username=username), BrokenGlass.objects.get(approval=approval)


def reviewed(broken: BrokenGlass, by: User, *, objects: bool) -> None:
    data = {"note": "Looked into it", **({"objects": "on"} if objects else {})}
    address = f"/app/two-people/emergencies/{broken.pk}/review"
    assert signed(by).post(address, data).status_code == 302


def answer_to(asked_by: User, decided_by: User) -> int:
    """What the page of approvals answers ``decided_by``."""
    approval = ApprovalFactory(kind=KIND, requested_by=asked_by)
    found = signed(decided_by).post(f"/app/approvals/{approval.pk}/approve")
    approval.refresh_from_db()
    assert (approval.status == ApprovalStatus.APPROVED) is (found.status_code == 302)
    if found.status_code == 403:
        assert "do not count as two people" in found.content.decode()
    return found.status_code


def test_until_its_review_it_is_the_tool_of_who_asked_and_of_who_broke_the_glass(
    ma: User, chen: User, staff_member: Make
) -> None:
    newcomer, _broken = made_under_glass(ma, chen, "risk_analyst")

    assert answer_to(newcomer, chen) == 403
    assert answer_to(newcomer, ma) == 403
    assert answer_to(newcomer, staff_member("checker", username="third")) == 302


def test_two_accounts_made_under_glass_by_one_person_are_no_two_people(ma: User, chen: User) -> None:
    asks, _one = made_under_glass(ma, chen, "risk_analyst", username="one")
    decides, _two = made_under_glass(ma, chen, "checker", username="two")

    assert answer_to(asks, decides) == 403


def test_once_the_review_says_it_was_right_two_people_agreed(ma: User, chen: User, staff_member: Make) -> None:
    newcomer, broken = made_under_glass(ma, chen, "risk_analyst")
    reviewed(broken, staff_member("compliance", username="xu"), objects=False)

    assert answer_to(newcomer, chen) == 302
    assert answer_to(newcomer, ma) == 403  # as with any account that somebody asked for


def test_after_an_objection_it_stays_tied_however_long_ago(ma: User, chen: User, staff_member: Make) -> None:
    newcomer, broken = made_under_glass(ma, chen, "risk_analyst")
    reviewed(broken, staff_member("compliance", username="xu"), objects=True)
    assert answer_to(newcomer, chen) == 403

    old, long_ago = staff_member("risk_analyst", username="old"), timezone.now() - timedelta(days=2000)
    known: dict[str, Any] = {"by": ma, "agreed_by": chen, "what": "made", "at": long_ago}
    AccountTie.objects.create(account=old, emergency=broken.approval_id, **known)
    assert answer_to(old, chen) == 403
    settled = staff_member("risk_analyst", username="settled")
    AccountTie.objects.create(account=settled, **known)
    assert answer_to(settled, chen) == 302


def second_account(of: User) -> User:
    made = UserFactory(username="second", roles=["checker"])
    AccountTie.objects.create(account=made, by=of, what="made")
    return made


def key_of(maker: User) -> User:
    """The user of a program of which ``maker`` made a key."""
    return ApiKeyFactory(created_by=maker).client.acts_as


@pytest.mark.parametrize("asks", [lambda ma: ma, second_account, key_of])
def test_nobody_breaks_the_glass_on_what_they_their_accounts_or_their_keys_asked_for(
    asks: Callable[[User], User], ma: User
) -> None:
    approval = ApprovalFactory(kind=KIND, requested_by=asks(ma))

    with pytest.raises(breaking_glass.GlassNotEnough):
        breaking_glass.decide_alone(approval_id=approval.pk, by=ma, on=business_date.current(), reason="Alone")

    approval.refresh_from_db()
    assert approval.status == ApprovalStatus.PENDING
    assert not BrokenGlass.objects.exists()


def test_nor_does_their_second_account_for_them(ma: User) -> None:
    approval = ApprovalFactory(kind=KIND, requested_by=ma)

    answer = signed(second_account(ma)).post(f"/app/approvals/{approval.pk}/alone", {"reason": "Alone"}, follow=True)

    assert "takes a second person even in an emergency" in answer.content.decode()
    assert not BrokenGlass.objects.exists()


def test_roles_that_somebody_asked_for_himself_were_given_by_who_broke_the_glass(
    chen: User, staff_member: Make
) -> None:
    he = staff_member("risk_analyst", username="he")
    groups = list(Group.objects.filter(name__in=["risk_analyst", "officer"]))
    approval = changes_by_two.ask(he, reason="Mine", by=he, on=business_date.current(), many={"groups": groups})
    assert approval is not None
    breaking_glass.decide_alone(approval_id=approval.pk, by=chen, on=business_date.current(), reason="Alone")

    assert answer_to(he, chen) == 403


def test_an_account_made_under_glass_does_not_review_it(ma: User, chen: User) -> None:
    newcomer, broken = made_under_glass(ma, chen, "compliance")

    data = {"note": "All fine"}
    answer = signed(newcomer).post(f"/app/two-people/emergencies/{broken.pk}/review", data)
    assert answer.status_code == 403
    broken.refresh_from_db()
    assert broken.objected is None


def test_a_right_is_not_lent_by_its_giver_alone_nor_by_an_account_of_whom_it_is_lent_to(
    chen: User, staff_member: Make
) -> None:
    on = business_date.current()
    to = staff_member("compliance", username="xu")
    wish = {"permission": "risk.approve_limit", "given_by": chen, "given_to": to, "ends_on": on, "reason": "Away"}
    approval = delegations.ask(**wish, on=on)
    with pytest.raises(breaking_glass.GlassNotEnough):
        breaking_glass.decide_alone(approval_id=approval.pk, by=chen, on=on, reason="Alone")
    puppet = UserFactory(username="puppet", roles=["compliance"])
    AccountTie.objects.create(account=puppet, by=to, what="made")
    with pytest.raises(delegations.ThirdPersonNeeded):
        approvals.approve(approval_id=approval.pk, decided_by=puppet, on=on)

    assert Approval.objects.get(pk=approval.pk).status == ApprovalStatus.PENDING
    assert Delegation.objects.get().agreed_by is None
