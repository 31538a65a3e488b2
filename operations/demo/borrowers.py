"""What the borrowers of the demo do: apply, accept, pay, keep a promise or not. Every act is a call a door would make."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import F
from django.utils import timezone

from borrowers.bank_accounts import add_bank_account, ask_bank
from borrowers.contacts import change_state
from borrowers.means import receive_income
from borrowers.models import BankAccount, Borrower, ConsentPurpose, ContactState, ToldBy
from borrowers.onboarding import GivenConsent, record_external_debt, record_income, register_borrower
from core.errors import DomainError
from debt_collections.models import Promise, PromiseStatus
from loans.account.account import Account, age
from loans.bookkeeping import positions
from loans.disbursement import disbursing
from loans.gate.asking import NotBound
from loans.incoming.mandates import sign_mandate
from loans.models import (
    WITHOUT_BANK_LINE,
    Application,
    Instalment,
    Loan,
    LoanStatus,
    Mandate,
    Offer,
    OfferStatus,
    Product,
    RepaymentChannel,
)
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.servicing import repayments, settling
from loans.servicing.guarding import Excess
from operations.demo.conduct import Conduct, Due, conduct_of, draw, payment_on
from operations.demo.people import Person
from operations.demo.products import CATALOGUE, Offered, shop_for
from staff.models import User

CONSENTS = (
    ConsentPurpose.PERSONAL_DATA,
    ConsentPurpose.CREDIT_QUERY,
    ConsentPurpose.AUTOMATED_DECISION,
)
REFUSING_BANK = "1001"  # the ending of accounts the simulated bank refuses


def at(on: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(hour, minute)))


def register(person: Person, *, on: date, officer: User, checker: User, account_ending: str = "") -> Borrower:
    """One file with everything an underwriter wants to see; ``checker`` agrees that the mobile is the person's."""
    borrower = register_borrower(
        name=person.name,
        identity_number=person.identity_number,
        phone=person.phone,
        email=person.email,
        language=person.language,
        occupation=person.occupation,
        on=on,
        consents=[GivenConsent(purpose, "web", at(on, 9)) for purpose in CONSENTS],
        registered_by=officer,
    )
    _prove_phone(borrower, person, on, officer, checker)
    if person.income:
        _tell_income(borrower, person.income, on, officer=None if person.income_proved else officer)
    if person.debt:
        record_external_debt(
            borrower_id=borrower.pk,
            lender="示例消费金融",
            balance=person.debt,
            monthly_payment=person.debt / 20,
            as_of=on,
            by=officer,
        )
    number = f"62220000{person.phone[-8:]}{account_ending or '8888'}"
    account = add_bank_account(borrower_id=borrower.pk, bank_name="示例银行", account_number=number, by=officer)
    ask_bank(account_id=account.pk, at=at(on, 9, 10), on=on)
    return borrower


def _tell_income(borrower: Borrower, amount: Decimal, on: date, *, officer: User | None) -> None:
    """The payroll of the employer says so, as if it were asked; or the borrower tells it to the officer."""
    told: dict[str, Any] = {"borrower_id": borrower.pk, "source": "salary", "monthly_amount": amount, "as_of": on}
    if officer is None:
        receive_income(**told, told_by=ToldBy.PAYROLL)
    else:
        record_income(**told, by=officer)


def _prove_phone(borrower: Borrower, person: Person, on: date, officer: User, checker: User) -> None:
    if person.income_proved:
        point = borrower.contact_points.get(kind="mobile")
        said = {"to": ContactState.VERIFIED, "at": at(on, 9, 5), "reason": "code read back"}
        change_state(contact_point_id=point.pk, **said, changed_by=officer, agreed_by=checker)  # type: ignore[arg-type]


def apply(
    borrower: Borrower,
    products: dict[str, Product],
    random: Random,
    *,
    on: date,
    officer: User,
    amount: int = 0,
    product: str = "",
) -> Application:
    """An application for a product people like this ask for, or for ``product``; an amount alone is asked in cash."""
    asked = next((offered for offered in CATALOGUE if offered.code == product), CATALOGUE[0])
    if not amount:
        asked = random.choices(CATALOGUE, [offered.share for offered in CATALOGUE])[0]
    wanted = Decimal(amount or _amount(asked, random))
    price = wanted + random.randrange(0, 1500, 100) if asked.conditions.get("is_purchase") else None
    wish = ApplicationWish(
        borrower_id=borrower.pk,
        product_id=products[asked.code].pk,
        amount=wanted,
        price=price,
        merchant_id=shop_for(wanted).pk if price else None,
        goods="手机" if price else "",
        term_count=random.choice(asked.counts),
        purpose=random.choice(("electronics", "renovation", "education", "household", "medical", "daily")),
    )
    channel = random.choice(("web", "api", "api"))
    return origination.submit_application(wish, on=on, channel=channel, submitted_by=officer)


def _amount(asked: Offered, random: Random) -> int:
    low, high, step = asked.amounts
    return random.randrange(low, high + 1, step)


def answer_offers(on: date) -> None:
    """Most accept within two days; some let the offer run out, a few withdraw."""
    origination.expire_offers(on=on)
    for offer in Offer.objects.filter(status=OfferStatus.OPEN).select_related("application").order_by("id"):
        waits, number = (on - offer.made_on).days, offer.application.number
        mood = draw(number, "offer", 100)
        if mood < 4 and waits >= 1:
            origination.withdraw(application_id=offer.application_id, on=on)
        elif 4 <= mood < 92 and waits >= mood % 3:
            _accept(offer, on)


