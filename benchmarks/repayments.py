"""Posted repayments a second, and what the same rows take when raw psycopg writes them. ``./dev bench repayments``

Each repayment settles the first instalment of a loan of its own on its due date: with its history row and audit event,
two journal entries, the accrual, the line, the instalment, the position, the message and the note that the loan changed.
Rounds of the raw way and of ``loans.servicing.repayments.record_repayment`` take turns, with 1 and with 4 connections (a
process each); the median of their ratios counts. The raw way knows every figure beforehand, reads nothing but the locked row
and wakes no worker; psycopg prepares its statements too. Both must leave as many rows in every table, and the books agree.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from os import getpid
from pathlib import Path
from statistics import median
from time import perf_counter, process_time_ns
from typing import Any

import django

import config  # noqa: F401  (puts collections/ on the import path)

django.setup()

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from psycopg.types.json import Jsonb

from audit.models import AuditEvent
from core import business_date, partitions
from core.context import acting
from core.models import Rule
from ledger.models import JournalEntry, JournalLine
from loans.models import (
    Accrual,
    Loan,
    LoanPosition,
    LoanTransition,
    Product,
    ProductVersion,
    Repayment,
    RepaymentLine,
    RepaymentMethod,
    VersionStatus,
)
from loans.models.repayment import new_repayment_id
from loans.proof.verifying import compare, compare_income
from loans.servicing.repayments import record_repayment
from messaging.models import Message, MessageKey
from operations.models import ChangedLoan

GOALS = {1: 0.6, 4: 0.55}  # by connections: the house's repayments a second to the raw ones
CONNECTIONS = tuple(GOALS)
ROUNDS = 7
EACH = 60  # repayments a connection and round
WARM_UP = 20
CHECKED = 100
OUT = date(2026, 6, 15)
DUE = OUT + timedelta(days=30)
PRINCIPAL, INTEREST = Decimal("1000.00"), Decimal("177.53")
AMOUNT, ZERO = PRINCIPAL + INTEREST, Decimal("0.00")
RAW, HOUSE = "raw", "house"

_BORROWERS = """
INSERT INTO borrowers_borrower (id, public_id, number, market, identity_kind, name, name_index, identity_number,
    identity_index, sex, phone, phone_index, language, source, status, do_not_contact, created_on)
SELECT i, 'cus_bench' || i, 'CU-BENCH-' || i, 'CN', 'other', '', md5('n' || i), '', md5('i' || i), 'unknown', '',
       md5('p' || i), 'zh-hans', '', 'active', false, %(out)s
  FROM generate_series(1, %(most)s) AS i
"""
_LOANS = """
INSERT INTO loans_loan (id, public_id, number, borrower_id, product_version_id, status, principal, annual_rate,
    fee_total, fee_due, method, frequency, every, instalment_count, day_count, grace_days, late_annual_rate,
    allocation_order, disbursed_on, created_at)
SELECT i, 'loan_bench' || i, 'LN-BENCH-' || i, i, %(version)s, 'active', 12000, 0.18, 0, 'spread', 'equal_principal',
       'day', 30, 12, 'act_365f', 3, 0.27, '{fee,late_interest,interest,principal}', %(out)s, now()
  FROM generate_series(1, %(most)s) AS i
"""
_INSTALMENTS = """
INSERT INTO loans_instalment (loan_id, version, number, starts_on, due_on, principal, interest, fee, late_interest,
    principal_paid, interest_paid, fee_paid, late_interest_paid)
SELECT i, 1, n, %(out)s::date + 30 * (n - 1), %(out)s::date + 30 * n, 1000,
       round((13000 - 1000 * n) * 0.18 * 30 / 365, 2), 0, 0, 0, 0, 0, 0
  FROM generate_series(1, %(most)s) AS i CROSS JOIN generate_series(1, 12) AS n
