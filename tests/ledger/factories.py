"""Factories of the books. An entry goes in through `ledger.posting.post`, and PostgreSQL judges it.

`JournalEntryFactory(posted_on=day, amount=Decimal("9.00"))` moves 9.00 between two accounts of its own; give `lines` to
say more, or `debited__code="1001"`. `PeriodClosingFactory(closed_through=day)` closes the books.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from ledger.models import Account, AccountKind, JournalEntry, PeriodClosing
from ledger.periods import close_through
from ledger.posting import credit, debit, post


class AccountFactory(DjangoModelFactory[Account]):
    """An account beside those that migrations made; asked for by the code of one of these, that one."""

    class Meta:
        model = Account
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"9{n:06d}")
    name = factory.LazyAttribute(lambda account: f"Account {account.code}")
    kind = AccountKind.ASSET


class JournalEntryFactory(DjangoModelFactory[JournalEntry]):
    """A balanced entry of two lines; `amount` is in yuan."""

    class Meta:
        model = JournalEntry

    class Params:
        amount = Decimal("100.00")
        debited = factory.SubFactory(AccountFactory)
        credited = factory.SubFactory(AccountFactory)

    event = "test"
    posted_on = date(2026, 6, 15)
    effective_on = factory.SelfAttribute("posted_on")
    lines = factory.LazyAttribute(
        lambda entry: [debit(entry.debited.code, entry.amount), credit(entry.credited.code, entry.amount)]
    )

    @classmethod
    def _create(cls, model_class: type[JournalEntry], *args: Any, **facts: Any) -> JournalEntry:
        return post(**facts)


class PeriodClosingFactory(DjangoModelFactory[PeriodClosing]):
    """The books closed up to a day, each time a day further, told of on the day after."""

    class Meta:
        model = PeriodClosing

    closed_through = factory.Sequence(lambda n: date(2020, 1, 1) + timedelta(days=n))
    on = factory.LazyAttribute(lambda closing: closing.closed_through + timedelta(days=1))
    by = None

    @classmethod
    def _create(
        cls, model_class: type[PeriodClosing], *args: Any, closed_through: date, on: date, by: Any
    ) -> PeriodClosing:
        return close_through(closed_through, on=on, by=by)
