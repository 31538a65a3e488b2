"""The pages that tell what takes two people: the table, the matrix against the groups in the database, rights lent until a
date, and decisions of one person alone with their alarm and review."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from audit import approvals, breaking_glass, deciding, delegations, queries
from audit.models import Approval, ApprovalStatus, AuditEvent, BrokenGlass, Delegation, Review
from core import business_date
from core.context import acting
from core.models import Rule
from core.rules import forget_cached_rules
from staff.models import User
from tests.audit.factories import ApprovalFactory, AuditEventFactory
from tests.core.factories import RuleFactory
from tests.loans.factories import LoanFactory
from tests.partners.factories import ApiKeyFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

KIND, RIGHT = "test.pages", "risk.approve_limit"
NOT_THEIRS = "test.pages.power"  # what a checker does not decide
PAGES = ("/app/two-people/", "/app/two-people/rights", "/app/two-people/lent", "/app/two-people/emergencies")
Make = Callable[..., User]
SignIn = Callable[..., Client]


@pytest.fixture
def done() -> Iterator[list[int]]:
    carried: list[int] = []
    approvals.register(
        KIND,
        lambda approval, _on: carried.append(approval.pk),
        permission=RIGHT,
        label="Test",
        asked_with="risk.change_limit",
    )
    approvals.register(
        NOT_THEIRS,
        lambda approval, _on: carried.append(approval.pk),
        permission="audit.approve_power",
        label="Test",
        asked_with="risk.change_limit",
    )
    yield carried
    del approvals._kinds[KIND], approvals._kinds[NOT_THEIRS]


@pytest.fixture
def maker(staff_member: Make) -> User:
    return staff_member("risk_analyst", username="maker")


@pytest.fixture
def checker(staff_member: Make) -> User:
    return staff_member("checker", username="chen")


@pytest.fixture
def stand_in(staff_member: Make) -> User:
    return staff_member("compliance", username="stand-in")


def decide(approval: Approval, by: User, later: int = 0) -> Approval:
    on = business_date.current() + timedelta(days=later)
    return approvals.approve(approval_id=approval.pk, decided_by=by, on=on)


def lend(giver: User, to: User, agreed_by: User, days: int = 5) -> Delegation:
    on = business_date.current()
    asked = delegations.ask(
        permission=RIGHT, given_by=giver, given_to=to, ends_on=on + timedelta(days=days), reason="Holiday", on=on
    )
    decide(asked, agreed_by)
    return Delegation.objects.get()


# --- the table and the matrix ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", [*PAGES, "/app/two-people/rights.csv"])
def test_who_may_see_it_and_who_may_not(client: Client, signed_in: SignIn, address: str) -> None:
    assert signed_in(client, "compliance").get(address).status_code == 200
    assert signed_in(Client(), "officer").get(address).status_code == 403


def test_every_kind_is_told_with_who_asks_and_who_decides(client: Client, signed_in: SignIn) -> None:
    page = signed_in(client, "administrator").get(PAGES[0])

    told = {row.code: row for row in page.context["rows"]}
    assert told.keys() == {kind.code for kind in approvals.kinds()}
    assert (told["loan.write_off"].amount, told["loan.write_off"].words) == (None, "")
    assert str(told["application.second_approval"].amount) == "50000.00"
    assert told["power.person"].decide.roles == ["Compliance"]
    assert "above ¥ 50,000.00" in page.content.decode()


def test_bounds_are_told_with_currency_per_cent_and_count(client: Client, signed_in: SignIn) -> None:
    browser = signed_in(client, "administrator")
    told = {row.code: row.words for row in browser.get(PAGES[0]).context["rows"]}

    assert told["loan.settled_for_less"] == "Maximum waived: above ¥ 2,000.00; Percent of the loan: above 20 %"
    assert told["loan.rate_changed"] == (
        "Interest of days to come given up, at most: above ¥ 1,000.00; Interest lowered by: above ¥ 1,000.00; "
        "New annual rate: above 24.00 %"
    )
    assert told["loan.payment_holiday"] == (
        "Instalments skipped: above 3; Interest of days to come given up, at most: above ¥ 1,000.00"
    )
    page = browser.get(PAGES[0], headers={"accept-language": "zh-hans"}).content.decode()
    assert "减免金额上限超过 ¥ 2,000.00；" in page and "复核员、催收组长" in page


def test_an_amount_of_the_rule_is_what_the_page_and_the_code_go_by(client: Client, signed_in: SignIn) -> None:
    on, known = business_date.current(), Rule.objects.get(code="two_people")
    assert approvals.needs_two("test.unnamed", 1, on)
    RuleFactory(
        code="two_people", effective_from=on, source="test", data={**known.data, "amount_from": {"power.rule": "800"}}
    )
    forget_cached_rules()

    row = next(row for row in signed_in(client, "compliance").get(PAGES[0]).context["rows"] if row.code == "power.rule")

    assert str(row.amount) == "800"
    assert [approvals.needs_two("power.rule", amount, on) for amount in (800, 801)] == [False, True]
    assert not approvals.needs_two("power.rule", 800, on)
    assert approvals.needs_two("power.rule", 1, on - timedelta(days=1))


def _of_the_database() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT c.app_label || '.' || p.codename, g.name
              FROM auth_group g JOIN auth_group_permissions gp ON gp.group_id = g.id
              JOIN auth_permission p ON p.id = gp.permission_id
              JOIN django_content_type c ON c.id = p.content_type_id""")
        return set(cursor.fetchall())


