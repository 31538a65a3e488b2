"""Overrides on pages: asked for where the gate stopped an act, and counted for everybody to see."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import approvals
from audit.models import Approval
from core import business_date
from loans.gate import overrides
from loans.gate.gate import BindingAct
from loans.gate.words import CHECKS
from loans.models import Application, Disbursement, GateOverride, Loan
from tests.borrowers.factories import ExternalDebtFactory
from tests.loans.disbursement.test_first_drawdown import FIRST_DUE, a_line_drawn_once
from tests.loans.factories import ON, ContractFactory, LoanFactory, OfferFactory
from tests.loans.gate.doors import BREAKS, a_client, rows
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
WHY = "Paid three loans on time elsewhere"
LIST = "/app/overrides/"
ASK = "Ask for an override"
CHINESE = {"headers": {"accept-language": "zh-hans"}}


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def overridden(*checks: str, asked_by: str = "uwe", agreed_by: str = "cai", on: date = ON) -> GateOverride:
    """An offer that those checks keep from being accepted, and the override that two people agreed to."""
    offer = OfferFactory()
    for check in checks:
        BREAKS[check](offer.application.borrower)
    request = overrides.request(
        obj=offer.application,
        act=BindingAct.ACCEPTANCE,
        reason=WHY,
        on=on,
        by=UserFactory(username=asked_by, roles=["underwriter"]),
    )
    checker = UserFactory(username=agreed_by, roles=["checker"])
    approvals.approve(approval_id=request.pk, decided_by=checker, on=on)
    return GateOverride.objects.get(approval=request)


def read(client: Client, address: str, **asked: Any) -> str:
    return " ".join(client.get(address, **asked).content.decode().split())


class TestList:
    def test_the_right_is_needed(self, client: Client) -> None:
        assert client.get(LIST).headers["Location"].startswith("/login/")
        refused = a_client("collector").get(LIST)

        assert refused.status_code == 403
        assert "risk.view_assessment" in refused.content.decode()

    @pytest.mark.parametrize(
        ("asked", "told"), [({}, "No overrides in these days"), (CHINESE, "这些天没有例外批准")], ids=["en", "zh"]
    )
    def test_where_there_is_none_it_says_so(self, asked: dict[str, Any], told: str) -> None:
        page = read(a_client("compliance"), LIST, **asked)

        assert told in page
        assert "<table" not in page

    def test_each_is_shown_with_both_people_the_reason_and_the_currency(self) -> None:
        kept = overridden("limit")

        page = read(a_client("compliance"), LIST)

        assert kept.application is not None
        for told in (kept.application.number, "Within the limit", "¥ 10,000.00", "uwe", "cai", WHY, "林*雨"):
            assert told in page
        assert "1 override from" in page
        assert "林小雨" not in page

    def test_the_words_are_chinese_for_a_chinese_reader(self) -> None:
        overridden("limit")

        page = read(a_client("compliance"), LIST, **CHINESE)

        assert "例外批准" in page
        for english in ("Within the limit", "By check", "Agreed by", "Reason"):
            assert english not in page

    def test_counts_are_those_of_plain_sql(self) -> None:
        overridden("limit")
        overridden("limit", "affordability", agreed_by="chen")
        overridden("affordability", "arrears", "limit", asked_by="uma")

        counted = a_client("compliance").get(LIST).context["tallies"]

        checks = rows(
            "SELECT code, count(*), count(*) * 100 / (SELECT count(*) FROM loans_gateoverride)"
            "  FROM loans_gateoverride, jsonb_array_elements_text(checks) code GROUP BY code"
        )
        assert len(checks) == 3
        assert {(str(CHECKS[code]), count, share) for code, count, share in checks} == {
            (tally.label, tally.count, tally.share) for tally in counted.checks
        }
        asked = (
            "SELECT u.username, count(*) FROM loans_gateoverride o JOIN staff_user u ON u.id = o.asked_by_id GROUP BY 1"
        )
        agreed = asked.replace("asked_by_id", "agreed_by_id")
        assert {(tally.label, tally.count) for tally in counted.asked} == set(rows(asked)) == {("uwe", 2), ("uma", 1)}
        assert (
            {(tally.label, tally.count) for tally in counted.agreed} == set(rows(agreed)) == {("cai", 2), ("chen", 1)}
        )
        assert counted.count == rows("SELECT count(*) FROM loans_gateoverride")[0][0] == 3

    def test_two_people_of_one_name_are_counted_apart(self) -> None:
        overridden("limit", asked_by="li-1")
        overridden("limit", asked_by="li-2")
        rows("UPDATE staff_user SET first_name = 'Na', last_name = 'Li' WHERE username LIKE 'li-_'")

        asked = a_client("compliance").get(LIST).context["tallies"].asked

        assert [(tally.count, tally.share) for tally in asked] == [(1, 50), (1, 50)]

    @pytest.mark.parametrize(
        ("period", "found"),
        [
            ({}, 2),
            ({"since": ON + timedelta(days=1)}, 1),
            ({"until": ON + timedelta(days=2)}, 1),
            ({"since": ON, "until": ON}, 1),
            ({"since": ON, "until": ON + timedelta(days=3)}, 2),
            ({"since": ON + timedelta(days=1), "until": ON + timedelta(days=2)}, 0),
        ],
    )
    def test_the_period_holds_both_its_ends(self, period: dict[str, date], found: int) -> None:
        overridden("limit")
        overridden("limit", on=ON + timedelta(days=3))
        business_date.move_to(ON + timedelta(days=3))

        page = a_client("compliance").get(LIST, {name: day.isoformat() for name, day in period.items()})

        assert (len(page.context["rows"]), page.context["tallies"].count) == (found, found)

    def test_unless_asked_it_counts_the_last_thirty_days(self) -> None:
        overridden("limit")
        for days, found in ((30, 1), (31, 0)):
            business_date.move_to(ON + timedelta(days=days))
            assert a_client("compliance").get(LIST).context["tallies"].count == found

    def test_a_day_that_is_none_is_refused_at_its_field(self) -> None:
        page = a_client("compliance").get(LIST, {"since": "yesterday"})

        assert page.status_code == 200
        assert "since" in page.context["form"].errors

    def test_five_take_no_more_queries_than_one(self) -> None:
        client, counts = a_client("compliance"), []
        for more in (1, 4):
            for number in range(more):
                overridden("limit", asked_by=f"asks-{more}-{number}", agreed_by=f"agrees-{more}-{number}")
            client.get(LIST)
            with CaptureQueriesContext(connection) as queries:
                page = client.get(LIST)
            counts.append(len(queries))
            assert len(page.context["rows"]) == GateOverride.objects.count()

        assert counts[0] == counts[1]


class TestOnTheApplication:
    """An offer stands, the borrower comes, and a soft check keeps it from being accepted."""

    @pytest.fixture
    def stopped(self) -> Application:
        application: Application = OfferFactory().application
        BREAKS["limit"](application.borrower)
        a_client("officer").post(f"/app/applications/{application.number}/accept")
        assert rows("SELECT count(*) FROM loans_loan") == [(0,)]
        return application

    def test_who_decides_asks_there_and_a_second_person_agrees(self, stopped: Application) -> None:
        page = f"/app/applications/{stopped.number}"
        underwriter = a_client("underwriter")
        assert ASK in read(underwriter, page)
        assert "提请例外批准" in read(underwriter, page, **CHINESE)

        answer = underwriter.post(f"{page}/override", {"reason": WHY}, follow=True).content.decode()

        assert "a second person now decides on the override" in answer
        request = Approval.objects.get(kind="gate.override")
        assert (request.reason, request.amount) == (WHY, Decimal("10000.00"))
        a_client("checker").post(f"/app/approvals/{request.pk}/approve", {"reason": "Seen"})
        a_client("officer").post(f"{page}/accept")
        assert rows("SELECT count(*) FROM loans_loan") == [(1,)]

    def test_where_a_hard_check_stops_it_the_page_says_what_can_be_done(self, stopped: Application) -> None:
        BREAKS["do_not_lend"](stopped.borrower)
        page, officer = f"/app/applications/{stopped.number}", a_client("officer")
        officer.post(f"{page}/accept")

        assert "Taking somebody off the list needs a second person." in read(officer, page)
        assert "移出禁止放贷名单须经复核人同意。" in read(officer, page, **CHINESE)

    @pytest.mark.parametrize("role", ["officer", "operations", "compliance"])
    def test_who_may_not_ask_is_told_why_without_a_form(self, stopped: Application, role: str) -> None:
        page, client = f"/app/applications/{stopped.number}", a_client(role)

        shown = read(client, page)

        assert "Needs an override" in shown
        assert "the limit is ¥ 1.00" in shown
        assert ASK not in shown
        assert client.post(f"{page}/override", {"reason": WHY}).status_code == 403
        assert not Approval.objects.exists()

    @pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
    def test_without_a_reason_nobody_is_asked(self, stopped: Application, reason: str) -> None:
        address = f"/app/applications/{stopped.number}/override"
        answer = a_client("underwriter").post(address, {"reason": reason}, follow=True)

        assert "Give a reason" in answer.content.decode()
        assert not Approval.objects.exists()

    def test_it_is_asked_for_once(self, stopped: Application) -> None:
        address, underwriter = f"/app/applications/{stopped.number}/override", a_client("underwriter")
        for _ in range(2):
            underwriter.post(address, {"reason": WHY})

        assert Approval.objects.filter(kind="gate.override").count() == 1

    def test_a_hard_check_cannot_be_overridden(self, stopped: Application) -> None:
        BREAKS["alive"](stopped.borrower)
        page, underwriter = f"/app/applications/{stopped.number}", a_client("underwriter")

        answer = underwriter.post(f"{page}/override", {"reason": WHY}, follow=True).content.decode()

        assert "has died" in answer
        assert ASK not in answer
        assert not Approval.objects.exists()

    def test_where_nothing_is_in_the_way_it_says_so(self) -> None:
        application = OfferFactory().application
        page, underwriter = f"/app/applications/{application.number}", a_client("underwriter")
        assert ASK not in read(underwriter, page)

        answer = underwriter.post(f"{page}/override", {"reason": WHY}, follow=True)

        assert "nothing has to be overridden" in answer.content.decode()
        assert not Approval.objects.exists()


class TestOnTheLoan:
    def stopped(self) -> tuple[Loan, str]:
        """A payout that a soft check stopped, and where its application is shown."""
        loan = Loan.objects.get(application__offers__contract=ContractFactory())
        BREAKS["limit"](loan.borrower)
        assert loan.application is not None
        application = f"/app/applications/{loan.application.number}"
        a_client("operations").post(f"{application}/disburse")
        assert rows("SELECT count(*) FROM loans_banktransfer") == [(0,)]
        return loan, application

    def test_a_payout_is_asked_for_agreed_to_and_sent(self) -> None:
        loan, application = self.stopped()
        operations, page = a_client("operations"), f"/app/loans/{loan.number}"
        assert ASK in read(operations, page)
        assert "提请例外批准" in read(operations, page, **CHINESE)
        assert ASK not in read(a_client("officer"), page)
        assert f"{page}/override" in read(operations, application)
        assert f"{page}/override" not in read(a_client("underwriter"), application)

        operations.post(f"{page}/override", {"reason": WHY})
        request = Approval.objects.get(kind="gate.override")
        a_client("checker").post(f"/app/approvals/{request.pk}/approve", {"reason": "Seen"})
        a_client("operations").post(f"{application}/disburse")

        kept = GateOverride.objects.get()
        assert (kept.act, kept.checks, kept.amount) == ("disbursement", ["limit"], loan.principal)
        assert Disbursement.objects.get().status == "paid"

    def test_only_who_pays_out_asks(self) -> None:
        loan, _application = self.stopped()

        for role in ("underwriter", "officer", "checker"):
            assert a_client(role).post(f"/app/loans/{loan.number}/override", {"reason": WHY}).status_code == 403
        assert not Approval.objects.exists()

    def test_a_drawdown_is_asked_for_by_its_amount(self) -> None:
        loan = a_line_drawn_once()
        BREAKS["limit"](loan.borrower)
        operations, page = a_client("operations"), f"/app/loans/{loan.number}"
        form = {"amount": "1000", "effective_on": FIRST_DUE.isoformat(), "reason": "asked for by letter", "key": "part"}
        operations.post(f"{page}/acts/drawn_down", form)
        shown = read(operations, page)
        assert ASK in shown
        assert 'name="amount" value="1000.00"' in shown

        operations.post(f"{page}/override", {"reason": WHY, "amount": "1000.00"})

        request = Approval.objects.get(kind="gate.override")
        assert request.payload == {"act": "drawdown", "amount": "1000.00"}
        assert rows("SELECT count(*) FROM loans_disbursement WHERE is_drawdown") == [(0,)]


class TestCommitments:
    """The card on the page of a borrower."""

    def of(self, borrower: Any, **asked: Any) -> str:
        return read(a_client("compliance"), f"/app/borrowers/{borrower.number}", **asked)

    def test_every_way_of_being_bound_is_listed_and_summed(self) -> None:
        offer = OfferFactory()
        borrower = offer.application.borrower
        running = LoanFactory(active=True, borrower=borrower, principal=Decimal("1000.00"))

        page = self.of(borrower)

        owed = rows("SELECT principal_outstanding FROM loans_loanposition")[0][0]
        offered = rows("SELECT principal FROM loans_offer")[0][0]
        for told in (
            running.number,
            offer.application.number,
            f"¥ {owed:,}",
            f"¥ {offered:,}",
            f"¥ {owed + offered:,}",
        ):
            assert told in page
        assert "What the lender is bound to" in page
        assert "本机构的承诺" in self.of(borrower, **CHINESE)

    def test_who_owes_nothing_has_no_card(self) -> None:
        assert "What the lender is bound to" not in self.of(ExternalDebtFactory().borrower)
