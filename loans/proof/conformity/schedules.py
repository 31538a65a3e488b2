"""Published repayment schedules, and schedules after payments and changes, run on a real loan in the database.

A case is the loan (principal, rate, number and spacing of repayments, conventions), what happened to it in ``events``, and
``expected``: one row an instalment, each with the figures its source shows. The loan is made, paid out and served by the
functions production calls, in a transaction that is taken back. Conventions are read in ``loans.proof.conformity.cases``,
events in ``loans.proof.conformity.events``.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.money import ROUND_HALF_EVEN, round_money
from loans.models import Instalment, Loan, Repayment, RepaymentLine, RepaymentStatus
from loans.proof.conformity.cases import a_loan, schedule_starts_on
from loans.proof.conformity.cells import Mismatch
from loans.proof.conformity.events import play

SPLIT = {"penalty": "late_interest", "fee": "fee", "interest": "interest", "principal": "principal"}


def mismatches(case: Mapping[str, Any]) -> list[Mismatch]:
    """Every figure of ``case`` that the engine makes differently. Nothing of the loan is left."""
    with transaction.atomic():
        found = _mismatches(case)
        transaction.set_rollback(True)
    return found


def _mismatches(case: Mapping[str, Any]) -> list[Mismatch]:
    loan = a_loan(case)
    play(loan, case)
    loan.refresh_from_db()
    rows = _rows(loan, case)
    found = [] if _complete(case, rows) else [Mismatch("rows", len(case["expected"]), len(rows))]
    for expected in case["expected"]:
        found += _of_row(expected, rows.get(expected["n"], {}))
    return [*found, *_of_split(loan, case.get("expected_split", {}))]


def _complete(case: Mapping[str, Any], rows: Mapping[int, Any]) -> bool:
    """Sources that print every row print as many as there are; some print a few of many."""
    numbers = [row["n"] for row in case["expected"]]
    return len(rows) == (max(numbers) if numbers == list(range(1, len(numbers) + 1)) else len(rows))


def _of_row(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[Mismatch]:
    known = {
        cell: value for cell, value in expected.items() if cell != "n" and (value is not None or cell == "paid_date")
    }
    return [
        Mismatch(f"{expected['n']}.{cell}", value, actual.get(cell))
        for cell, value in known.items()
        if _plain(value) != _plain(actual.get(cell))
    ]


def _of_split(loan: Loan, expected: Mapping[str, Any]) -> list[Mismatch]:
    if not expected:
        return []
    payment = Repayment.objects.filter(loan=loan, status=RepaymentStatus.POSTED).latest("id")
    return [
        Mismatch(f"split.{name}", value, getattr(payment, SPLIT[name]))
        for name, value in expected.items()
        if _plain(value) != _plain(getattr(payment, SPLIT[name]))
    ]


def _plain(value: Any) -> Any:
    """Amounts as cents, days as ISO text: two forms of the same figure compare as equal."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return round_money(Decimal(str(value)), mode=ROUND_HALF_EVEN)
    return value if value is None else str(value)


def _rows(loan: Loan, case: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """The loan's instalments in the words of the cases, numbered by their due dates: a later down payment among them."""
    current = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("due_on", "number")
    before, told, rows = schedule_starts_on(case) or loan.disbursed_on, loan.disbursed_on, {}
    drawn = sum((row.principal for row in current), Decimal(0))
    later = _drawn_later(loan)
    balance = drawn - sum((amount for _on, amount in later), Decimal(0))
    for n, row in enumerate(current, start=1):
        assert before is not None and told is not None
        balance += sum((amount for on, amount in later if told < on <= row.due_on), Decimal(0)) - row.principal
        has_days = row.starts_on < row.due_on
        rows[n] = _row(loan, row) | {"days": (row.due_on - before).days if has_days else 0, "balance_after": balance}
        before, told = row.due_on if has_days else before, row.due_on
    return rows


def _drawn_later(loan: Loan) -> list[tuple[Any, Decimal]]:
    acts = loan.acts.filter(kind="drawn_down")
    return [(act.effective_on, Decimal(act.parameters["amount"])) for act in acts]


def _row(loan: Loan, row: Instalment) -> dict[str, Any]:
    total = row.principal + row.interest + row.fee + row.late_interest
    paid = row.principal_paid + row.interest_paid + row.fee_paid + row.late_interest_paid
    in_advance, late = _by_time(loan, row)
    return {
        "due_date": row.due_on,
        "principal": row.principal,
        "interest": row.interest,
        "total": total,
        "paid": paid,
        "paid_in_advance": in_advance,
        "paid_late": late,
        "outstanding": total - paid,
        "paid_date": row.settled_on,
    }


def _by_time(loan: Loan, row: Instalment) -> tuple[Decimal, Decimal]:
    """What was paid of the instalment before its due date, and after."""
    lines = RepaymentLine.objects.filter(
        repayment__loan=loan, repayment__status=RepaymentStatus.POSTED, instalment_number=row.number
    ).select_related("repayment")
    early = late = Decimal(0)
    for line in lines:
        if line.entry_id != line.repayment.entry_id:
            continue  # of an entry that a replay replaced
        amount = line.principal + line.interest + line.fee + line.late_interest
        early += amount if line.repayment.received_on < row.due_on else 0
        late += amount if line.repayment.received_on > row.due_on else 0
    return early, late