def test_the_matrix_is_what_the_groups_in_the_database_hold(client: Client, signed_in: SignIn) -> None:
    answer = signed_in(client, "compliance", language="en").get("/app/two-people/rights.csv")

    head, *lines = csv.reader(io.StringIO(answer.content.decode().lstrip("\ufeff")))
    names = {
        "Loan officer": "officer",
        "Underwriter": "underwriter",
        "Checker": "checker",
        "Operations": "operations",
        "Collector": "collector",
        "Collections lead": "team_lead",
        "Risk analyst": "risk_analyst",
        "Finance": "finance",
        "Compliance": "compliance",
        "Administrator": "administrator",
    }
    roles = head[2:-2]
    told = {(line[0], names[role]) for line in lines for role, held in zip(roles, line[2:-2], strict=True) if held}
    assert told == _of_the_database()
    by_right = {line[0]: line for line in lines}
    assert "Write off" in by_right["loans.approve_write_off"][-1]
    assert "Write off" in by_right["loans.request_write_off"][-2]
    assert AuditEvent.objects.filter(action="exported").exists()


def test_administrators_see_no_money(client: Client, signed_in: SignIn) -> None:
    signed_in(client, "administrator")
    money = AuditEventFactory(obj=LoanFactory(active=True))
    power = AuditEventFactory(obj=UserFactory())
    told = {event: client.get(f"/app/audit/{event.pk}/").status_code for event in (money, power)}
    assert told == {money: 403, power: 200}

    held = {right for right, role in _of_the_database() if role == "administrator"}
    shut = ("loans.view_loan", "loans.view_application", "borrowers.view_borrower", "ledger.view_journalentry")
    assert held.isdisjoint(shut)
    assert not any(right.startswith(("loans.record", "loans.disburse", "collections.")) for right in held)
    for address in ("/app/loans/", "/app/applications/", "/app/borrowers/", "/app/books/", "/app/payments/"):
        assert client.get(address).status_code == 403, address
    log = client.get("/app/audit/")
    assert {row["event"].object_type for row in log.context["rows"]} <= set(queries.power_types())
    assert client.get("/admin/audit/auditevent/").status_code == 403
    home = client.get("/app/").content.decode()
    assert "Principal outstanding" not in home
    assert 'href="/app/loans/"' not in home


def test_more_people_cost_no_more_statements(client: Client, signed_in: SignIn, django_assert_max_num_queries) -> None:
    signed_in(client, "compliance")
    for _n in range(10):
        UserFactory(roles=["collector", "team_lead"])

    with django_assert_max_num_queries(12):
        page = client.get(PAGES[0]).content.decode()
    with django_assert_max_num_queries(10):
        client.get(PAGES[1])

    assert "People with both ends by several roles" in page


# --- rights lent until a date ---------------------------------------------------------------------------------------
def test_a_lent_right_decides_until_its_day(done, maker, checker, stand_in, staff_member) -> None:
    with pytest.raises(deciding.ApprovalNotPermitted):
        decide(ApprovalFactory(kind=KIND, requested_by=maker), stand_in)
    lend(checker, stand_in, staff_member("compliance"), days=5)

    assert decide(ApprovalFactory(kind=KIND, requested_by=maker), stand_in, later=5).decided_by == stand_in
    with pytest.raises(deciding.ApprovalNotPermitted):
        decide(ApprovalFactory(kind=KIND, requested_by=maker), stand_in, later=6)


