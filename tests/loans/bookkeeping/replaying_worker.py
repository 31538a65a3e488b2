"""A worker process of its own that is killed in a replay: ``python -m tests.loans.bookkeeping.replaying_worker``.

Arguments: the test database, the loan, the key, and the days of receipt and of business. It records a back-dated payment,
says "middle" with everything booked and nothing committed, and waits there until somebody ends it.
"""

import sys
from datetime import date
from decimal import Decimal

import django

django.setup()

from django.db import connection  # noqa: E402

from loans.bookkeeping import concluding  # noqa: E402
from loans.servicing import repayments  # noqa: E402

_conclude = concluding.conclude


def conclude_and_wait(*arguments: object, **named: object) -> None:
    """Everything of the replay is written, then nothing more happens."""
    _conclude(*arguments, **named)  # type: ignore[arg-type]
    print("middle", flush=True)
    sys.stdin.read()


def main(database: str, loan: str, key: str, received_on: str, recorded_on: str) -> None:
    connection.settings_dict["NAME"] = database
    repayments.conclude = conclude_and_wait  # type: ignore[assignment]
    repayments.record_repayment(
        loan_id=int(loan),
        amount=Decimal("50.00"),
        received_on=date.fromisoformat(received_on),
        channel="import",
        idempotency_key=key,
        recorded_by=None,
        recorded_on=date.fromisoformat(recorded_on),
        allow_repeat=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
