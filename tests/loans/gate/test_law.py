"""PostgreSQL asks for the verdict too: whatever writes an offer, a contract or a transfer past every door is refused."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from core import business_date
from core.identifiers import new_id
from loans.models import Application, BankTransfer, Contract, Disbursement, GateVerdict, Offer
from tests.loans.factories import ON, ApplicationFactory, ContractFactory, DisbursementFactory, OfferFactory
from tests.loans.gate.doors import rows

pytestmark = pytest.mark.django_db
LARGE = Decimal(10_000)


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def copied(table: str, pk: int, **changes: Any) -> None:
    """That row once more by plain SQL, with other values; then everything that is asked at the end of a transaction."""
    columns = [
        name
        for (name,) in rows(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'", table
        )
    ]
    assert changes.keys() <= set(columns)
    picked = ", ".join("%s" if name in changes else f'"{name}"' for name in columns)
    values = [changes[name] for name in columns if name in changes]
    named = ", ".join(f'"{name}"' for name in columns)
    with transaction.atomic():
        rows(f"INSERT INTO {table} ({named}) SELECT {picked} FROM {table} WHERE id = %s", *values, pk)
        rows("SET CONSTRAINTS ALL IMMEDIATE")
    rows("SET CONSTRAINTS ALL DEFERRED")


def an_offer() -> tuple[Callable[[int | None], None], Application, None, str, str]:
    other, wanted = OfferFactory(), ApplicationFactory(amount=LARGE)

    def write(verdict: int | None) -> None:
        copied("loans_offer", other.pk, public_id=new_id("off"), application_id=wanted.pk, verdict_id=verdict)

    return write, wanted, None, "person_decision", "acceptance"


def a_contract() -> tuple[Callable[[int | None], None], Application, None, str, str]:
    other, offer = ContractFactory(), OfferFactory()

    def write(verdict: int | None) -> None:
        copied("loans_contract", other.pk, number="CT-X", offer_id=offer.pk, verdict_id=verdict)

    return write, offer.application, None, "acceptance", "person_decision"


def a_transfer() -> tuple[Callable[[int | None], None], Application, int, str, str]:
    DisbursementFactory(paid=True)
    other, order = BankTransfer.objects.get(), DisbursementFactory()

    def write(verdict: int | None) -> None:
        copied("loans_banktransfer", other.pk, disbursement_id=order.pk, reference="X-1", verdict_id=verdict)

    return write, order.loan.application, order.loan.pk, "disbursement", "acceptance"


ROWS = {"offer": an_offer, "contract": a_contract, "transfer": a_transfer}


def verdict(application: Application, loan: int | None, act: str, **changes: Any) -> int:
    facts = {
        "borrower_id": application.borrower_id,
        "application": application,
        "loan_id": loan,
        "act": act,
        "binds": True,
        "amount": LARGE,
        "findings": [],
        "facts": {},
        "on": ON,
    }
    return GateVerdict.objects.create(**{**facts, **changes}).pk


@pytest.mark.parametrize("name", ROWS)
def test_with_its_verdict_it_is_written(name: str) -> None:
    write, application, loan, act, _other = ROWS[name]()

    write(verdict(application, loan, act))


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("wrong", ["none", "another borrower", "another application", "refused", "another act", "less"])
def test_without_a_verdict_that_allows_it_nothing_is_written(name: str, wrong: str) -> None:
    write, application, loan, act, another_act = ROWS[name]()
    found = {
        "none": lambda: None,
        "another borrower": lambda: verdict(ApplicationFactory(), None, act),
        "another application": lambda: verdict(ApplicationFactory(borrower=application.borrower), None, act),
        "refused": lambda: verdict(application, loan, act, binds=False),
        "another act": lambda: verdict(application, loan, another_act),
        "less": lambda: verdict(application, loan, act, amount=LARGE - Decimal("0.01")),
    }[wrong]()

    with pytest.raises(IntegrityError, match=r"without a verdict of the gate|null value in column .verdict_id"):
        write(found)


@pytest.mark.parametrize("name", ROWS)
def test_one_verdict_binds_once(name: str) -> None:
    write, _application, _loan, _act, _other = ROWS[name]()
    table = {"offer": Offer, "contract": Contract, "transfer": BankTransfer}[name]
    used = table.objects.exclude(verdict=None).values_list("verdict_id", flat=True)[0]

    with pytest.raises(IntegrityError, match="verdict_id"):
        write(used)


@pytest.mark.parametrize("name", ["offer", "contract"])
def test_what_was_agreed_elsewhere_has_no_verdict(name: str) -> None:
    offer = OfferFactory(decision__source="imported")
    if name == "contract":
        ContractFactory(offer=offer)

    rows("SET CONSTRAINTS ALL IMMEDIATE")
    assert Offer.objects.get().verdict is None


def test_what_was_agreed_elsewhere_is_not_paid_without_one() -> None:
    order = Disbursement.objects.get(
        loan__application__offers__contract=ContractFactory(offer=OfferFactory(decision__source="imported"))
    )
    with pytest.raises(IntegrityError, match="verdict_id"), transaction.atomic():
        rows(
            "INSERT INTO loans_banktransfer (disbursement_id, reference, sent_on, status, bank_reference, code, detail,"
            " account_last4, account_index) VALUES (%s, 'X', now(), 'sent', '', '', '', '', '')",
            order.pk,
        )


@pytest.mark.parametrize("table", ["loans_gateverdict", "loans_gateoverride"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET borrower_id = borrower_id"])
def test_neither_verdict_nor_override_is_ever_changed(table: str, change: str) -> None:
    OfferFactory()

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table))