def test_until_a_third_person_agreed_nothing_is_lent(done, maker, checker, stand_in) -> None:
    on = business_date.current()
    asked = delegations.ask(permission=RIGHT, given_by=checker, given_to=stand_in, ends_on=on, reason="Ill", on=on)

    with pytest.raises(deciding.ApprovalNotPermitted):
        decide(ApprovalFactory(kind=KIND, requested_by=maker), stand_in)
    with pytest.raises(delegations.ThirdPersonNeeded):
        decide(asked, stand_in)
    with pytest.raises(deciding.SecondPersonNeeded):
        decide(asked, checker)


@pytest.mark.parametrize(
    ("to", "days", "refusal"),
    [
        ("risk_analyst", 5, delegations.DelegateAsksWithIt),
        ("compliance", 31, delegations.DelegationTooLong),
        ("compliance", -1, delegations.DelegationTooLong),
    ],
)
def test_what_cannot_be_lent_is_refused_by_name(checker, staff_member, to, days, refusal) -> None:
    on = business_date.current()
    wish = {"given_to": staff_member(to), "ends_on": on + timedelta(days=days), "reason": "Holiday", "on": on}
    with pytest.raises(refusal):
        delegations.ask(permission=RIGHT, given_by=checker, **wish)


def test_what_one_does_not_hold_one_does_not_lend(staff_member, stand_in, checker) -> None:
    on, lead = business_date.current(), staff_member("team_lead")
    with pytest.raises(delegations.RightNotHeld):
        delegations.ask(permission=RIGHT, given_by=lead, given_to=stand_in, ends_on=on, reason="x", on=on)
    lend(checker, stand_in, staff_member("compliance"))
    with pytest.raises(delegations.RightNotHeld):
        delegations.ask(permission=RIGHT, given_by=stand_in, given_to=lead, ends_on=on, reason="x", on=on)


def test_through_a_lent_right_nobody_decides_for_the_other_side(done, checker, stand_in, staff_member) -> None:
    lend(checker, stand_in, staff_member("compliance"))

    with pytest.raises(deciding.RightLentByRequester):
        decide(ApprovalFactory(kind=KIND, requested_by=checker), stand_in)
    with pytest.raises(deciding.RightLentByRequester):
        decide(ApprovalFactory(kind=KIND, requested_by=stand_in), checker)


def test_a_lent_right_is_gone_with_its_giver_or_with_a_right_to_ask(
    done, maker, checker, stand_in, staff_member
) -> None:
    lend(checker, stand_in, staff_member("compliance"))
    approval = ApprovalFactory(kind=KIND, requested_by=maker)
    UserFactory(username="stand-in", roles=["compliance", "risk_analyst"])
    with pytest.raises(deciding.ApprovalNotPermitted):
        decide(approval, stand_in)
    UserFactory(username="stand-in", roles=["compliance"])
    User.objects.filter(pk=checker.pk).update(is_active=False)
    with pytest.raises(deciding.ApprovalNotPermitted):
        decide(approval, stand_in)


def test_it_is_asked_for_and_taken_back_on_its_page(client, signed_in, done, maker, stand_in, staff_member) -> None:
    at_desk, until = signed_in(client, "checker"), business_date.current() + timedelta(days=3)
    wish = {"permission": RIGHT, "given_to": stand_in.pk, "ends_on": until.isoformat(), "reason": "Holiday"}

    assert at_desk.post(PAGES[2], {**wish, "ends_on": "2099-01-01"}).status_code == 422
    assert at_desk.post(PAGES[2], wish).status_code == 302
    decide(Approval.objects.get(), staff_member("compliance"))
    approval = ApprovalFactory(kind=KIND, requested_by=maker)
    inbox = Client()
    inbox.force_login(stand_in, backend="staff.backends.StaffBackend")
    assert f"approval-{approval.pk}" in inbox.get("/app/approvals/").content.decode()

    at_desk.post(f"/app/two-people/lent/{Delegation.objects.get().pk}/end")

    with pytest.raises(deciding.ApprovalNotPermitted):
        decide(approval, stand_in)


# --- one person alone in an emergency -------------------------------------------------------------------------------
def test_one_person_decides_alone_with_an_alarm_until_another_reviewed_it(
    client, signed_in, done, maker, staff_member, caplog
) -> None:
    approval = ApprovalFactory(kind=NOT_THEIRS, requested_by=maker)
    at_desk = signed_in(client, "checker", username="chen")
    assert "Decide alone" in at_desk.get("/app/approvals/?state=every").content.decode()
    at_desk.post(f"/app/approvals/{approval.pk}/alone", {"reason": ""})
    assert done == []

    at_desk.post(f"/app/approvals/{approval.pk}/alone", {"reason": "The vault is on fire"})

    assert done == [approval.pk]
    assert "glass_broken" in caplog.text
    broken = BrokenGlass.objects.get()
    assert (broken.review, broken.reason) == (Review.OPEN, "The vault is on fire")
    watch = signed_in(Client(), "compliance", username="xu")
    assert "1 to review" in watch.get("/app/").content.decode()
    assert "1 decision of one person alone waits" in watch.get(PAGES[0]).content.decode()
    assert watch.post(f"/app/two-people/emergencies/{broken.pk}/review", {"note": ""}).status_code == 422
    watch.post(f"/app/two-people/emergencies/{broken.pk}/review", {"note": "Why?", "objects": "on"})
    broken.refresh_from_db()
    assert (broken.review, broken.reviewed_by.username) == (Review.OBJECTED, "xu")
    assert "to review" not in watch.get("/app/").content.decode()


