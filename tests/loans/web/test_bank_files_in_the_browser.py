"""The pages of bank files in a real browser: wide and narrow, both languages, light and dark; one confirmed by keyboard."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit import approvals
from audit.models import Approval
from loans.incoming import importing, taking_in, uploading
from loans.incoming.matching_by_two import match_or_ask
from loans.models import IncomingPayment, Loan, Repayment
from tests.browsing import assert_fits
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory
from tests.loans.statements import statement
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
ON = date(2026, 2, 16)
FEBRUARY = (
    "账号：6222000011112222,起止日期：2026-02-15 - 2026-02-16,期初余额：1700.00,期末余额：2800.00\n"
    "交易日期,交易流水号,贷方金额,借方金额,对方户名,对方账号,附言,余额\n"
    "2026-02-15,202602150000012345678901,1200.00,,林小雨,6222021234,还款 {loan},2900.00\n"
    "2026-02-15,202602150000012345678902,,50.00,示例公司,6222025555,手续费,2840.00\n"
    "soon,X,1.00,,,,,\n"
)


@pytest.fixture
def loan() -> Loan:
    made = LoanFactory(active=True)
    close_until(ON - timedelta(days=1))
    return made


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_their_window(
    page_as: Callable[..., Page], picture: Callable, loan: Loan, language: str, theme: str, width: int
) -> None:
    clerk = UserFactory(username="clerk", display_name="Wu Lan", roles=["operations"])
    waiting = uploading.upload(content=FEBRUARY.format(loan=loan.number).encode(), name="february.csv", on=ON, by=clerk)
    rejected = uploading.upload(
        content=statement(("2026-02-15", "R-1", "9.00", "?")), name="typed.csv", on=ON, by=clerk
    )
    request = Approval.objects.latest("id")
    finance = UserFactory(roles=["finance"])
    approvals.reject(approval_id=request.pk, decided_by=finance, reason="The bank knows nothing of it", on=ON)
    known = taking_in.take_in(content=statement(("2026-02-15", "K-1", "9.00", "?")), name="fetched.csv", on=ON)
    importing.settle_file(bank_file_id=known.pk, on=ON)
    line = IncomingPayment.objects.get()
    shares = [importing.Share(loan.number, line.left)]
    match_or_ask(payment_id=line.pk, shares=shares, on=ON, by=clerk, reason="He phoned and sent the slip")
    page = page_as("operations", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    places = {
        "waiting": reverse("loans:payment_file", args=[waiting.pk]),
        "rejected": reverse("loans:payment_file", args=[rejected.pk]),
        "confirmed": reverse("loans:payment_file", args=[known.pk]),
        "list": reverse("loans:payment_files"),
        "line": reverse("loans:incoming_payment", args=[line.pk]),
        "inbox": reverse("audit:approvals"),
        "import": reverse("loans:payment_import"),
    }
    for name, address in places.items():
        page.goto(address)
        picture(page, f"bank-files-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)


def test_finance_goes_from_the_file_to_its_request_and_confirms(page_as: Callable[..., Page], loan: Loan) -> None:
    clerk = UserFactory(username="clerk", roles=["operations"])
    bank_file = uploading.upload(
        content=statement(("2026-02-15", "B-1", "100.00", loan.number)), name="february.csv", on=ON, by=clerk
    )
    page = page_as("finance")
    page.goto(reverse("loans:payment_file", args=[bank_file.pk]))

    page.get_by_role("link", name="Confirm or reject").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Approved: Bank statement uploaded by a person february.csv.")).to_be_visible()
    assert Repayment.objects.get().amount == 100
