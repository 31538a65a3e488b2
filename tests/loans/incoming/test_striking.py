"""Two people decide which of two lines of one bank reference stands; the other one is struck and stays on record."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audit import approvals
from audit.approvals import ApprovalNotPermitted, SecondPersonNeeded
from audit.deciding import AccountsNotIndependent
from audit.models import Approval
from ledger import queries as ledger
from loans.acts.receipts import reverse_or_ask
from loans.incoming import uploading
from loans.incoming.contradicting import PaymentContradicted
from loans.incoming.reading import preview
from loans.incoming.returning import ask_to_return
from loans.incoming.striking import (
    KIND,
    ContradictedLineMoved,
    LineNotContradicted,
    StandingUnknown,
    ask_which_stands,
)
from loans.models import IncomingPayment, Loan, Repayment, StruckLine
from loans.tasks import settle_bank_file
from staff.models import User
from tests.loans.incoming.test_contradicted_lines import TYPED, clerk, fetched, friend, line, match, typed
from tests.loans.incoming.test_matching_by_two import ON, STRANGER, agree, assert_books_right
from tests.loans.statements import HEADER
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
__all__ = ["clerk", "friend"]


def ask(payment: IncomingPayment, stands: str, by: User) -> Approval:
    return ask_which_stands(payment_id=payment.pk, stands=stands, reason="The bank said so by phone", on=ON, by=by)


def decided(payment: IncomingPayment, stands: str, by: User) -> IncomingPayment:
    ask(payment, stands, by)
    agree(UserFactory(username="decider", roles=["finance"]))
    payment.refresh_from_db()
    return payment


def in_suspense() -> Decimal:
    return abs(ledger.balances().get("2202", Decimal(0)))


def test_one_person_decides_nothing(clerk: User, friend: Loan) -> None:
    payment = typed(line(account=TYPED), clerk)
    fetched(line())
    asked = ask(payment, "uploaded", clerk)
    assert ask(payment, "uploaded", clerk) == asked  # told again, it is the same request

    clerk.groups.add(*UserFactory(username="lead", roles=["finance"]).groups.all())
    second = UserFactory(username="second-account", roles=["finance"])
    second.ties.create(by=clerk, what="made")
    for by, refusal in (
        (clerk, SecondPersonNeeded),
        (second, AccountsNotIndependent),
        (UserFactory(roles=["operations"]), ApprovalNotPermitted),
    ):
        with pytest.raises(refusal):
            approvals.approve(approval_id=asked.pk, decided_by=by, on=ON)

    payment.refresh_from_db()
    assert payment.contradicted_on == ON and not StruckLine.objects.exists()


def test_who_uploaded_it_does_not_agree_that_it_stands(clerk: User, friend: Loan) -> None:
    payment = typed(line(account=TYPED), clerk)
    fetched(line())
    asked = ask(payment, "uploaded", UserFactory(roles=["operations"]))
    clerk.groups.set(UserFactory(username="lead", roles=["finance"]).groups.all())

    with pytest.raises(SecondPersonNeeded):
        approvals.approve(approval_id=asked.pk, decided_by=clerk, on=ON)


def test_the_uploaded_line_stands_and_goes_on_as_it_is(clerk: User, friend: Loan) -> None:
    payment = typed(line(f"还款 {friend.number}"), clerk)
    receipt = Repayment.objects.get()
    bank_file = fetched(line("for somebody else"))

    payment = decided(payment, "uploaded", clerk)

    struck = StruckLine.objects.get()
    assert (payment.contradicted_on, payment.contradicted_by, payment.status) == (None, None, "matched")
    assert (struck.stands, struck.bank_file, struck.remark) == ("uploaded", bank_file, "for somebody else")
    assert (struck.asked_by, struck.agreed_by.username, struck.decided_on) == (clerk, "decider", ON)
    receipt.refresh_from_db()
    assert receipt.status == "posted"
    assert_books_right()


def test_what_two_people_struck_is_not_said_again(clerk: User, friend: Loan) -> None:
    payment = typed(line(account=TYPED), clerk)
    fetched(line())
    payment = decided(payment, "uploaded", clerk)

    fetched(line() + f"2026-02-15,B-2,1.00,陈陌生,{STRANGER},z\n".encode())  # a statement that overlaps
    payment.refresh_from_db()
    assert payment.contradicted_on is None

    fetched(line(amount="7.00"))  # another thing than the struck line said
    payment.refresh_from_db()
    assert payment.contradicted_on == ON


def test_the_line_of_the_bank_stands_and_the_books_follow(clerk: User, friend: Loan) -> None:
    payment = typed(line("替 王朋友 还款", amount="5000.00", account=TYPED), clerk)
    bank_file = fetched(line("还款", amount="1.00", day="2026-02-14"))
    assert in_suspense() == 5000

    request = ask(payment, "bank", clerk)
    assert dict(request.outcome) == {
        "what stands": "the line of the bank's own statement",
        "amount": "5000.00 → 1.00",
        "day": "2026-02-15 → 2026-02-14",
        "payer's account": "1111 → 9999",
        "remark": "in two ways",
    }
    agree(UserFactory(roles=["finance"]))

    payment.refresh_from_db()
    assert (payment.amount, payment.left, payment.paid_on) == (1, 1, date(2026, 2, 14))
    assert (payment.payer_account, payment.payer_last4, payment.remark) == (STRANGER, "9999", "还款")
    assert (payment.bank_file, payment.contradicted_on) == (bank_file, None)
    assert in_suspense() == 1
    struck = StruckLine.objects.get()
    assert (struck.amount, struck.payer_account, struck.remark) == (5000, TYPED, "替 王朋友 还款")
    ask_to_return(payment_id=payment.pk, on=ON, reason="nobody's", by=clerk)
    agree(UserFactory(roles=["checker"]))
    assert in_suspense() == 0
    assert_books_right()


def test_what_was_credited_is_reversed_first_where_the_amount_is_another(clerk: User, friend: Loan) -> None:
    payment = typed(line(f"还款 {friend.number}"), clerk)
    fetched(line(f"还款 {friend.number}", amount="300.00"))
    with pytest.raises(ContradictedLineMoved):
        ask(payment, "bank", clerk)
    asked = ask(payment, "uploaded", clerk)
    approvals.reject(
        approval_id=asked.pk, decided_by=UserFactory(roles=["finance"]), on=ON, reason="The bank denies it"
    )

    receipt = Repayment.objects.get()
    reverse_or_ask(repayment_id=receipt.pk, reason="not the bank's", on=ON, by=clerk)
    agree(UserFactory(roles=["checker"]))
    payment = decided(payment, "bank", clerk)

    assert (payment.status, payment.amount, payment.unmatched_reason) == ("suspense", 300, "line_decided")
    assert (
        match(payment, friend, clerk).status == "matched"
    )  # it points to the loan and nothing says otherwise any more
    assert Repayment.objects.get(status="posted").amount == 300
    assert_books_right()


def test_what_was_credited_stays_where_only_words_differ(clerk: User, friend: Loan) -> None:
    payment = typed(line(f"还款 {friend.number}", name="陈陌生"), clerk)
    fetched(line(f"还款 {friend.number}", name="李陌生"))

    payment = decided(payment, "bank", clerk)

    assert (payment.status, payment.payer_name, payment.credited) == ("matched", "李陌生", 500)
    assert Repayment.objects.get().status == "posted"
    assert_books_right()


def test_a_line_that_nobody_settled_yet_is_settled_as_the_bank_says(clerk: User, friend: Loan) -> None:
    uploading.upload(content=line("x"), name="typed.csv", on=ON, by=clerk)
    agree(UserFactory(username="confirmer", roles=["finance"]))
    payment = IncomingPayment.objects.get()
    bank_file = fetched(line(friend.number))

    payment = decided(payment, "bank", clerk)
    settle_bank_file(bank_file_id=bank_file.pk)

    assert Repayment.objects.get().loan == friend
    assert_books_right()


def test_nothing_is_decided_where_nothing_says_otherwise(clerk: User, friend: Loan) -> None:
    payment = typed(line(), clerk)
    with pytest.raises(LineNotContradicted):
        ask(payment, "bank", clerk)
    fetched(line("y"))
    with pytest.raises(StandingUnknown):
        ask(payment, "both", clerk)
    with pytest.raises(approvals.ReasonMissing):
        ask_which_stands(payment_id=payment.pk, stands="bank", reason=" ", on=ON, by=clerk)
    assert not Approval.objects.filter(kind=KIND).exists()


def test_postgresql_keeps_what_was_struck(clerk: User, friend: Loan) -> None:
    payment = typed(line(account=TYPED), clerk)
    fetched(line())
    decided(payment, "bank", clerk)

    for change in (lambda: StruckLine.objects.update(amount=1), lambda: StruckLine.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    struck = StruckLine.objects.get()
    struck.pk, struck.agreed_by = None, struck.asked_by
    with pytest.raises(IntegrityError), transaction.atomic():
        struck.save(force_insert=True)


def test_it_is_asked_and_told_on_the_page_of_the_payment(
    clerk: User, friend: Loan, signed_in: Callable[..., Client]
) -> None:
    payment = typed(line(account=TYPED), clerk)
    fetched(line())
    operator, finance = signed_in(Client(), "operations"), signed_in(Client(), "finance")
    address, send = (
        reverse(f"loans:{name}", args=[payment.pk]) for name in ("incoming_payment", "incoming_payment_stands")
    )
    assert send in operator.get(address).content.decode() and send not in finance.get(address).content.decode()
    assert finance.post(send, {"stands": "bank", "reason": "x"}).status_code == 403
    refused = operator.post(send, {"stands": "bank", "reason": ""}, follow=True).content.decode()
    assert "say what shows it" in refused and not Approval.objects.filter(kind=KIND).exists()

    told = operator.post(send, {"stands": "bank", "reason": "Slip 4711"}, follow=True).content.decode()
    assert "a second person decides which line of payment B-1 stands" in told and send not in told
    asked = Approval.objects.get(kind=KIND, status="pending")
    operator.post(f"/app/approvals/{asked.pk}/approve", {"reason": "mine"})
    payment.refresh_from_db()
    assert payment.contradicted_on == ON
    finance.post(f"/app/approvals/{asked.pk}/approve", {"reason": "seen at the bank"})

    page = operator.get(address, headers={"accept-language": "zh-hans"}).content.decode()
    assert "被划销的流水" in page and "Slip 4711" in page and "**** 1111" in page and TYPED not in page
    assert "?contradicted=1" not in operator.get(reverse("loans:payments_unmatched")).content.decode()


# --- honest lines of one day in two formats -----------------------------------------------------------------------------
def camt(*, name: str = "王朋友", account: str = STRANGER, remark: tuple[str, ...] = ("还款",)) -> bytes:
    lines = "".join(f"<Ustrd>{part}</Ustrd>" for part in remark)
    payer = f"<Id><Othr><Id>{account}</Id></Othr></Id>" if account else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Ntry>
<Amt Ccy="CNY">500.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-02-15</Dt></BookgDt>
<AcctSvcrRef>B-1</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr>
<DbtrAcct>{payer}</DbtrAcct></RltdPties><RmtInf>{lines}</RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>
""".encode()


