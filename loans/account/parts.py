"""Money by what it is for: the one value for principal, interest, fee and late interest, with its total (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO

PARTS = ("principal", "interest", "fee", "late_interest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Amounts in currency units, in cents. They may be negative: a difference of two is one too."""

    principal: Decimal = ZERO
    interest: Decimal = ZERO
    fee: Decimal = ZERO
    late_interest: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.principal + self.interest + self.fee + self.late_interest

    def of(self, part: str) -> Decimal:
        """The amount of the part named ``part``, one of PARTS."""
        amount: Decimal = getattr(self, part)
        return amount

    def as_dict(self) -> dict[str, Decimal]:
        """The amounts by the names of PARTS."""
        return {part: self.of(part) for part in PARTS}

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(
            principal=self.principal + other.principal,
            interest=self.interest + other.interest,
            fee=self.fee + other.fee,
            late_interest=self.late_interest + other.late_interest,
        )

    def __sub__(self, other: "Parts") -> "Parts":
        return Parts(
            principal=self.principal - other.principal,
            interest=self.interest - other.interest,
            fee=self.fee - other.fee,
            late_interest=self.late_interest - other.late_interest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsPaid(Parts):
    """What was agreed by part, and how much of it all is paid."""

    paid: Decimal = ZERO

    @property
    def owed(self) -> Decimal:
        return self.total - self.paid

    @classmethod
    def summed(cls, rows: Iterable["PartsPaid"]) -> "PartsPaid":
        """All rows together."""
        found = list(rows)
        return PartsPaid(**sum_of(found).as_dict(), paid=sum((row.paid for row in found), ZERO))


NOTHING = Parts()


def sum_of(found: Iterable[Parts]) -> Parts:
    """All of them together; nothing for none."""
    return sum(found, NOTHING)
