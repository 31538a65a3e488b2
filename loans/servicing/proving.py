"""Receipts that no line of a bank stands behind: what one person may say was received, before a second one has to agree.

A line of a statement, the answer of a bank to a direct debit, and a book taken over prove themselves. What somebody
reports at the counter or over the API is a word (``WITHOUT_BANK_LINE``), and so is what a merchant is said to have given
back. A word is good up to the rule ``receipt_without_bank_line``: for a loan within so many days, for all that one person
or program says on a business date, and only so many days back. What was reversed by one person alone was said as well, so
that nobody begins to count anew by it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from audit.deciding import ties_of
from core.calendars import days_between
from core.errors import DomainError
from core.money import ZERO
from core.rules import rule, rule_of_house
from core.sending import execute
from core.writing import money, number
from loans.models import CHANNELS_WITHOUT_BANK_LINE, WITHOUT_BANK_LINE, Loan, RepaymentChannel
from loans.servicing.given_up import given_up_alone, may_waive
from loans.servicing.in_a_day import ANY_PERSON, gives_up_too_much, one_by_one
from staff.models import User

RULE = "receipt_without_bank_line"

_RECEIPT = f"""channel IN ({CHANNELS_WITHOUT_BANK_LINE}) AND agreed_by_id IS NULL AND proved_on IS NULL
        AND (status = 'posted' OR reversed_alone)"""
_REFUND = "kind = 'merchant_refund' AND agreed_by_id IS NULL AND proved_on IS NULL"
_SAID = f"""
SELECT coalesce((SELECT sum(amount) FROM loans_repayment WHERE loan_id = %s AND recorded_on > %s AND {_RECEIPT}), 0)
       + coalesce((SELECT sum((parameters->>'amount')::numeric) FROM loans_loanact
                    WHERE loan_id = %s AND recorded_on > %s AND {_REFUND}), 0),
       coalesce((SELECT sum(amount) FROM loans_repayment WHERE recorded_by_id = ANY(%s::bigint[]) AND recorded_on = %s
                   AND {_RECEIPT}), 0)
       + coalesce((SELECT sum((parameters->>'amount')::numeric) FROM loans_loanact
                    WHERE recorded_by_id = ANY(%s::bigint[]) AND recorded_on = %s AND {_REFUND}), 0)
"""
# Who else said something on the day at the counter: of a partner's program nobody is the second account.
_OTHERS = f"""
SELECT u.id FROM staff_user u
 WHERE u.id <> %s
   AND (EXISTS (SELECT 1 FROM loans_repayment
                 WHERE recorded_by_id = u.id AND recorded_on = %s AND channel = 'counter' AND {_RECEIPT})
        OR EXISTS (SELECT 1 FROM loans_loanact WHERE recorded_by_id = u.id AND recorded_on = %s AND {_REFUND}))
"""


class ReceiptNeedsSecondPerson(DomainError):
    """``amount`` and ``most`` are in its context as they are written; ``asked_because`` is what a request says."""

    code = "receipt_without_bank_line"
    field = "amount"
    message = _(
        "No line of a bank stands behind %(amount)s: above %(most)s on a loan within %(days)s days a second person agrees "
        "before it is booked. Wait for the bank's statement, or have staff ask for approval on the loan's page."
    )
    asked_because = gettext_noop("No line of a bank stands behind it.")


class SaidTooMuchInADay(ReceiptNeedsSecondPerson):
    """What one person, or a partner's program, says on one business date counts over all loans."""

    code = "receipts_of_a_day"
    message = _(
        "With %(amount)s, what you say was received on this business date without a line of a bank comes to %(said)s: above "
        "%(most)s a second person agrees before it is booked. Wait for the bank's statement, or have staff ask for approval "
        "on the loan's page."
    )
    asked_because = gettext_noop("No line of a bank stands behind it, and one person says so much on one day.")


class ReceiptBackDated(ReceiptNeedsSecondPerson):
    """Late interest and charges of the days between would be given up on one person's word."""

    code = "receipt_back_dated"
    field = "received_on"
    message = _(
        "No line of a bank says that the money came on %(received_on)s: more than %(days)s days back a second person agrees "
        "before it is booked. Give the day you learnt of it, or have staff ask for approval on the loan's page."
    )
    asked_because = gettext_noop("No line of a bank stands behind it, and it counts from an earlier day.")


