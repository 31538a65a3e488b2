"""Interest that is owed but is not income, because the loan is so late that it may never be paid (pure).

From a class on, what has accrued and is unpaid stands in suspense; paid, it is income, and so is the rest once the loan
is no longer that late. It follows from the account alone: nothing of the past has to be remembered.
"""

from loans.account.account import Account, Suspended
from loans.account.arrears import Arrears, arrears


def suspended(account: Account, from_days_past_due: int | None, late: Arrears | None = None) -> Suspended:
    """The interest in suspense at the end of ``as_of``; none where no lateness suspends it (``None``).

    Charged off, a loan keeps what it had that day: its charge-off cleared it. ``late`` are the arrears of ``as_of``, where
    the caller knows them.
    """
    if account.charged_off is not None:
        return account.charged_off.suspended
    if from_days_past_due is None or (late or arrears(account, account.as_of)).days_past_due < from_days_past_due:
        return Suspended()
    accrued, paid = account.accrued, account.paid
    return Suspended(accrued.interest - paid.interest, accrued.late_interest - paid.late_interest)
