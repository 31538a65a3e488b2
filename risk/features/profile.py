"""What is known about an applicant on the day of the decision, as one value (pure). None always means: not known."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from core.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantProfile:
    """Facts, not judgements. Amounts are a month's where the name does not say otherwise."""

    age: int | None
    identity_proved: bool
    phone_verified: bool
    income: Decimal | None = None
    income_verified: bool = False
    debt_payments: Decimal = ZERO
    lenders_elsewhere: int = 0
    own_payments: Decimal = ZERO
    own_outstanding: Decimal = ZERO
    own_days_past_due: int = 0
    loans_settled: int = 0
    loans_written_off: int = 0
    instalments_paid: int = 0
    worst_days_late: int | None = None
    months_known: int = 0
    other_applications: int = 0
    do_not_lend: bool = False

    @property
    def debt_share(self) -> Decimal | None:
        """The part of the income that debts take already."""
        if not self.income:
            return None
        return (self.debt_payments + self.own_payments) / self.income

    def as_json(self) -> dict[str, object]:
        """The profile as it is kept with the assessment."""
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(self).items()}