class ReceiptGivesUp(ReceiptNeedsSecondPerson):
    """The same by what it comes to: as much as one person may waive, with all that was given up on the loan before."""

    code = "receipt_gives_up"
    field = "received_on"
    message = _(
        "Counted from %(received_on)s without a line of a bank it gives up %(given_up)s of interest: with all that was "
        "given up on the loan, above %(most)s a second person agrees. Give the day you learnt of it, or have staff ask for "
        "approval."
    )
    asked_because = ReceiptBackDated.asked_because


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody (``by``) says on ``recorded_on`` was received for ``loan`` on ``received_on``.

    ``given_up`` is the interest that falls away because it counts from that day, in currency units as ``amount``.
    """

    loan: Loan
    channel: str
    amount: Decimal
    received_on: date
    recorded_on: date
    by: User | None = None
    given_up: Decimal = ZERO


def said_alone(on: date) -> str:
    """What one person may say alone was received at the counter, as the page of two-person rules tells it."""
    limits = rule(RULE, on)
    return gettext("more than %(most)s on a loan in %(days)s days or %(day)s in a day, or over %(back)s days back") % {
        "most": number(_most(limits, "alone", RepaymentChannel.COUNTER)),
        "days": limits["days"],
        "day": number(_most(limits, "in_a_day", RepaymentChannel.COUNTER)),
        "back": _days_back(limits, RepaymentChannel.COUNTER),
    }


def require_proved(word: Word) -> None:
    """One person may say it alone. Raises ReceiptNeedsSecondPerson, by its class for which reason."""
    refusal = needs_second_person(word)
    if refusal is not None:
        raise refusal


def needs_second_person(word: Word) -> ReceiptNeedsSecondPerson | None:
    """Why one person may not say it alone; None where they may.

    The loan is locked. It takes a statement, and up to three more where it is known who says so: nothing else that they say
    on the day passes before this transaction ends.
    """
    if word.channel not in WITHOUT_BANK_LINE:
        return None
    limits = rule_of_house(RULE, word.recorded_on, word.loan.market)
    days = int(limits["days"])
    if (refusal := _by_its_day(word, limits)) is not None:
        return refusal
    on_loan, in_day = _said_before(word, word.recorded_on - timedelta(days=days))
    most = _most(limits, "alone", word.channel)
    if word.amount + on_loan > most:
        return ReceiptNeedsSecondPerson(amount=_money(word, word.amount), most=_money(word, most), days=days)
    most = _most(limits, "in_a_day", word.channel)
    if word.by is not None and word.amount + in_day > most:
        told = {"amount": word.amount, "said": word.amount + in_day, "most": most}
        return SaidTooMuchInADay(**{name: _money(word, figure) for name, figure in told.items()})
    return None


def is_back_dated(loan: Loan, received_on: date, recorded_on: date, channel: str) -> bool:
    """Whether a receipt by word of ``received_on`` told of on ``recorded_on`` counts from further back than one may say."""
    return days_between(received_on, recorded_on) > _days_back(rule_of_house(RULE, recorded_on, loan.market), channel)


def _by_its_day(word: Word, limits: Any) -> ReceiptNeedsSecondPerson | None:
    received_on = word.received_on.isoformat()
    if is_back_dated(word.loan, word.received_on, word.recorded_on, word.channel):
        return ReceiptBackDated(received_on=received_on, days=_days_back(limits, word.channel))
    most = may_waive(word.recorded_on, word.loan.market)
    if word.given_up and (
        word.given_up + given_up_alone(word.loan) > most
        or gives_up_too_much(word.by, word.given_up, word.recorded_on, word.loan.market)
    ):
        return ReceiptGivesUp(received_on=received_on, given_up=_money(word, word.given_up), most=_money(word, most))
    return None


def _most(limits: Any, name: str, channel: str) -> Decimal:
    """What the rule does not say, nobody says alone: a limit forgotten is safe."""
    return Decimal(limits.get(name, {}).get(channel, "0"))


def _days_back(limits: Any, channel: str) -> int:
    return int(limits.get("days_back", {}).get(channel, 0))


def _money(word: Word, figure: Decimal) -> str:
    return money(figure, word.loan.currency)


def _said_before(word: Word, since: date) -> tuple[Decimal, Decimal]:
    """What else was said by word: of the loan after ``since``, whoever said so; and by the same person on the day, by
    whichever of their accounts and whatever the currency of the loans."""
    hand = [] if word.by is None else _hand_of(word, word.by)
    loan, day = word.loan.pk, word.recorded_on
    on_loan, in_day = execute(_SAID, [loan, since, loan, since, hand, day, hand, day]).fetchone()
    return on_loan, in_day


def _hand_of(word: Word, by: User) -> list[int]:
    """``by``, and of those who said something on the day whoever counts as one person with them. A partner's program, which
    nobody logs in as, counts by itself. No other word of theirs passes before this transaction ends."""
    if word.channel == RepaymentChannel.API:
        one_by_one(by.pk)
        return [by.pk]
    one_by_one(ANY_PERSON)
    day = word.recorded_on
    others = {row[0] for row in execute(_OTHERS, [by.pk, day, day]).fetchall()}
    return [by.pk, *(ties_of({by.pk, *others}, day)[by.pk] if others else ())]