@pytest.mark.parametrize(
    ("csv", "xml"),
    [
        ({"name": "阿迪力·买买提"}, {"name": "阿迪力•买买提"}),
        ({"name": "Li-Wei"}, {"name": "LI WEI"}),
        ({"name": "示例（上海）有限公司"}, {"name": "示例(上海)有限公司"}),
        ({"remark": "还款 LN-2026-000001 谢谢"}, {"remark": ("还款 LN-2026-", "000001谢谢")}),
        ({"remark": "还款:2月"}, {"remark": ("还款 2月",)}),
        ({"account": ""}, {}),  # what the bank's export leaves out nobody typed
        ({"name": ""}, {}),
        ({"remark": ""}, {}),
    ],
)
def test_one_payment_in_two_formats_says_nothing_otherwise(
    clerk: User, friend: Loan, csv: dict[str, str], xml: dict[str, object]
) -> None:
    same = {"name": "王朋友", "remark": "还款", **csv}
    payment = typed(line(same.pop("remark"), **{"account": STRANGER, **same}), clerk)

    said = camt(**xml)  # type: ignore[arg-type]
    assert preview(content=said, name="a.xml").known == {"B-1": []}
    fetched(said)

    payment.refresh_from_db()
    assert payment.contradicted_on is None


@pytest.mark.parametrize(
    ("xml", "differs"),
    [
        ({"name": ""}, "payer_name"),
        ({"account": ""}, "payer_account"),
        ({"remark": ()}, "remark"),
        ({"remark": ("还款 LN-2026-000001",)}, "remark"),
    ],
)
def test_what_an_uploaded_line_says_beyond_the_bank_is_marked(
    clerk: User, friend: Loan, xml: dict[str, object], differs: str
) -> None:
    payment = typed(line("还款", name="王朋友"), clerk)

    fetched(camt(**xml))  # type: ignore[arg-type]

    payment.refresh_from_db()
    assert payment.contradicted_on == ON
    with pytest.raises(PaymentContradicted):
        ask_to_return(payment_id=payment.pk, on=ON, reason="nobody's", by=clerk)
    assert preview(content=camt(**xml), name="a.xml").known == {"B-1": [differs]}  # type: ignore[arg-type]


def test_the_other_way_round_what_an_upload_leaves_out_is_no_difference(clerk: User, friend: Loan) -> None:
    fetched(camt())
    short = f"{HEADER}\n2026-02-15,B-1,500.00,,,\n".encode()

    assert preview(content=short, name="a.csv").known == {"B-1": []}