"""
_POSITIONS = """
INSERT INTO loans_loanposition (loan_id, borrower_id, product_id, status, as_of, principal_outstanding,
    interest_accrued, interest_paid, fee_accrued, fee_paid, late_interest_accrued, late_interest_paid,
    overdue_principal, overdue_interest, overdue_fee, due_today, next_due_amount, days_past_due, bucket, risk_class,
    overpaid, written_off_amount, recovered, kept_on)
SELECT i, i, %(product)s, 'active', %(out)s, 12000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'C', 'normal', 0, 0, 0, %(out)s
  FROM generate_series(1, %(most)s) AS i
"""
_DISBURSED = """
WITH entry AS (
    INSERT INTO ledger_journalentry (event, posted_on, effective_on, description, currency, recorded_at)
    SELECT 'disbursement', %(out)s, %(out)s, i::text, 'CNY', now() FROM generate_series(1, %(most)s) AS i
    RETURNING id, description::bigint AS loan_id)
INSERT INTO ledger_journalline (entry_id, posted_on, account_id, subledger_id, debit, credit)
SELECT id, %(out)s, '1201', loan_id, 12000, 0 FROM entry
UNION ALL SELECT id, %(out)s, '1001', NULL, 0, 12000 FROM entry
"""
_TABLES: tuple[type[models.Model], ...] = (
    Repayment,
    Repayment.history.model,
    RepaymentLine,
    AuditEvent,
    JournalEntry,
    JournalLine,
    Accrual,
    LoanTransition,
    Message,
    MessageKey,
    ChangedLoan,
)


def main() -> int:
    if Loan.objects.exists():
        print("This needs an empty database: ./dev bench repayments makes one.", file=sys.stderr)
        return 2
    most = 2 * sum(connections * (WARM_UP + ROUNDS * EACH) for connections in CONNECTIONS)
    for row in Rule.objects.filter(code="receipt_without_bank_line"):  # a partner as large as this
        data = row.data | {"in_a_day": {"api": str(most * AMOUNT)}}
        Rule.objects.create(code=row.code, market=row.market, effective_from=DUE, data=data, source="This benchmark.")
    business_date.move_to(DUE)
    _write_loans(most)
    clerk = get_user_model().objects.create(username="bench").pk
    free = iter(range(1, most + 1))
    left: dict[str, list[int]] = {RAW: [0] * len(_TABLES), HOUSE: [0] * len(_TABLES)}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SHOW synchronous_commit")
        print(f"{ROUNDS} rounds of {EACH} repayments a connection, synchronous_commit {cursor.fetchone()[0]}\n")
    ratios = [_measure(connections, free, clerk, left) for connections in CONNECTIONS]
    reached = all(ratio >= goal for ratio, goal in zip(ratios, GOALS.values(), strict=True))
    return _prove(left, most) or (0 if reached else 1)


def _write_loans(most: int) -> None:
    product = Product.objects.create(code="bench", name="Bench")
    version = ProductVersion.objects.create(
        product=product,
        version=1,
        status=VersionStatus.LIVE,
        effective_from=date(2020, 1, 1),
        method=RepaymentMethod.EQUAL_PRINCIPAL,
        min_amount=Decimal(1),
        max_amount=Decimal(100_000),
        annual_rate=Decimal("0.18"),
    )
    partitions.ensure_months(OUT, DUE)
    values: dict[str, Any] = {"most": most, "out": OUT, "version": version.pk, "product": product.pk}
    with connection.cursor() as cursor:
        for sql in (_BORROWERS, _LOANS, _INSTALMENTS, _POSITIONS, _DISBURSED):
            cursor.execute(sql, values)


def _measure(connections: int, free: Iterator[int], clerk: int, left: dict[str, list[int]]) -> float:
    """The median ratio of the house's repayments a second to the raw ones, with so many connections."""
    ratios, paces = [], {RAW: [0.0], HOUSE: [0.0]}
    cpu: dict[str, list[tuple[float, float]]] = {RAW: [], HOUSE: []}
    with ExitStack() as stack:
        spawn = get_context("spawn")
        workers = [
            stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn, initializer=_prepare))
            for _connection in range(connections)
        ]
        for number in range(ROUNDS + 1):
            pace, spent = {}, {}
            for way in (RAW, HOUSE) if number % 2 else (HOUSE, RAW):
                before = _row_counts()
                pace[way], spent[way] = _round(workers, way, free, clerk, EACH if number else WARM_UP)
                left[way] = [
                    have + after - was for have, after, was in zip(left[way], _row_counts(), before, strict=True)
                ]
            if number:
                ratios.append(pace[HOUSE] / pace[RAW])
                for way, reached in pace.items():
                    paces[way].append(reached)
                    cpu[way].append(spent[way])
    ratio = median(ratios)
    raw, house = (median(paces[way][1:]) for way in (RAW, HOUSE))
    print(f"{connections} connection(s): raw {raw:6.0f} a second, record_repayment {house:6.0f} a second")
    print(
        f"  ratio {ratio:.2f} (rounds {', '.join(f'{one:.2f}' for one in sorted(ratios))}; goal {GOALS[connections]})"
    )
    sums = {}
    for way, rounds in cpu.items():
        here, there = (median(one[place] for one in rounds) for place in (0, 1))
        sums[way] = here + there
        print(f"  CPU a repayment, {way:<5} {here:5.0f} µs in Python, {there:5.0f} µs in PostgreSQL")
    print(f"  CPU of the raw way to that of record_repayment {sums[RAW] / sums[HOUSE]:.2f}")
    return ratio


