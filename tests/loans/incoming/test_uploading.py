"""A bank file that a person brings proves nothing until another person confirms it: by page, command and task."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit import approvals
from audit.approvals import ApprovalNotPermitted, OutcomeChanged, SecondPersonNeeded
from audit.breaking_glass import GlassNotEnough, decide_alone
from audit.deciding import AccountsNotIndependent, RequesterRightGone
from audit.models import Approval
from core import business_date
from core.context import acting
from ledger import queries as ledger
from loans.incoming import reading, taking_in, uploading
from loans.incoming.file_lifecycle import BankFileStepRefused
from loans.incoming.taking_in import FileAlreadyImported
from loans.incoming.uploading import FileRejectedBefore, upload
from loans.models import BankFile, IncomingPayment, Loan, Repayment
from loans.tasks import settle_bank_file, settle_bank_files
from operations.demo.staff import every_role_together
from staff.models import AccountTie, User
from tests.borrowers.factories import BorrowerFactory
from tests.core.factories import RuleFactory
from tests.loans.books import close_until
from tests.loans.doing import file_confirmed
from tests.loans.factories import LoanFactory
from tests.loans.statements import statement
from tests.loans.statements import upload as as_upload
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 2, 16)


@pytest.fixture
def lin() -> Loan:
    loan = LoanFactory(active=True, borrower=BorrowerFactory(banked=True))
    close_until(ON - timedelta(days=1))
    return loan


@pytest.fixture
def clerk() -> User:
    return UserFactory(username="clerk", roles=["operations"])


@pytest.fixture
def finance() -> User:
    return UserFactory(username="finance", roles=["finance"])


def typed(loan: Loan, amount: str = "11000.00", reference: str = "B-1") -> bytes:
    """A file anybody can type."""
    return statement(("2026-02-15", reference, amount, loan.number))


def uploaded(loan: Loan, clerk: User, **facts: Any) -> BankFile:
    return upload(content=typed(loan, **facts), name="february.csv", on=ON, by=clerk)


def asked() -> Approval:
    return Approval.objects.get(kind=uploading.KIND, status="pending")


def assert_nothing_posted() -> None:
    assert not IncomingPayment.objects.exists() and not Repayment.objects.exists()
    assert ledger.balances().get("2202", 0) == 0


# --- the story, through every door ------------------------------------------------------------------------------------


def test_one_person_alone_books_nothing_by_page_or_task(signed_in: Callable[..., Client], lin: Loan) -> None:
    clerk = signed_in(Client(), "operations")
    preview = clerk.post(reverse("loans:payment_import"), {"file": as_upload(typed(lin))}).context["preview"]
    address = clerk.post(reverse("loans:payment_import_commit"), {"sha256": preview.sha256}).url

    page = clerk.get(address).content.decode()
    assert "Nothing of this file is credited until a second person confirms" in page and lin.number in page
    clerk.post(reverse("audit:approve", args=[asked().pk]), {"reason": ""})
    assert settle_bank_files() == 0
    assert settle_bank_file(bank_file_id=BankFile.objects.get().pk) == {"matched": 0, "suspense": 0}

    assert asked().status == "pending"
    assert_nothing_posted()


def test_another_person_confirms_it_on_the_page_and_a_worker_credits_it(
    signed_in: Callable[..., Client], lin: Loan, clerk: User, django_capture_on_commit_callbacks: Any
) -> None:
    bank_file = uploaded(lin, clerk)
    finance = signed_in(Client(), "finance")
    shown = finance.get(reverse("loans:payment_file", args=[bank_file.pk])).content.decode()
    inbox = finance.get(reverse("audit:approvals")).content.decode()
    assert "Confirm or reject" in shown and "11,000.00" in shown
    assert (
        "Bank statement uploaded by a person" in inbox and reverse("loans:payment_file", args=[bank_file.pk]) in inbox
    )

    with django_capture_on_commit_callbacks(execute=True):
        assert finance.post(reverse("audit:approve", args=[asked().pk]), {"reason": ""}).status_code == 302

    receipt = Repayment.objects.get()
    assert (receipt.loan, receipt.amount, receipt.recorded_by) == (lin, 11_000, clerk)
    bank_file.refresh_from_db()
    assert (bank_file.status, bank_file.confirmed_by.username[:7], bank_file.confirmed_on) == (
        "confirmed",
        "finance",
        ON,
    )
    assert ledger.difference() == 0


def test_the_command_goes_the_same_way(lin: Loan, clerk: User, finance: User, tmp_path: Path) -> None:
    file, told = tmp_path / "typed.csv", StringIO()
    file.write_bytes(typed(lin))

    call_command("import_statement", str(file), by=clerk.username, stdout=told)

    assert "waits until a second person confirms" in told.getvalue()
    assert_nothing_posted()
    approvals.approve(approval_id=asked().pk, decided_by=finance, on=ON)
    assert settle_bank_files() == 1 and Repayment.objects.get().amount == 11_000
    with pytest.raises(CommandError, match=r"\[bank_file_already_imported\]"):
        call_command("import_statement", str(file), by=clerk.username)
    with pytest.raises(CommandError, match=r"\(loans\.import_payments\)"):
        call_command("import_statement", str(file), by=finance.username)


def test_what_the_bank_s_own_connection_brings_proves_itself(lin: Loan, tmp_path: Path) -> None:
    file, told = tmp_path / "fetched.csv", StringIO()
    file.write_bytes(typed(lin))

    call_command("import_statement", str(file), fetched=True, stdout=told)

    bank_file = BankFile.objects.get()
    assert "1 payments credited" in told.getvalue() and Repayment.objects.get().amount == 11_000
    assert (bank_file.is_fetched, bank_file.imported_by, Approval.objects.exists()) == (True, None, False)


# --- who is a second person --------------------------------------------------------------------------------------------


def refused(by: User, why: type[Exception]) -> None:
    with pytest.raises(why):
        approvals.approve(approval_id=asked().pk, decided_by=by, on=ON)
    assert_nothing_posted()


def test_one_person_with_both_roles_or_a_second_account_confirms_nothing(lin: Loan, clerk: User, finance: User) -> None:
    uploaded(lin, clerk)
    clerk.groups.add(*finance.groups.all())
    refused(clerk, SecondPersonNeeded)

    with acting(actor=clerk, channel="admin"):
        puppet = UserFactory(roles=["finance"])
    assert AccountTie.objects.filter(account=puppet, by=clerk).exists()
    refused(puppet, AccountsNotIndependent)


def test_a_right_that_is_gone_confirms_nothing_and_asks_for_nothing(lin: Loan, clerk: User, finance: User) -> None:
    uploaded(lin, clerk)
    finance.groups.clear()
    refused(finance, ApprovalNotPermitted)

    other = UserFactory(roles=["finance"])
    clerk.groups.clear()
    refused(other, RequesterRightGone)


def test_whoever_uploaded_it_never_confirms_it_whoever_asks_again(lin: Loan, clerk: User, finance: User) -> None:
    bank_file = uploaded(lin, clerk)
    approvals.reject(approval_id=asked().pk, decided_by=finance, reason="no such statement", on=ON)
    uploading.ask_again(
        bank_file_id=bank_file.pk, reason="look", on=ON, by=UserFactory(username="b", roles=["operations"])
    )
    clerk.groups.set(finance.groups.all())

    refused(clerk, SecondPersonNeeded)


def test_in_an_emergency_nobody_confirms_their_own_file(lin: Loan, clerk: User) -> None:
    uploaded(lin, clerk)
    checker = UserFactory(roles=["checker"])
    with every_role_together():
        clerk.groups.add(*checker.groups.all())

    with pytest.raises(GlassNotEnough):
        decide_alone(approval_id=asked().pk, by=clerk, on=ON, reason="all are ill")
    assert_nothing_posted()

    decide_alone(approval_id=asked().pk, by=checker, on=ON, reason="all are ill")
    assert BankFile.objects.get().is_confirmed


# --- what becomes of the file ------------------------------------------------------------------------------------------


def test_a_rejected_file_is_kept_and_recognised_and_may_be_asked_about_again(
    signed_in: Callable[..., Client], lin: Loan, clerk: User, finance: User
) -> None:
    bank_file = uploaded(lin, clerk)
    approvals.reject(approval_id=asked().pk, decided_by=finance, reason="the bank knows nothing of it", on=ON)

    bank_file.refresh_from_db()
    assert bank_file.is_rejected
    with pytest.raises(FileRejectedBefore):
        uploaded(lin, clerk)
    client = signed_in(Client(), "operations")
    look = client.post(reverse("loans:payment_import"), {"file": as_upload(typed(lin))}).content.decode()
    page = client.get(reverse("loans:payment_file", args=[bank_file.pk])).content.decode()
    assert "Rejected before." in look and reverse("loans:payment_import_commit") not in look
    assert "the bank knows nothing of it" in page
    assert_nothing_posted()

    again = reverse("loans:payment_file_ask_again", args=[bank_file.pk])
    client.post(again, {"reason": ""})
    assert not Approval.objects.filter(status="pending").exists()
    client.post(again, {"reason": "the branch confirmed it by letter"})
    file_confirmed(ON)
    assert Repayment.objects.get().amount == 11_000
    client.post(again, {"reason": "once more"})
    assert not Approval.objects.filter(status="pending").exists()


def test_a_file_nobody_decided_on_in_time_counts_as_rejected(lin: Loan, clerk: User) -> None:
    bank_file = uploaded(lin, clerk)

    approvals.expire_old(ON + timedelta(days=60))

    bank_file.refresh_from_db()
    assert bank_file.is_rejected
    assert_nothing_posted()


def test_the_same_file_waits_once(lin: Loan, clerk: User) -> None:
    uploaded(lin, clerk)

    with pytest.raises(FileAlreadyImported):
        uploaded(lin, UserFactory(username="other", roles=["operations"]))
    assert Approval.objects.count() == BankFile.objects.count() == 1


@pytest.mark.parametrize("rejected", [False, True])
def test_a_typed_file_keeps_no_line_of_the_bank_out(lin: Loan, clerk: User, finance: User, rejected: bool) -> None:
    uploaded(lin, clerk, amount="1.00")
    if rejected:
        approvals.reject(approval_id=asked().pk, decided_by=finance, reason="typed", on=ON)

    taking_in.take_in(content=typed(lin), name="true.csv", on=ON)
    settle_bank_files()

    assert Repayment.objects.get().amount == 11_000
    if not rejected:  # what waits comes to something else now, and says so
        with pytest.raises(OutcomeChanged):
            approvals.approve(approval_id=asked().pk, decided_by=finance, on=ON)
        approvals.approve(approval_id=asked().pk, decided_by=finance, on=ON)
        settle_bank_files()
        assert Repayment.objects.count() == 1


def test_the_bank_brings_the_very_file_that_waits(lin: Loan, clerk: User, finance: User) -> None:
    bank_file = uploaded(lin, clerk)

    taking_in.take_in(content=typed(lin), name="fetched.csv", on=ON)
    settle_bank_files()

    bank_file.refresh_from_db()
    assert bank_file.is_confirmed and bank_file.is_fetched and Repayment.objects.count() == 1
    with pytest.raises(BankFileStepRefused):
        approvals.approve(approval_id=asked().pk, decided_by=finance, on=ON)
    approvals.reject(approval_id=asked().pk, decided_by=finance, reason="the bank brought it", on=ON)
    bank_file.refresh_from_db()
    assert bank_file.is_confirmed


def test_small_files_pass_alone_up_to_the_rule_in_all_of_a_day(lin: Loan, clerk: User) -> None:
    amounts = {uploading.KIND: "500"}
    two = {"accounts_made_within_days": 365, "delegation_most_days": 30, "amount_from": amounts}
    RuleFactory(code="two_people", effective_from=date(2026, 1, 1), data=two)

    first = uploaded(lin, clerk, amount="300.00")
    second = uploaded(lin, clerk, amount="300.00", reference="B-2")

    assert (first.status, first.passed_alone, second.status, second.passed_alone) == (
        "confirmed",
        True,
        "waiting",
        False,
    )
    settle_bank_files()
    assert Repayment.objects.get().amount == 300


def test_the_request_shows_what_the_file_says_of_itself(lin: Loan, clerk: User, finance: User) -> None:
    june = (
        "账号：6222000011112222,起止日期：2026-02-01 - 2026-02-14,期初余额：1000.00,期末余额：1500.00\n"
        "交易日期,交易流水号,贷方金额,借方金额,对方户名\n2026-02-10,A-1,500.00,,x\n"
    )
    later = (
        "账号：6222000011112222,起止日期：2026-02-15 - 2026-02-16,期初余额：1700.00,期末余额：2800.00\n"
        f"交易日期,交易流水号,贷方金额,借方金额,附言\n2026-02-15,A-2,1200.00,,{lin.number}\n2026-02-15,A-3,,50.00,\n"
    )
    taking_in.take_in(content=june.encode(), name="1.csv", on=ON)
    upload(content=later.encode(), name="2.csv", on=ON, by=clerk)

    told = dict(asked().outcome)
    assert (told["bank account"], told["first day"], told["last day"]) == (
        "6222000011112222",
        "2026-02-15",
        "2026-02-16",
    )
    assert (told["opening balance"], told["closing balance"]) == ("1700.00", "2800.00")
    assert told["last statement of the account"] == "this one does not go on from it"
    assert told["balance gap to the last statement"] == "200.00"
    assert told["difference that no line explains"] == "-50.00"
    assert (told["payments"], told["sum that came in"], told["outgoing rows"], told["sum that went out"]) == (
        "1",
        "1200.00",
        "1",
        "50.00",
    )
    assert (told["would be credited"], told["would wait to be matched"]) == ("1", "0")
    seen = taking_in.read_again(BankFile.objects.get(name="2.csv"))
    assert (seen.continuity.is_gap, seen.continuity.last_closing) == (True, Decimal("1500.00"))


def test_a_file_that_went_in_does_not_stand_before_itself(lin: Loan) -> None:
    content = b"account: 1,opening balance: 5.00,closing balance: 6.00\ndate,reference,amount\n2026-02-10,A-1,1.00\n"
    taking_in.take_in(content=content, name="1.csv", on=ON)

    assert reading.preview(content=content, name="again.csv").continuity.is_first


# --- the database keeps it too -----------------------------------------------------------------------------------------


def test_postgresql_refuses_what_no_second_person_confirmed(lin: Loan, clerk: User) -> None:
    bank_file = uploaded(lin, clerk)
    payment = {"line": 1, "paid_on": ON, "amount": 1, "bank_reference": "X"}

    with pytest.raises(IntegrityError), transaction.atomic():
        IncomingPayment.objects.create(bank_file=bank_file, **payment)
    for wrong in ({"status": "confirmed"}, {"confirmed_by": clerk}, {"imported_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BankFile.objects.filter(pk=bank_file.pk).update(**wrong)
    for changed in ({"sha256": "0" * 64}, {"closing_balance": 1}, {"imported_at": timezone.now()}):
        with pytest.raises(DatabaseError), transaction.atomic():
            BankFile.objects.filter(pk=bank_file.pk).update(**changed)
    with pytest.raises(DatabaseError), transaction.atomic():
        bank_file.content.delete()


# --- pages -------------------------------------------------------------------------------------------------------------


def test_finance_confirms_and_imports_nothing(signed_in: Callable[..., Client], lin: Loan, clerk: User) -> None:
    bank_file = uploaded(lin, clerk)
    finance = signed_in(Client(), "finance")

    assert finance.get(reverse("loans:payment_import")).status_code == 403
    assert finance.post(reverse("loans:payment_file_ask_again", args=[bank_file.pk])).status_code == 403
    assert finance.get(reverse("loans:payments_unmatched")).status_code == 200


def test_a_long_file_that_waits_costs_no_more_queries(
    signed_in: Callable[..., Client], lin: Loan, clerk: User, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(Client(), "finance")
    rows = [("2026-02-15", f"B-{n}", "1.00", lin.number) for n in range(250)]
    bank_file = upload(content=statement(*rows), name="long.csv", on=ON, by=clerk)
    client.get(reverse("loans:payment_file", args=[bank_file.pk]))  # counts of the navigation are kept

    with django_assert_max_num_queries(16):
        page = client.get(reverse("loans:payment_file", args=[bank_file.pk])).content.decode()
    assert "the first 200 of 250" in " ".join(page.split())


def test_the_page_of_a_waiting_file_in_chinese(signed_in: Callable[..., Client], lin: Loan, clerk: User) -> None:
    bank_file = uploaded(lin, clerk)
    client = signed_in(Client(), "finance", language="zh-hans")
    client.cookies["django_language"] = "zh-hans"

    page = client.get(reverse("loans:payment_file", args=[bank_file.pk])).content.decode()
    inbox = client.get(reverse("audit:approvals")).content.decode()

    assert "待确认" in page and "确认或驳回" in page and "期初余额" in page
    assert "人工上传的银行流水" in inbox and "该账户的上一份流水" in inbox
    assert business_date.current() == ON
