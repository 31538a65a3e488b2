"""What the house is bound to for a person: one view, on which exposure, instalments and limits are always counted.

Seven kinds, none counted twice: what is **outstanding**, what was **written off** and has not come back, what was paid down
**by word alone** and nobody vouches for, also of loans settled by it, and on a line what one person alone gave up, what may
still be **drawn** of a running loan, what was **accepted** and is not paid out, offers that are **open**, and offers that
**wait for a second person**.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from core.money import ZERO, round_money
from core.rules import rule
from loans.events.of_acts import drawn, line_is_open
from loans.models import CHANNELS_WITHOUT_BANK_LINE, DisbursementStatus, Loan
from loans.pricing.monthly_payments import monthly_payment, of_a_month
from loans.schedules.schedule import build_schedule


class CommitmentKind(StrEnum):
    """In which way the house is bound."""

    OUTSTANDING = "outstanding"
    WRITTEN_OFF = "written_off"
    UNPROVED = "unproved"
    UNDRAWN = "undrawn"
    ACCEPTED = "accepted"
    OFFERED = "offered"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One of them. ``amount`` of principal and ``payment`` a month, in units of the currency of ``market``.

    ``agreed_by_two``: a second person agreed to it, or has to before it binds. Who decided alone in an emergency is one.
    """

    kind: CommitmentKind
    amount: Decimal
    payment: Decimal
    product: str
    market: str
    number: str
    application_id: int | None = None
    loan_id: int | None = None
    agreed_by_two: bool = False


@dataclass(frozen=True, slots=True)
class Commitments:
    """All of a person's, the oldest loan first."""

    rows: tuple[Commitment, ...]

    @property
    def amount(self) -> Decimal:
        return sum((row.amount for row in self.rows), ZERO)

    @property
    def agreed_by_one(self) -> Decimal:
        """The part of the amount that no second person agreed to."""
        return sum((row.amount for row in self.rows if not row.agreed_by_two), ZERO)

    @property
    def payment(self) -> Decimal:
        return round_money(sum((row.payment for row in self.rows), ZERO))

    def beside(self, *, application_id: int | None = None, loan_id: int | None = None) -> "Commitments":
        """Those that the application, and the loan, are not."""
        return Commitments(
            tuple(
                row
                for row in self.rows
                if (application_id is None or row.application_id != application_id)
                and (loan_id is None or row.loan_id != loan_id)
            )
        )

    def of_market(self, market: str) -> "Commitments":
        """Those in ``market``: sums of two currencies make no third."""
        return Commitments(tuple(row for row in self.rows if row.market == market))


# Requests of which each is an offer that a second person decides on.
OFFERS_WAIT = ("application.second_approval", "application.override")