def _round(
    workers: Sequence[ProcessPoolExecutor], way: str, free: Iterator[int], clerk: int, each: int
) -> tuple[float, tuple[float, float]]:
    """Repayments a second over all workers, and the CPU of each in µs: of the worker, of its PostgreSQL process."""
    shares = [[next(free) for _repayment in range(each)] for _worker in workers]
    started = perf_counter()
    taken = [worker.submit(_repay, way, share, clerk) for worker, share in zip(workers, shares, strict=True)]
    cpu = [done.result() for done in taken]
    count = each * len(workers)
    here, there = (sum(one[place] for one in cpu) / count / 1000 for place in (0, 1))
    return count / (perf_counter() - started), (here, there)


def _row_counts() -> list[int]:
    return [table._default_manager.count() for table in _TABLES]


def _prove(left: dict[str, list[int]], most: int) -> int:
    """Print the rows both ways left and the differences found in the books; 0 when all agree."""
    for table, raw, house in zip(_TABLES, left[RAW], left[HOUSE], strict=True):
        print(f"  {table._meta.db_table:<32} {raw:>7,} rows raw {house:>7,} by record_repayment")
    sample = Loan.objects.filter(pk__in=range(1, most + 1, max(1, most // CHECKED))).select_related("position")
    found = [difference for loan in sample for difference in compare(loan)] + compare_income()
    print(f"books of {len(sample)} loans checked, {len(found)} differences")
    for difference in found[:5]:
        print(f"  {difference}")
    return 0 if left[RAW] == left[HOUSE] and not found else 1


# --- what a worker does -----------------------------------------------------------------------------------------------


def _prepare() -> None:
    connection.ensure_connection()


def _repay(way: str, loan_ids: Sequence[int], clerk: int) -> tuple[int, int]:
    """The CPU it took, in ns: this process's, and that of its PostgreSQL process (0 where there is no /proc to tell)."""
    repay: Callable[[int, Any], None] = _repay_raw if way == RAW else _repay_as_the_house_does
    user = _partner(clerk)
    here, there = process_time_ns(), _database_cpu()
    for loan_id in loan_ids:
        repay(loan_id, user)
    return process_time_ns() - here, _database_cpu() - there


def _partner(clerk: int) -> Any:
    """Each connection is a partner of its own, whose words of a day come one by one."""
    return get_user_model().objects.get_or_create(username=f"bench-{clerk}-{getpid()}")[0]


def _database_cpu() -> int:
    told = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(told.read_text().split()[0]) if told.exists() else 0


def _repay_as_the_house_does(loan_id: int, user: Any) -> None:
    with acting(actor=user, request_id=f"bench-{loan_id}", channel="api", reason="bench"):
        record_repayment(
            loan_id=loan_id,
            amount=AMOUNT,
            received_on=DUE,
            recorded_on=DUE,
            channel="api",
            idempotency_key=f"bench-{loan_id}",
            recorded_by=user,
        )


def _insert(model: type[models.Model], *, back: str = "") -> str:
    columns = [str(field.column) for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    places = ", ".join(f"%({name})s" for name in columns)
    returning = f" RETURNING {back}" if back else ""
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({places}){returning}"


_ENTRY = _insert(JournalEntry, back="id")
_LINE = "(%s, %s, %s, %s, %s, %s)"
_LINES = "INSERT INTO ledger_journalline (entry_id, posted_on, account_id, subledger_id, debit, credit) VALUES "
_REPAYMENT = _insert(Repayment, back="id")
_HISTORY = _insert(Repayment.history.model)
_REPAYMENT_LINE = _insert(RepaymentLine)
_ACCRUAL = _insert(Accrual)
_MESSAGE = _insert(Message)
_CHANGED = _insert(ChangedLoan)
_INSTALMENT = """
UPDATE loans_instalment SET late_interest = %s, principal_paid = %s, interest_paid = %s, fee_paid = %s,
       late_interest_paid = %s, settled_on = %s
 WHERE loan_id = %s AND superseded_on IS NULL AND number = %s
"""
_POSITION_COLUMNS = [str(field.column) for field in LoanPosition._meta.concrete_fields if not field.primary_key]
_POSITION = f"""
UPDATE loans_loanposition SET {", ".join(f"{name} = %({name})s" for name in _POSITION_COLUMNS)}
 WHERE loan_id = %(loan_id)s
"""


def _repay_raw(loan_id: int, user: Any) -> None:
    """One statement a table, prepared by psycopg, in one transaction that begins with the lock."""
    with transaction.atomic():
        cursor = connection.connection.cursor()
        cursor.execute(
            "SELECT l.number, l.borrower_id, p.product_id FROM loans_loan l JOIN loans_loanposition p ON p.loan_id = l.id "
            "WHERE l.id = %s FOR UPDATE",
            [loan_id],
        )
        number, borrower_id, product_id = cursor.fetchone()
        repaid = _raw_entry(
            cursor,
            "repayment",
            number,
            [("1001", None, AMOUNT, ZERO), ("1201", loan_id, ZERO, PRINCIPAL), ("1202", loan_id, ZERO, INTEREST)],
        )
        public_id = _raw_repayment(cursor, loan_id, repaid, user.pk)
        cursor.execute(_INSTALMENT, [ZERO, PRINCIPAL, INTEREST, ZERO, ZERO, DUE, loan_id, 1])
        accrued = _raw_entry(
            cursor, "accrual", number, [("1202", None, INTEREST, ZERO), ("4001", None, ZERO, INTEREST)]
        )
        cursor.execute(
            _ACCRUAL,
            {"loan_id": loan_id, "first_on": DUE, "accrued_on": DUE, "interest": INTEREST, "late_interest": ZERO,
             "fee": ZERO, "suspended_interest": ZERO, "suspended_late_interest": ZERO, "entry_id": accrued},
        )  # fmt: skip
        cursor.execute(_POSITION, _position(loan_id, borrower_id, product_id))
        cursor.execute(_MESSAGE, _message(number, borrower_id, public_id))
        cursor.execute(_CHANGED, {"loan_id": loan_id, "borrower_id": borrower_id})
        cursor.close()


def _raw_entry(cursor: Any, event: str, number: str, lines: Sequence[tuple[Any, ...]]) -> int:
    values = {"event": event, "posted_on": DUE, "effective_on": DUE, "description": number}
    values |= {"reverses_id": None, "reverses_posted_on": None}
    cursor.execute(_ENTRY, {**values, "currency": "CNY", "recorded_at": datetime.now(UTC)})
    (entry_id,) = cursor.fetchone()
    cursor.execute(_LINES + ", ".join([_LINE] * len(lines)), [x for line in lines for x in (entry_id, DUE, *line)])
    return int(entry_id)


def _raw_repayment(cursor: Any, loan_id: int, entry_id: int, user_id: int) -> str:
    """Its number, its row, its history row (whose trigger writes the audit event) and its line."""
    cursor.execute("SELECT nextval('core_number_rp')")
    (value,) = cursor.fetchone()
    now = datetime.now(UTC)
    row = {
        "public_id": new_repayment_id(), "number": f"RP-{DUE.year}-{value:06d}", "loan_id": loan_id, "amount": AMOUNT,
        "received_on": DUE, "first_received_on": None, "recorded_on": DUE,
        "recorded_at": now, "channel": "api", "payer_reference": "",
        "idempotency_key": f"bench-{loan_id}", "status": "posted", "is_recovery": False, "settles_early": False,
        "principal": PRINCIPAL, "interest": INTEREST, "fee": ZERO, "late_interest": ZERO,
        "early_charge": ZERO, "overpaid": ZERO, "entry_id": entry_id, "booked_on": DUE,
        "reversed_on": None, "reversal_reason": "",
        "reversed_alone": False, "recorded_by_id": user_id, "agreed_by_id": None,
        "proved_on": None, "given_up": ZERO,
    }  # fmt: skip
    cursor.execute(_REPAYMENT, row)
    (repayment_id,) = cursor.fetchone()
    history = {
        "id": repayment_id, "request_id": f"bench-{loan_id}", "history_date": now, "history_change_reason": "bench",
        "history_type": "+", "history_user_id": user_id,
    }  # fmt: skip
    cursor.execute(_HISTORY, {**row, **history})
    parts = {"principal": PRINCIPAL, "interest": INTEREST, "fee": ZERO, "late_interest": ZERO}
    cursor.execute(
        _REPAYMENT_LINE, {"repayment_id": repayment_id, "entry_id": entry_id, "instalment_number": 1, **parts}
    )
    return str(row["public_id"])


def _position(loan_id: int, borrower_id: int, product_id: int) -> dict[str, Any]:
    nothing = dict.fromkeys(_POSITION_COLUMNS, ZERO)
    return {
        **nothing, "loan_id": loan_id, "borrower_id": borrower_id, "product_id": product_id, "status": "active",
        "as_of": DUE, "principal_outstanding": 11 * PRINCIPAL, "interest_accrued": INTEREST, "interest_paid": INTEREST,
        "oldest_due_on": None, "next_due_on": DUE + timedelta(days=30), "next_due_amount": Decimal("1162.74"),
        "days_past_due": 0, "bucket": "C", "risk_class": "normal", "holds": Jsonb([]), "plan": None,
        "charged_off_on": None, "late_rates": Jsonb([]), "rate_steps": Jsonb([]), "late_by_day": False,
        "kept_on": DUE, "kept_interest": INTEREST, "quiet_before": None, "period_starts_on": None, "period_days": None,
        "period_interest": None, "period_interest_paid": None, "interest_before_period": None,
    }  # fmt: skip


def _message(number: str, borrower_id: int, public_id: str) -> dict[str, Any]:
    context = {"loan_number": number, "amount": str(AMOUNT), "currency": "CNY", "received_on": DUE.isoformat()}
    empty = dict.fromkeys(("language", "subject", "body", "refusal", "provider_reference", "rewritten"), "")
    absent = dict.fromkeys(
        (
            *("contact_point_id", "wanted_point_id", "template_version", "next_attempt_at", "follows_id", "sent_at"),
            *("receipt_at", "context_queued"),
        )
    )
    return {
        **empty, **absent, "dedupe_key": f"repayment_received:{public_id}", "borrower_id": borrower_id,
        "channel": "sms", "template_code": "repayment_received", "context": Jsonb(context), "reference": number,
        "purpose": "service", "due_at": datetime(DUE.year, DUE.month, DUE.day, tzinfo=UTC), "status": "queued",
        "attempts": 0, "created_on": DUE,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
