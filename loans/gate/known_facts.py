"""What the gate is asked with (pure): facts of a person, the house, the deal and the record, as read at one moment.

None always means that a fact is not known; such a fact never passes (``gate``).
"""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The borrower on the day. ``age`` in full years; ``consents_missing`` by purpose; None always means: not known."""

    alive: bool | None
    identity_proved: bool | None
    age: int | None
    occupation: str | None
    consents_missing: tuple[str, ...] | None
    do_not_lend: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the law and the house's own rules say on the day.

    ``exposure_cap`` in currency units, for all that one person may owe the house; ``debt_share_cap`` the part of the income
    that debts may take (0.5 is half); ``data_age_days`` how old an income may be; ``one_person_decides``, in currency units,
    what may be bound for a person that no second one agreed to. ``student_lending`` is what the licence
    says of lending to students: allowed, conditions (a person has to see that they are met) or refused.
    """

    least_age: int | None
    most_age: int | None
    student_lending: str | None
    exposure_cap: Decimal | None
    debt_share_cap: Decimal | None
    data_age_days: int | None
    one_person_decides: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What the act would bind the house to, beside what binds it already.

    ``amount`` of principal and ``payment`` a month, in currency units; ``yearly_cost`` and ``cost_cap`` as fractions on the
    basis of the cap, ``cost_cap`` None where the market sets none (``cost_known`` then says that it was asked);
    ``on_sale``: the product is sold, or for a signed contract not stopped. ``purpose`` is "known", "forbidden" or None;
    ``payee`` "verified", else why it is not.
    """

    amount: Decimal | None
    payment: Decimal | None = None
    cost_allowed: bool | None = None
    yearly_cost: Decimal | None = None
    cost_cap: Decimal | None = None
    on_sale: bool | None = None
    purpose: str | None = None
    payee: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What risk makes of the person: handed in, as lending does not know how it is found.

    ``limit`` in currency units; ``grade_decision`` is what the grade policy says of the grade: approve, refer or decline.
    ``income`` and ``debt_payments`` a month; ``income_as_of`` is the oldest figure that counts in the income. Where the
    rules decide, only what is proved counts; ``declared_income`` is what was told beside it and does not count.
    """

    limit: Decimal | None = None
    grade: str | None = None
    points: int | None = None
    grade_decision: str | None = None
    income: Decimal | None = None
    income_as_of: date | None = None
    declared_income: Decimal | None = None
    debt_payments: Decimal | None = None
    other_applications: int | None = None
    days_past_due: int | None = None
    loans_written_off: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything known at the moment. ``committed`` and ``committed_payments`` (a month) are what the house is bound to for
    the person beside the deal; ``agreed_by_one`` is the part of ``committed`` that no second person agreed to, and
    ``agreed_by_two`` says that two agreed to the deal; ``overridden`` are soft checks that two bind in spite of."""

    on: date
    person: Person
    house: House
    deal: Deal
    credit: Credit
    committed: Decimal | None
    committed_payments: Decimal | None
    agreed_by_one: Decimal | None = None
    agreed_by_two: bool = False
    overridden: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """The facts as they are kept with the verdict."""
        return {name: plain_json(value) for name, value in asdict(self).items()}


def plain_json(value: Any) -> Any:
    """``value`` as JSON keeps it: amounts and dates as text, so that nothing is rounded on the way."""
    if isinstance(value, dict):
        return {name: plain_json(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain_json(part) for part in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
