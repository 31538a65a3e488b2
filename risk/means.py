"""What somebody earns and owes elsewhere, as it counts for who decides.

A person may decide on what was declared. The rules may not: to them an income counts that proves itself, or that somebody
verified who neither took the application nor is tied to who did. Of what counts, a lower figure told since stands before it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from audit.deciding import in_one_hand
from borrowers.means import owed_elsewhere
from borrowers.models import ExternalDebt, Income
from core.money import ZERO
from core.rules import rule
from loans.models import Application
from loans.preconditions.taker import takers_of

Proves = Callable[[Income], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What somebody earns and owes elsewhere a month. ``income_as_of`` is the oldest figure that counts, or, where all
    are too old, the newest.

    ``declared`` is what was told and does not count where the rules decide. Where that is all there is, ``counts`` is False:
    ``income`` then is what was told, for the score, and pays for nothing.
    """

    income: Decimal | None = None
    income_as_of: date | None = None
    income_verified: bool = False
    declared: Decimal | None = None
    counts: bool = True
    debt_payments: Decimal = ZERO
    lenders_elsewhere: int = 0


def means_of(
    ids: Collection[int], market: str, on: date, *, application: Application | None = None, by_rules: bool = False
) -> dict[int, Means]:
    """Income by source, of those figures that are not too old; and debts elsewhere, of each lender once.

    ``application`` is what is decided on; with ``by_rules`` the rules decide.
    """
    oldest = rule("affordability", on, market)["income_age_days"]
    fresh: dict[int, list[Income]] = {number: [] for number in ids}
    newest: dict[int, date] = {}
    for income in Income.objects.filter(borrower_id__in=ids, as_of__lte=on).order_by("as_of", "id"):
        newest[income.borrower_id] = income.as_of
        if (on - income.as_of).days <= oldest:
            fresh[income.borrower_id].append(income)
    debts: dict[int, list[ExternalDebt]] = {number: [] for number in ids}
    for debt in ExternalDebt.objects.filter(borrower_id__in=ids, as_of__lte=on):
        debts[debt.borrower_id].append(debt)
    proves = _proves([one for of_one in fresh.values() for one in of_one], application, on) if by_rules else None
    return {number: _means(fresh[number], debts[number], newest.get(number), proves) for number in ids}


def _proves(incomes: Collection[Income], application: Application | None, on: date) -> Proves:
    """Which of ``incomes`` the rules may rely on. Asks the database only where somebody verified one."""
    verifiers = {one.verified_by_id for one in incomes if one.verified_by_id is not None}
    takers = takers_of(application) if verifiers and application is not None else frozenset()
    not_independent = in_one_hand(verifiers, takers, on)
    return lambda income: income.verified and income.verified_by_id not in not_independent


def _means(
    fresh: Collection[Income], debts: Collection[ExternalDebt], newest: date | None, proves: Proves | None
) -> Means:
    owed = owed_elsewhere(debts)
    last = _last_by_source(fresh)
    proved = last if proves is None else _last_by_source(filter(proves, fresh))
    counts = bool(proved) or not last
    reckoned = proved or last
    not_counting = (
        [] if proves is None else [one.monthly_amount for source, one in last.items() if source not in proved]
    )
    amounts = [min(one.monthly_amount, last[source].monthly_amount) for source, one in reckoned.items()]
    return Means(
        income=sum(amounts, ZERO) if amounts else None,
        income_as_of=min((one.as_of for one in reckoned.values()), default=newest),
        income_verified=bool(reckoned) and counts and all(one.verified for one in reckoned.values()),
        declared=sum(not_counting, ZERO) if not_counting else None,
        counts=counts,
        debt_payments=sum(owed.values(), ZERO),
        lenders_elsewhere=len(owed),
    )


def _last_by_source(incomes: Iterable[Income]) -> dict[str, Income]:
    """The newest of each source; ``incomes`` come from the oldest to the newest."""
    return {income.source: income for income in incomes}