_READ = f"""
SELECT b.*, b.application_id IS NOT NULL AND (b.kind = 'waiting' OR EXISTS (
       SELECT 1 FROM audit_approval g
        WHERE g.object_type = 'loans.application' AND g.object_id = b.application_id::text
          AND g.kind = ANY(%(kinds)s) AND g.status = 'approved' AND NOT g.broke_glass))
  FROM (
SELECT p.borrower_id, 'outstanding' AS kind, p.principal_outstanding, due.amount, l.frequency, l.every,
       r.code, r.market, l.number, l.application_id, l.id AS loan_id,
       l.drawdowns IS NOT NULL OR l.line_open_months > 0
  FROM loans_loanposition p
  JOIN loans_loan l ON l.id = p.loan_id
  JOIN loans_product r ON r.id = p.product_id
  LEFT JOIN LATERAL (
       SELECT sum(i.principal + i.interest + i.fee) AS amount
         FROM loans_instalment i
        WHERE i.loan_id = l.id AND i.superseded_on IS NULL AND i.due_on = p.next_due_on) due ON true
 WHERE p.borrower_id = ANY(%(borrowers)s) AND p.status = 'active'
UNION ALL
SELECT p.borrower_id, 'written_off', gone.amount,
       o.monthly_payment * gone.amount / coalesce(o.first_drawdown, o.principal), 'month', 1,
       r.code, r.market, l.number, l.application_id, l.id, false
  FROM loans_loanposition p
  JOIN loans_loan l ON l.id = p.loan_id
  JOIN loans_product r ON r.id = p.product_id
  LEFT JOIN loans_offer o ON o.application_id = l.application_id AND o.status = 'accepted'
 CROSS JOIN LATERAL (
       SELECT p.written_off_amount - p.recovered + coalesce(sum(w.amount), 0) AS amount
         FROM loans_repayment w
        WHERE w.loan_id = l.id AND w.is_recovery AND w.status = 'posted' AND w.channel IN ({CHANNELS_WITHOUT_BANK_LINE})
          AND w.agreed_by_id IS NULL AND w.proved_on IS NULL) gone
 WHERE p.borrower_id = ANY(%(borrowers)s) AND p.status = 'written_off'
UNION ALL
SELECT l.borrower_id, 'unproved', paid.amount,
       o.monthly_payment * paid.amount / coalesce(o.first_drawdown, o.principal), 'month', 1,
       r.code, r.market, l.number, l.application_id, l.id, false
  FROM (SELECT x.id
          FROM loans_loan x
          JOIN loans_repayment w ON w.loan_id = x.id AND w.status = 'posted' AND w.channel IN ({CHANNELS_WITHOUT_BANK_LINE})
               AND w.agreed_by_id IS NULL AND w.proved_on IS NULL
         WHERE x.borrower_id = ANY(%(borrowers)s)
         UNION
        SELECT x.id
          FROM loans_loan x
          JOIN loans_loanact w ON w.loan_id = x.id AND w.kind = 'merchant_refund' AND w.status = 'standing'
               AND w.agreed_by_id IS NULL AND w.proved_on IS NULL
         WHERE x.borrower_id = ANY(%(borrowers)s)
         UNION
        SELECT x.id FROM loans_loan x
         WHERE x.borrower_id = ANY(%(borrowers)s) AND x.line_open_months > 0 AND x.status = 'active') word
  JOIN loans_loan l ON l.id = word.id
  JOIN loans_productversion v ON v.id = l.product_version_id
  JOIN loans_product r ON r.id = v.product_id
  LEFT JOIN loans_offer o ON o.application_id = l.application_id AND o.status = 'accepted'
 CROSS JOIN LATERAL (SELECT loans_unproved_principal(l.id) AS amount OFFSET 0) paid
 WHERE paid.amount > 0
UNION ALL
SELECT l.borrower_id, 'accepted', l.principal,
       o.monthly_payment * l.principal / coalesce(o.first_drawdown, o.principal), 'month', 1,
       r.code, r.market, l.number, l.application_id, l.id, false
  FROM loans_loan l
  JOIN loans_productversion v ON v.id = l.product_version_id
  JOIN loans_product r ON r.id = v.product_id
  LEFT JOIN loans_offer o ON o.application_id = l.application_id AND o.status = 'accepted'
 WHERE l.borrower_id = ANY(%(borrowers)s) AND l.status = 'pending_disbursement'
UNION ALL
SELECT a.borrower_id, 'offered', o.principal,
       o.monthly_payment * o.principal / coalesce(o.first_drawdown, o.principal), 'month', 1,
       r.code, r.market, a.number, a.id, NULL, false
  FROM loans_application a
  JOIN loans_offer o ON o.application_id = a.id AND o.status = 'open' AND o.expires_on >= %(on)s
  JOIN loans_product r ON r.id = a.product_id
 WHERE a.borrower_id = ANY(%(borrowers)s) AND a.status = 'offered'
UNION ALL
SELECT a.borrower_id, 'waiting', (w.after->>'amount')::numeric, (w.after->>'monthly_payment')::numeric, 'month', 1,
       r.code, r.market, a.number, a.id, NULL, false
  FROM loans_application a
  JOIN audit_approval w ON w.object_type = 'loans.application' AND w.object_id = a.id::text AND w.status = 'pending'
       AND w.kind = ANY(%(kinds)s)
  JOIN loans_product r ON r.id = a.product_id
 WHERE a.borrower_id = ANY(%(borrowers)s) AND a.status = 'second_approval') b
 ORDER BY b.loan_id NULLS LAST, b.application_id
"""


