"""The log laid by the month: an event lies in the month of its moment (UTC), and no month can be changed by its own name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent
from core import partitions
from ledger.models import Account
from loans.models import LoanTransition
from staff.models import User
from tests.audit.factories import AuditEventFactory
from tests.loans.factories import LoanFactory

pytestmark = pytest.mark.django_db

LATE_ON_THE_LAST = datetime(2031, 5, 31, 23, 59, tzinfo=UTC)  # June already where the office is


def month_of(table: str, pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {table} WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_a_history_row_makes_the_month_its_event_needs() -> None:
    account: Any = Account(code="9009", name="Test", kind="asset")
    account._history_date = LATE_ON_THE_LAST
    account.save()

    event = AuditEvent.objects.get(object_type="ledger.account", object_id="9009")
    assert (event.at, month_of("audit_auditevent", event.pk)) == (LATE_ON_THE_LAST, "audit_auditevent_2031_05")


@pytest.mark.parametrize("change", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}"])
def test_no_event_and_no_move_is_changed_by_the_name_of_the_table_or_of_its_month(change: str, wang: User) -> None:
    partitions.require_month(LATE_ON_THE_LAST)
    event = AuditEventFactory(actor=wang, obj=wang)
    move = LoanTransition.objects.create(
        loan_id=LoanFactory().pk, on=date(2031, 5, 31), kind="bucket", before="C", after="M1", days_past_due=1
    )
    tables = {
        "audit_auditevent": ("reason", event.pk),
        "loans_loantransition": ("before", move.pk),
    }

    for table, (column, pk) in tables.items():
        for name in (table, month_of(table, pk)):
            statement = change.format(name).replace("reason", column)
            with (
                pytest.raises(IntegrityError, match="append-only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


@pytest.fixture
def wang(staff_member: Any) -> User:
    return staff_member("collector", display_name="王丽")
