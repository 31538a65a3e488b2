"""Accounts put together row by row, for figures that a reader can work out beside the test."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from loans.account.account import Account, InstalmentState


def on(text: str) -> date:
    """A day of 2026: ``on("3-15")`` is 15 March."""
    month, day = text.split("-")
    return date(2026, int(month), int(day))


def a_row(
    number: int, due_on: str, principal: str, interest: str = "0.00", fee: str = "0.00", **more: Any
) -> InstalmentState:
    """An instalment whose period began thirty days before; what is paid of it by name, as ``principal_paid="5.00"``."""
    paid = {name: Decimal(value) if isinstance(value, str) else value for name, value in more.items()}
    starts_on = paid.pop("starts_on", on(due_on) - timedelta(days=30))
    return InstalmentState(number, starts_on, on(due_on), Decimal(principal), Decimal(interest), Decimal(fee), **paid)


def an_account(*rows: InstalmentState, as_of: str = "1-1", **more: Any) -> Account:
    """No grace days and no late interest, unless it is said otherwise."""
    return Account(**{"instalments": rows, "as_of": on(as_of), "grace_days": 0, "late_annual_rate": Decimal(0), **more})