def commitments_of(borrower_id: int, on: date) -> Commitments:
    """Everything the house is bound to for the borrower on ``on``: one statement, and two more a loan drawn in parts, one
    more a loan without an offer that was written off or of which something rests on a word.

    Whoever binds the house further holds the borrower's lock meanwhile.
    """
    return commitments_of_all([borrower_id], on)[borrower_id]


def commitments_of_all(ids: Collection[int], on: date) -> dict[int, Commitments]:
    """The same of each of ``ids``."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"borrowers": list(ids), "kinds": list(OFFERS_WAIT), "on": on})
        found = cursor.fetchall()
    by_word = {told[10]: told[2] for told in found if told[1] == CommitmentKind.UNPROVED}
    rows: dict[int, list[Commitment]] = {number: [] for number in ids}
    for borrower_id, *told in found:
        rows[borrower_id].extend(row for row in _read(told, on, by_word) if row.amount)
    return {number: Commitments(tuple(_none_twice(of_one))) for number, of_one in rows.items()}


def _none_twice(rows: Collection[Commitment]) -> Iterable[Commitment]:
    """What was paid down by word takes a month only what the rest of its loan does not take already."""
    running = {row.loan_id: row for row in rows if row.kind is CommitmentKind.OUTSTANDING}
    for row in rows:
        rest = running.get(row.loan_id) if row.kind is CommitmentKind.UNPROVED else None
        if rest is None:
            yield row
        else:
            whole = row.payment * (row.amount + rest.amount) / row.amount
            yield replace(row, payment=max(whole - rest.payment, ZERO))


def _read(told: Sequence[Any], on: date, by_word: Mapping[int, Decimal]) -> Iterable[Commitment]:
    kind, amount, instalment, frequency, every, product, market, number, application_id, loan_id, in_parts, by_two = (
        told
    )
    loan = Loan.objects.get(pk=loan_id) if in_parts or (instalment is None and loan_id is not None) else None
    payment = ZERO if instalment is None else of_a_month(instalment, frequency, every)
    if instalment is None and loan is not None:
        payment = payment_on(loan, amount, on) or ZERO
    row = Commitment(
        kind=CommitmentKind(kind),
        amount=amount,
        payment=payment,
        product=product,
        market=market,
        number=number,
        application_id=application_id,
        loan_id=loan_id,
        agreed_by_two=by_two,
    )
    yield row
    if loan is not None and in_parts:
        yield from _undrawn(row, loan, on, by_word.get(loan.pk, ZERO))


def _undrawn(row: Commitment, loan: Loan, on: date, by_word: Decimal) -> Iterable[Commitment]:
    """What may still be drawn of a running loan, and what is on its way to the bank although the line is closed by now."""
    if loan.line_open_months:
        left = loan.principal - row.amount - by_word if line_is_open(loan, on) else _on_its_way(loan)
    else:
        left = loan.principal - drawn(loan)
    if left > ZERO:
        payment = payment_on(loan, left, on) or ZERO
        yield replace(row, kind=CommitmentKind.UNDRAWN, amount=left, payment=payment)


def _on_its_way(loan: Loan) -> Decimal:
    under_way = (DisbursementStatus.QUEUED, DisbursementStatus.SENT, DisbursementStatus.UNKNOWN)
    orders = loan.disbursements.filter(is_drawdown=True, status__in=under_way)
    return sum(orders.values_list("amount", flat=True), ZERO)


def payment_on(loan: Loan, amount: Decimal, on: date) -> Decimal | None:
    """What ``amount`` of the loan, owed from the beginning on its terms, would take a month; None where no sum was drawn."""
    terms = loan.terms(None if loan.disbursed_on else on)
    if not terms.drawn:
        return None
    return monthly_payment(terms, build_schedule(terms)) * amount / terms.drawn


def exposure_cap(on: date, market: str, lender_type: str) -> Decimal:
    """What one person may owe the house at most, in units of the market's currency, by rule ``exposure``.

    Its data is one cap for all lenders, ``{"per_borrower": "200000.00"}``, or one by lender type,
    ``{"lender_types": {"bank": "300000.00"}}``, which goes before. Raises RuleMissing.
    """
    data = rule("exposure", on, market)
    return Decimal(data.get("lender_types", {}).get(lender_type, data["per_borrower"]))