def _accept(offer: Offer, on: date) -> None:
    try:
        loan = origination.accept_offer(offer_id=offer.pk, on=on, accepted_via="web")
    except NotBound:
        return  # what was offered may not be accepted any more: it runs out
    disbursing.disburse(loan_id=loan.pk, on=on)
    loan.refresh_from_db()
    if (
        loan.status == LoanStatus.ACTIVE
        and conduct_of(loan.number) is Conduct.PUNCTUAL
        and not draw(loan.number, "m", 3)
    ):
        account = BankAccount.objects.get(borrower_id=loan.borrower_id, is_primary=True)
        if account.is_verified:
            sign_mandate(loan_id=loan.pk, bank_account=account, signed_on=on)


def pay(on: date, *, except_loan: int | None = None, teller: User | None = None, voucher: User | None = None) -> int:
    """Everybody who pays today pays; how many did. ``voucher`` vouches for most of what no bank line stands behind."""
    paid = 0
    for loan_id, due in _open_instalments(on):
        payment = payment_on(on, due) if loan_id != except_loan else None
        if payment is None:
            continue
        key = f"demo:{due.loan_number}:{due.instalment}:{on}"
        paid += 1
        if payment.settles:
            settling.settle_early(
                loan_id=loan_id,
                on=on,
                channel=RepaymentChannel.API,
                idempotency_key=key,
                by=None,
                recorded_on=on,
                approved=True,
                agreed_by=voucher,
            )
        else:
            receive(loan_id, payment.amount + _late_interest(loan_id, due, on), on, key, teller, voucher)
    return paid


def _late_interest(loan_id: int, due: Due, on: date) -> Decimal:
    """What being late has cost by today: people pay what the desk tells them, not yesterday's figure."""
    if due.due_on >= on:
        return Decimal(0)
    row = next(row for row in _account(loan_id, on).instalments if row.number == due.instalment)
    return row.late_interest_owed


def _account(loan_id: int, on: date) -> Account:
    loan = Loan.objects.select_related("position").get(pk=loan_id)
    return age(positions.load(loan, loan.position), on)


def receive(
    loan_id: int, amount: Decimal, on: date, key: str, teller: User | None, voucher: User | None = None
) -> None:
    """Money comes in through one of the doors; at the counter somebody has typed it. A few receipts wait for a bank line."""
    channels = (RepaymentChannel.API, RepaymentChannel.BANK_FILE, RepaymentChannel.COUNTER)
    channel = channels[draw(key, "channel", len(channels))]
    repayments.record_repayment(
        loan_id=loan_id,
        amount=amount,
        received_on=on,
        channel=channel,
        idempotency_key=key,
        recorded_by=teller if channel == RepaymentChannel.COUNTER else None,
        recorded_on=on,
        excess=Excess.PAID_AHEAD,  # they pay what their schedule says, the last instalment too before its day
        allow_repeat=True,  # two instalments of one amount may come on one day
        approved=True,
        agreed_by=voucher if channel in WITHOUT_BANK_LINE and draw(key, "vouched", 12) else None,
    )


def _open_instalments(on: date) -> Iterator[tuple[int, Due]]:
    """What is open and near enough to its due day for anybody to pay it, direct debits left out."""
    debited = Mandate.objects.filter(status="active").values("loan_id")
    rows = (
        Instalment.objects.filter(settled_on__isnull=True, superseded_on__isnull=True, loan__status=LoanStatus.ACTIVE)
        .filter(due_on__range=(on - timedelta(days=60), on + timedelta(days=4)))
        .exclude(loan_id__in=debited)
        .order_by("loan_id", "number")
        .annotate(
            owed=F("principal") + F("interest") + F("fee") - F("principal_paid") - F("interest_paid") - F("fee_paid")
        )
        .values_list("loan_id", "loan__number", "number", "due_on", "owed")
    )
    for loan_id, loan_number, number, due_on, owed in list(rows):
        if owed > 0:
            yield loan_id, Due(loan_number, number, due_on, owed)


def keep_promises(on: date) -> None:
    """Two of three who promised pay on the day, and one of three who have stopped paying their instalments."""
    for promise in Promise.objects.filter(status=PromiseStatus.PENDING, due_on=on).select_related("loan"):
        if promise.loan is None:
            continue
        drawn = draw(promise.loan.number, f"promise {on}", 3)
        if drawn == 0 if conduct_of(promise.loan.number) is Conduct.STOPS else drawn:
            with suppress(DomainError):  # the loan was settled meanwhile
                amount = _to_pay(promise.loan.pk, promise.amount, on)
                receive(promise.loan.pk, amount, on, f"demo:promise:{promise.pk}", None)


def _to_pay(loan_id: int, promised: Decimal, on: date) -> Decimal:
    """The amount promised; who promised all that was overdue also pays the days since."""
    account = _account(loan_id, on)
    overdue = sum((row.owed for row in account.instalments if row.due_on < on), Decimal(0))
    return overdue if overdue and promised >= overdue * Decimal("0.9") else promised
