"""The previews of payments, settlements, refunds, waivers, reversals and write-offs: what they show is what follows,
nothing of it stays, and what cannot be done is refused by name."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import JournalEntry
from loans.models import Instalment, Loan, LoanPosition, Repayment
from loans.proof.verifying import compare
from loans.servicing import settling
from tests.loans import doing
from tests.loans.books import a_running_loan, close_until
from tests.loans.servicing.test_repayments import pay

pytestmark = pytest.mark.django_db
DUE, LATE = date(2026, 2, 15), date(2026, 3, 1)


@pytest.fixture
def loan() -> Loan:
    """A loan two weeks late with its first instalment, of which 100.00 came."""
    made = a_running_loan()
    close_until(date(2026, 2, 14))
    pay(made, "100.00", DUE)
    close_until(date(2026, 2, 28))
    return made


@pytest.fixture
def boss(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "operations", superuser=True)


def stored(loan: Loan) -> tuple[Any, ...]:
    """Everything an act could leave behind."""
    rows = list(Instalment.objects.filter(loan=loan).order_by("id").values_list())
    return rows, list(LoanPosition.objects.filter(pk=loan.pk).values_list()), JournalEntry.objects.count()


def lines_of(entries: list[JournalEntry]) -> list[tuple[str, Decimal, Decimal]]:
    return [(line.account_id, line.debit, line.credit) for entry in entries for line in entry.lines.order_by("id")]


def shown_by(client: Client, loan: Loan, code: str, **typed: str) -> Any:
    response = client.get(reverse("loans:loan_act_preview", args=[loan.number, code]), typed)
    assert response.status_code == 200
    return response.context.get("shown"), response.context.get("refusal", "")


TYPED: dict[str, dict[str, str]] = {
    "repayment": {"amount": "1200.00", "effective_on": LATE.isoformat()},
    "early_settlement": {"amount": "QUOTED", "effective_on": LATE.isoformat()},
    "waiver": {"component": "late_interest", "amount": "1.00"},
    "write_off": {},
}
DONE: dict[str, Callable[[Loan], object]] = {
    "repayment": lambda loan: pay(loan, "1200.00", LATE),
    "early_settlement": lambda loan: settling.settle_early(
        loan_id=loan.pk, on=LATE, recorded_on=LATE, channel="counter", idempotency_key="s"
    ),
    "waiver": lambda loan: doing.waive(
        loan_id=loan.pk, component="late_interest", amount=Decimal("1.00"), on=LATE, reason="ours"
    ),
    "write_off": lambda loan: doing.write_off(loan_id=loan.pk, on=LATE, reason="no prospect"),
}


@pytest.mark.parametrize("code", TYPED)
def test_what_is_previewed_is_what_follows(boss: Client, loan: Loan, code: str) -> None:
    before = stored(loan)
    last = JournalEntry.objects.latest("id").pk

    quoted = str(settling.settlement_quote(loan, LATE).total)
    typed = {name: value.replace("QUOTED", quoted) for name, value in TYPED[code].items()}
    shown, refusal = shown_by(boss, loan, code, **typed)
    previewed = [
        (line.account_id, line.debit, line.credit) for _entry, lines in shown.preview.entries for line in lines
    ]

    assert not refusal
    assert stored(loan) == before
    DONE[code](loan)
    assert previewed == lines_of(list(JournalEntry.objects.filter(pk__gt=last).order_by("id")))
    assert previewed
    position = LoanPosition.objects.get(pk=loan.pk)
    for figure in shown.preview.figures:
        assert figure.after == getattr(position, figure.name)


def test_the_accounts_of_a_preview_are_named_in_the_language_of_the_reader(boss: Client, loan: Loan) -> None:
    address, typed = (
        reverse("loans:loan_act_preview", args=[loan.number, "fee_added"]),
        {"amount": "1.00", "reason": "-"},
    )

    english = boss.get(address, {**typed, "effective_on": DUE.isoformat()}).content.decode()
    boss.cookies["django_language"] = "zh-hans"
    chinese = boss.get(address, {**typed, "effective_on": DUE.isoformat()}).content.decode()

    assert "1204 Fees receivable" in english
    assert "1204 应收费用" in chinese and "Fees receivable" not in chinese


def test_a_reversal_is_previewed_and_not_made(boss: Client, loan: Loan) -> None:
    receipt, before = Repayment.objects.get(), stored(loan)

    response = boss.get(reverse("loans:repayment_reverse_preview", args=[receipt.number]))

    moved = {figure.name: figure.after - figure.before for figure in response.context["shown"].preview.figures}
    assert sum(moved.get(name, 0) for name in ("principal_outstanding", "interest_receivable")) == Decimal("100.00")
    assert stored(loan) == before
    assert Repayment.objects.get().status == "posted"
    assert not compare(Loan.objects.get(pk=loan.pk))


@pytest.mark.parametrize(
    ("code", "typed", "word"),
    [
        ("refund", {"amount": "5.00", "to_account": "Nobody **** 0000"}, "verified account"),
        ("waiver", {"component": "fee", "amount": "5.00"}, "cannot be waived"),
        ("repayment", {"amount": "5.00", "effective_on": "2026-01-01"}, "disburs"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    boss: Client, loan: Loan, code: str, typed: dict[str, str], word: str
) -> None:
    shown, refusal = shown_by(boss, loan, code, **typed)

    assert shown is None
    assert word in refusal


def test_an_unfinished_form_asks_for_the_rest(boss: Client, loan: Loan) -> None:
    assert shown_by(boss, loan, "repayment", amount="") == (None, "")
    assert boss.get(reverse("loans:loan_act_preview", args=[loan.number, "dance"])).status_code == 404