def test_deciding_alone_is_offered_only_where_it_would_be_done(client, signed_in, done, maker, staff_member) -> None:
    at_desk = signed_in(client, "checker", username="chen")
    chen = User.objects.get(username="chen")
    left = staff_member("risk_analyst", username="left", is_active=False)
    own, strangers, gone = (ApprovalFactory(kind=NOT_THEIRS, requested_by=who) for who in (chen, maker, left))
    ordinary = ApprovalFactory(kind=KIND, requested_by=maker)
    with acting(actor=chen):
        second = UserFactory(roles=["risk_analyst"])
    tied = ApprovalFactory(kind=NOT_THEIRS, requested_by=second)
    key = ApiKeyFactory(created_by=chen)
    by_key = ApprovalFactory(kind=NOT_THEIRS, requested_by=key.client.acts_as)

    page = at_desk.get("/app/approvals/?state=every").content.decode()

    assert f"/app/approvals/{strangers.pk}/alone" in page
    # Who may decide anyway is offered that, and no alarm beside it.
    assert f"/app/approvals/{ordinary.pk}/approve" in page and f"/app/approvals/{ordinary.pk}/alone" not in page
    for refused in (own, tied, by_key, gone):
        assert f'id="approval-{refused.pk}"' in page and f"/app/approvals/{refused.pk}/alone" not in page
        at_desk.post(f"/app/approvals/{refused.pk}/alone", {"reason": "fire"})
    assert done == [] and page.count("it takes a second person even in an emergency") == 3


def test_without_the_right_by_a_role_nobody_breaks_the_glass(done, maker, staff_member) -> None:
    approval, on = ApprovalFactory(kind=KIND, requested_by=maker), business_date.current()
    for person in (maker, staff_member("compliance"), staff_member(username="root", superuser=True)):
        with pytest.raises(breaking_glass.GlassNotPermitted):
            breaking_glass.decide_alone(approval_id=approval.pk, by=person, on=on, reason="fire")
    approval.refresh_from_db()
    assert approval.status == ApprovalStatus.PENDING


def test_nobody_reviews_what_they_or_their_accounts_did(done, maker, checker, staff_member) -> None:
    approval, on = ApprovalFactory(kind=KIND, requested_by=maker), business_date.current()
    broken = breaking_glass.decide_alone(approval_id=approval.pk, by=checker, on=on, reason="fire")
    UserFactory(username="chen", roles=["checker", "compliance"])
    with acting(actor=checker):
        puppet = UserFactory(roles=["compliance"])
    for person in (checker, puppet, maker):
        with pytest.raises(breaking_glass.ReviewNotPermitted):
            breaking_glass.review(broken_id=broken.pk, by=person, on=on, objects=False, note="fine")

    breaking_glass.review(broken_id=broken.pk, by=staff_member("compliance"), on=on, objects=False, note="fine")

    with pytest.raises(breaking_glass.AlreadyReviewed):
        breaking_glass.review(broken_id=broken.pk, by=staff_member("compliance"), on=on, objects=True, note="no")


def test_what_a_lent_right_decides_is_counted_beside_approvals_and_stands_on_the_home_page(
    client, signed_in, done, maker, checker, stand_in, staff_member
) -> None:
    approval = ApprovalFactory(kind=KIND, requested_by=maker)
    at_desk = signed_in(client, username="stand-in")
    assert at_desk.get("/app/").context["nav_counts"]["approvals"] == ""

    lend(checker, stand_in, staff_member("compliance", username="xu"))
    cache.clear()

    page = at_desk.get("/app/")
    assert page.context["nav_counts"]["approvals"] == "1"
    assert approval.object_label in page.content.decode()
    business_date.move_to(business_date.current() + timedelta(days=31))
    cache.clear()
    assert at_desk.get("/app/").context["nav_counts"]["approvals"] == ""
