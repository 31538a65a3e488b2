"""Power changes direction by two people only: accounts, roles, passwords, rules, policies, mappings, wordings. Each is tried
through the admin with one person, with his second account and with a right taken away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client

from audit import approvals, changes_by_two, deciding, people
from audit.admin.by_two import ChangedByTwoAdmin
from audit.models import Approval, ApprovalStatus, AuditEvent
from borrowers.models import ConsentText
from core import business_date
from core.admin import ReadOnlyAdmin
from core.context import acting
from core.models import Calendar, CalendarDay, Rule
from ledger.models import Account
from loans.models import AccountMapping, LoanPurpose
from messaging.models import Template
from risk.models import GradePolicy, Scorecard
from staff.first_administrator import create_first_administrator
from staff.models import AccountTie, User
from tests.loans.factories import ProductFactory
from tests.staff.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

Make = Callable[..., User]
NEW = "orange-river-29"
REASON = {"reason_for_change": "Agreed in the risk committee"}


@pytest.fixture
def ma(staff_member: Make) -> User:
    return staff_member("administrator", username="ma.jun", display_name="Ma Jun")


@pytest.fixture
def xu(staff_member: Make) -> User:
    return staff_member("compliance", username="xu.fang")


@pytest.fixture
def at_admin(client: Client, ma: User) -> Client:
    client.force_login(ma, backend="staff.backends.StaffBackend")
    return client


def agree(by: User, approval: Approval | None = None) -> Approval:
    waiting = approval or Approval.objects.get(status=ApprovalStatus.PENDING)
    return approvals.approve(approval_id=waiting.pk, decided_by=by, on=business_date.current())


def _rule() -> dict[str, Any]:
    known = Rule.objects.get(code="approval_expiry")
    tomorrow = business_date.current() + timedelta(days=1)
    data = json.dumps({**known.data, "days": 3})
    return {"code": "approval_expiry", "market": "CN", "effective_from": tomorrow, "data": data, "source": "Committee"}


def _card() -> dict[str, Any]:
    card = Scorecard.objects.get(is_active=True)
    return {"code": card.code, "version": 99, "data": json.dumps(card.data), "description": "Trained"}


def _policy() -> dict[str, Any]:
    policy = GradePolicy.objects.order_by("-version")[0]
    tomorrow = business_date.current() + timedelta(days=1)
    rows = json.dumps(policy.rows)
    return {"market": policy.market, "version": 99, "effective_from": tomorrow, "rows": rows, "source": "Committee"}


def _mapping() -> dict[str, Any]:
    return {"product": ProductFactory().pk, "role": "recoveries", "account": Account.objects.order_by("-pk")[0].pk}


def _purpose() -> dict[str, Any]:
    names = {"code": "pets", "name": "Pets", "name_zh": "宠物", "words": "[]", "source": "Committee"}
    return {**names, "forbidden": "on", "active": "on"}


def _calendar() -> dict[str, Any]:
    return {"code": "HK", "name": "Hong Kong", "name_zh": "", "weekend": ["6"], "known_until": ""}


def _day_off() -> dict[str, Any]:
    return {"calendar": "SAT_SUN", "on": business_date.current(), "name": "Day off", "name_zh": ""}


def _wording() -> dict[str, Any]:
    return {"code": "loan_settled", "channel": "sms", "language": "en", "subject": "", "body": "Loan {loan_number}."}


def _consent() -> dict[str, Any]:
    known = ConsentText.objects.all()[0]
    day = business_date.current()
    text = {"purpose": known.purpose, "language": "en", "version": "2099-1", "text": "Another", "effective_from": day}
    return text


def _person() -> dict[str, Any]:
    groups = [Group.objects.get(name="officer").pk]
    return {"username": "newcomer", "display_name": "New", "password1": NEW, "password2": NEW, "groups": groups}


ADDED: list[tuple[type[Model], Callable[[], dict[str, Any]]]] = [
    (Rule, _rule),
    (Scorecard, _card),
    (GradePolicy, _policy),
    (AccountMapping, _mapping),
    (LoanPurpose, _purpose),
    (Template, _wording),
    (Calendar, _calendar),
    (CalendarDay, _day_off),
    (ConsentText, _consent),
    (User, _person),
]


def address(model: type[Model], page: str = "add", obj: Model | None = None) -> str:
    where = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    return f"{where}{obj.pk}/{page}/" if obj is not None else f"{where}{page}/"


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


# --- what is added --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("model", "values"), ADDED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_added_waits_for_a_second_person(
    model: Any, values: Callable[[], dict[str, Any]], at_admin: Client, ma: User, xu: User
) -> None:
    posted, before = values(), set(model.objects.values_list("pk", flat=True))

    answer = at_admin.post(address(model), {**posted, **REASON}, follow=True)

    assert "Nothing has changed yet" in said(answer), answer.context.get("errors")
    assert set(model.objects.values_list("pk", flat=True)) == before
    waiting = Approval.objects.get()
    assert (waiting.requested_by, waiting.reason) == (ma, REASON["reason_for_change"])
    with pytest.raises(deciding.SecondPersonNeeded):
        agree(ma, waiting)
    assert set(model.objects.values_list("pk", flat=True)) == before

    agree(xu, waiting)

    (made,) = model.objects.exclude(pk__in=before)
    for name in ("code", "market", "version", "source", "role", "body", "text", "username"):
        if name in posted and not (model is Template and name == "version"):
            assert str(getattr(made, name)) == str(posted[name])
    if hasattr(made, "history"):
        assert made.history.first().history_user == ma


@pytest.mark.parametrize(("model", "values"), ADDED, ids=lambda value: getattr(value, "__name__", ""))
def test_his_second_account_agrees_to_nothing(
    model: Any, values: Callable[[], dict[str, Any]], at_admin: Client, ma: User, xu: User
) -> None:
    with acting(actor=ma, channel="admin"):
        second = UserFactory(username="second", roles=["compliance"])
    at_admin.post(address(model), {**values(), **REASON})
    before = set(model.objects.values_list("pk", flat=True))

    at_desk = Client()
    at_desk.force_login(second, backend="staff.backends.StaffBackend")
    answer = at_desk.post(f"/app/approvals/{Approval.objects.get().pk}/approve")

    assert answer.status_code == 403
    assert "do not count as two people" in answer.content.decode()
    assert set(model.objects.values_list("pk", flat=True)) == before


@pytest.mark.parametrize(("model", "values"), ADDED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_right_taken_away_on_either_side_stops_it(
    model: Any, values: Callable[[], dict[str, Any]], at_admin: Client, ma: User, xu: User, staff_member: Make
) -> None:
    at_admin.post(address(model), {**values(), **REASON})
    waiting, other = Approval.objects.get(), staff_member("compliance", username="other")
    other.groups.clear()
    with pytest.raises(deciding.ApprovalNotPermitted):
        agree(other, waiting)
    ma.groups.clear()
    with pytest.raises(deciding.RequesterRightGone):
        agree(xu, waiting)


# --- the sixth story, as it was tried -------------------------------------------------------------------------------
def test_an_administrator_makes_two_accounts_and_approves_his_own_request(at_admin: Client, ma: User, xu: User) -> None:
    for name, role in (("puppet1", "risk_analyst"), ("puppet2", "compliance")):
        groups = [Group.objects.get(name=role).pk]
        posted = {**_person(), "username": name, "groups": groups}
        assert "Nothing has changed yet" in said(at_admin.post(address(User), {**posted, **REASON}, follow=True))
    assert not User.objects.filter(username__startswith="puppet").exists()

    for waiting in Approval.objects.all():
        agree(xu, waiting)
    puppet = User.objects.get(username="puppet2")
    at_admin.post(address(Rule), {**_rule(), **REASON})
    with pytest.raises(deciding.AccountsNotIndependent):
        agree(puppet)
    assert not Rule.objects.filter(source="Committee").exists()
    tie = AccountTie.objects.filter(account=puppet, what="made").get()
    assert (tie.by, tie.agreed_by) == (ma, xu)


# --- what is changed and deleted ------------------------------------------------------------------------------------
def _renamed(known: LoanPurpose, **changed: Any) -> dict[str, Any]:
    told = {name: getattr(known, name) for name in ("code", "name", "name_zh", "source")}
    return {**told, "words": json.dumps(known.words), "forbidden": known.forbidden, "active": known.active} | changed


def test_a_changed_row_shows_what_moves_and_holds_once_agreed(at_admin: Client, xu: User) -> None:
    known = LoanPurpose.objects.order_by("code")[0]

    at_admin.post(address(LoanPurpose, "change", known), {**_renamed(known, name="Another name"), **REASON})

    waiting = Approval.objects.get()
    assert (waiting.before, waiting.after) == ({"name": known.name}, {"name": "Another name"})
    assert LoanPurpose.objects.get(pk=known.pk).name == known.name
    agree(xu)
    assert LoanPurpose.objects.get(pk=known.pk).name == "Another name"


def test_what_was_changed_since_is_not_overwritten(at_admin: Client, xu: User) -> None:
    known = LoanPurpose.objects.order_by("code")[0]
    at_admin.post(address(LoanPurpose, "change", known), {**_renamed(known, name="Another name"), **REASON})
    LoanPurpose.objects.filter(pk=known.pk).update(name="A third name")

    with pytest.raises(changes_by_two.ChangedMeanwhile):
        agree(xu)


def test_nothing_is_done_to_several_rows_at_once(client: Client, staff_member: Make) -> None:
    client.force_login(staff_member(username="root", superuser=True), backend="staff.backends.StaffBackend")
    kept = Rule.objects.count()
    chosen = {"action": "delete_selected", "_selected_action": [Rule.objects.all()[0].pk], "post": "yes"}

    client.post("/admin/core/rule/", chosen)

    assert (Rule.objects.count(), Approval.objects.count()) == (kept, 0)


def test_a_former_state_is_not_brought_back_by_one(at_admin: Client, staff_member: Make) -> None:
    officer = staff_member("officer")
    with acting(actor=officer):
        officer.groups.set([])
        officer.save()
    version = officer.history.first()

    answer = at_admin.post(f"/admin/staff/user/{officer.pk}/history/{version.history_id}/", {"username": "x"})

    assert answer.status_code == 403


def test_no_change_is_nothing_to_ask_for(at_admin: Client) -> None:
    known = LoanPurpose.objects.order_by("code")[0]

    answer = at_admin.post(address(LoanPurpose, "change", known), {**_renamed(known), **REASON}, follow=True)

    assert "Nothing would change" in said(answer)
    assert not Approval.objects.exists()


# --- people ---------------------------------------------------------------------------------------------------------
def _of(person: User, **changed: Any) -> dict[str, Any]:
    shown = {
        "username": person.username,
        "display_name": person.display_name,
        "email": "",
        "groups": list(person.groups.values_list("pk", flat=True)),
        "language": person.language,
        "theme": person.theme,
        "shortcuts_enabled": "on",
        **({"is_active": "on"} if person.is_active else {}),
    }
    return {**{name: value for name, value in {**shown, **changed}.items() if value is not None}, **REASON}


def test_roles_are_given_by_two(at_admin: Client, staff_member: Make, xu: User) -> None:
    officer, finance = staff_member("officer"), Group.objects.get(name="finance")

    at_admin.post(address(User, "change", officer), _of(officer, groups=[finance.pk]))

    assert [group.name for group in officer.groups.all()] == ["officer"]
    waiting = Approval.objects.get()
    assert (waiting.before, waiting.after) == ({"groups": ["officer"]}, {"groups": ["finance"]})
    agree(xu)
    assert [group.name for group in officer.groups.all()] == ["finance"]
    event = AuditEvent.objects.filter(object_type="staff.user", object_id=str(officer.pk)).latest("id")
    assert event.after == {"roles": ["finance"]}


def test_roles_that_hold_both_ends_are_refused_by_name(at_admin: Client, staff_member: Make) -> None:
    collector = staff_member("collector")
    both = [*collector.groups.all(), Group.objects.get(name="team_lead")]
    wanted = _of(collector, groups=[one.pk for one in both])

    answer = at_admin.post(address(User, "change", collector), wanted, follow=True)

    assert "Nobody holds both ends" in said(answer)
    assert not Approval.objects.exists()


def test_a_password_of_another_is_set_by_two_and_never_shown(at_admin: Client, staff_member: Make, xu: User) -> None:
    officer = staff_member("officer")

    at_admin.post(f"/admin/staff/user/{officer.pk}/password/", {"password1": NEW, "password2": NEW, **REASON})

    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)
    waiting = Approval.objects.get()
    told = json.dumps([waiting.payload, waiting.before, waiting.after])
    assert NEW not in told
    assert "pbkdf2" not in told and "argon2" not in told and "md5" not in told
    agree(xu)
    officer.refresh_from_db()
    assert officer.check_password(NEW)
    assert AccountTie.objects.get(what="password").account == officer


def test_who_is_shut_out_is_so_at_once_and_comes_back_by_two(at_admin: Client, staff_member: Make, xu: User) -> None:
    officer = staff_member("officer")

    at_admin.post(address(User, "change", officer), _of(officer, is_active=None))
    officer.refresh_from_db()
    assert not officer.is_active
    assert not Approval.objects.exists()

    at_admin.post(address(User, "change", officer), _of(officer, is_active="on"))
    officer.refresh_from_db()
    assert not officer.is_active
    agree(xu)
    officer.refresh_from_db()
    assert officer.is_active


def test_the_first_administrator_makes_the_second_person_alone_and_no_third(
    client: Client, staff_member: Make, caplog: pytest.LogCaptureFixture
) -> None:
    first = create_first_administrator(username="first", password="orange-river-29")
    client.force_login(first, backend="staff.backends.StaffBackend")
    groups = [Group.objects.get(name="compliance").pk]

    answer = client.post(address(User), {**_person(), "groups": groups, **REASON}, follow=True)
    assert "nobody else is here yet" in said(answer)
    assert "power_change_alone" in caplog.text
    second = User.objects.get(username="newcomer")
    client.post(address(User), {**_person(), "username": "third", **REASON})
    assert not User.objects.filter(username="third").exists()
    with pytest.raises(deciding.AccountsNotIndependent):
        agree(second)

    User.objects.filter(pk=second.pk).update(is_active=False)
    assert not people.nobody_else_yet(User(username="fourth"), first)


def test_what_one_person_may_save_in_the_admin_is_known() -> None:
    designed = {"loans.Product", "loans.ProductVersion"}  # terms of products have a page and a request of their own
    by_one = {
        model._meta.label
        for model, page in admin.site._registry.items()
        if not isinstance(page, ReadOnlyAdmin | ChangedByTwoAdmin)
    }
    assert by_one - designed == set()
