"""Factories of lending. Whatever is made by a use case is made by calling it, so the books agree with every loan here.

`LoanFactory(active=True, principal=Decimal("3000.00"))` runs on terms of your own; `ApplicationFactory()`, then
`OfferFactory()`, `ContractFactory()` and `DisbursementFactory(paid=True)` go the whole way. Tell the past of a loan with
`tests.loans.books`.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from borrowers.models import BankAccount, Borrower
from core.identifiers import next_number
from loans.account.policy_cover import CashValue
from loans.disbursement import disbursing
from loans.disbursement.activation import activate
from loans.incoming import importing, taking_in
from loans.incoming.mandates import sign_mandate
from loans.merchants.merchant_numbers import check_character
from loans.merchants.merchants import add_merchant
from loans.models import (
    AccountMapping,
    Application,
    BankFile,
    Contract,
    Disbursement,
    Loan,
    Mandate,
    Merchant,
    Offer,
    OfferStatus,
    Outcome,
    PolicyPledge,
    Product,
    ProductVersion,
    Repayment,
)
from loans.origination import origination
from loans.origination.application_wish import ApplicationWish
from loans.origination.decisions import Decision
from loans.payees.payees import index_now
from loans.pledges.pledging import Policy, pledge_policy
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment
from tests.borrowers.factories import ON, BankAccountFactory, BorrowerFactory
from tests.ledger.factories import AccountFactory
from tests.loans.statements import statement
from tests.staff.factories import UserFactory

DISBURSED = date(2026, 1, 15)
PAID_DOWN = Decimal("3000.00")
CASH_VALUES = (CashValue(date(2026, 1, 1), Decimal("10000.00")),)

# What is sold, and by whom -------------------------------------------------------------------------------------------


class ProductFactory(DjangoModelFactory[Product]):
    """The product of that code; asked again, the same one."""

    class Meta:
        model = Product
        django_get_or_create = ("code",)

    code = "phone-12"
    name = "Phone instalment"


class ProductVersionFactory(DjangoModelFactory[ProductVersion]):
    """A live version of a monthly product at 18 % with 5 grace days and late interest at 1.5 times the rate; asked
    again for the same product, the same one. Of another product: `product__code="dear"`."""

    class Meta:
        model = ProductVersion
        django_get_or_create = ("product", "version")

    product = factory.SubFactory(ProductFactory)
    version = 1
    status = "live"
    effective_from = date(2020, 1, 1)
    method = "equal_instalments"
    min_amount = Decimal("100")
    max_amount = Decimal("200000")
    annual_rate = Decimal("0.18")
    grace_days = 5


class AccountMappingFactory(DjangoModelFactory[AccountMapping]):
    """Another account for the principal of one product."""

    class Meta:
        model = AccountMapping

    product = factory.SubFactory(ProductFactory, code=factory.Sequence(lambda n: f"mapped-{n}"))
    role = "principal"
    account = factory.SubFactory(AccountFactory)


def credit_code(n: int) -> str:
    """The n-th unified social credit code whose check character is right."""
    first = f"91310000MATE{n:05d}"
    return first + check_character(first)


class MerchantFactory(DjangoModelFactory[Merchant]):
    """A merchant that a second person agreed to; its account is paid at once by the simulated bank."""

    class Meta:
        model = Merchant

    name = "Harbour Phones"
    registration_number = factory.Sequence(credit_code)
    bank_name = "Example Bank"
    account_number = "3100000000002345"
    approved = True
    on = DISBURSED

    @classmethod
    def _create(cls, model_class: type[Merchant], *args: Any, **facts: Any) -> Merchant:
        return add_merchant(**facts)


# From application to contract ----------------------------------------------------------------------------------------


class ApplicantFactory(BorrowerFactory):
    """A good applicant: adult, proved salary, all consents, verified phone and account, no debts. Without one of these:
    `earning=False`, `consenting=False`, `phone_verified=False`, `banked=False`."""

    name = "林小雨"
    banked = True
    earning = True
    consenting = True
    phone_verified = True
    occupation = "employed"


class ApplicationFactory(DjangoModelFactory[Application]):
    """A submitted application for 10,000.00 over 12 months; `purchase=True` is for a phone of 12,000.00, of which
    2,000.00 are paid down."""

    class Meta:
        model = Application

    class Params:
        version = factory.SubFactory(ProductVersionFactory)
        purchase = factory.Trait(price=Decimal("12000.00"), merchant=factory.SubFactory(MerchantFactory), goods="Phone")

    borrower = factory.SubFactory(ApplicantFactory)
    product_id = factory.SelfAttribute("version.product_id")
    amount = Decimal("10000.00")
    term_count = 12
    channel = "web"
    on = ON
    purpose = "electronics"

    @classmethod
    def _create(
        cls,
        model_class: type[Application],
        *args: Any,
        borrower: Borrower,
        merchant: Merchant | None = None,
        **wish: Any,
    ) -> Application:
        if merchant is not None:
            wish["merchant_id"] = merchant.pk
        asked = ("on", "channel", "idempotency_key", "submitted_by")
        told = {name: wish.pop(name) for name in asked if name in wish}
        return origination.submit_application(ApplicationWish(borrower_id=borrower.pk, **wish), **told)


class DecisionFactory(factory.Factory[Decision]):
    """The decision to lend what was asked for at the product's own rate."""

    class Meta:
        model = Decision

    class Params:
        application = factory.SubFactory(ApplicationFactory)

    outcome = Outcome.APPROVE.value
    reasons = ("meets_policy",)
    principal = factory.SelfAttribute("application.amount")
    term_count = factory.SelfAttribute("application.term_count")
    source = "automatic"
    grade = "B"


class OfferFactory(DjangoModelFactory[Offer]):
    """The open offer of an approved application; other terms by `decision__principal=…`."""

    class Meta:
        model = Offer

    application = factory.SubFactory(ApplicationFactory)
    decision = factory.SubFactory(DecisionFactory, application=factory.SelfAttribute("..application"))
    on = ON

    @classmethod
    def _create(
        cls, model_class: type[Offer], *args: Any, application: Application, decision: Decision, on: date
    ) -> Offer:
        origination.decide(application_id=application.pk, decision=decision, on=on)
        return application.offers.get(status=OfferStatus.OPEN)


class ContractFactory(DjangoModelFactory[Contract]):
    """A contract signed in the app. Its loan waits for the money: `contract.offer.application.loan`."""

    class Meta:
        model = Contract

    offer = factory.SubFactory(OfferFactory)
    signed_on = ON
    signed_via = "app"

    @classmethod
    def _create(
        cls, model_class: type[Contract], *args: Any, offer: Offer, signed_on: date, signed_via: str
    ) -> Contract:
        origination.accept_offer(offer_id=offer.pk, on=signed_on, accepted_via=signed_via)
        return Contract.objects.select_related("offer__application__loan").get(offer=offer)


class DisbursementFactory(DjangoModelFactory[Disbursement]):
    """The order to pay out a loan that was just signed; with `paid=True` the simulated bank has paid it."""

    class Meta:
        model = Disbursement

    contract = factory.SubFactory(ContractFactory)
    on = ON
    paid = False

    @classmethod
    def _create(
        cls, model_class: type[Disbursement], *args: Any, contract: Contract, on: date, paid: bool
    ) -> Disbursement:
        do = disbursing.disburse if paid else disbursing.request_disbursement
        return do(loan_id=contract.offer.application.loan.pk, on=on)


# Loans and what happens to them --------------------------------------------------------------------------------------


class LoanFactory(DjangoModelFactory[Loan]):
    """A loan of 12,000.00 over 12 months at 18 % that waits for its money, on any terms you name; `active=True`: paid out
    on 15 January 2026, with schedule, position and booking. Of a product for purchases it is for a phone of 15,000.00.
    """

    class Meta:
        model = Loan

    class Params:
        active = factory.Trait(disbursed_on=DISBURSED)
        bullet = factory.Trait(
            principal=Decimal("8000.00"),
            annual_rate=Decimal("0.06"),
            late_annual_rate=Decimal("0.06"),
            method="bullet",
            grace_days=0,
            interest_by="day",
        )
        is_purchase = factory.SelfAttribute("product_version.is_purchase")

    number = factory.LazyAttribute(lambda loan: next_number("LN", loan.disbursed_on or DISBURSED))
    borrower = factory.SubFactory(BorrowerFactory)
    product_version = factory.SubFactory(ProductVersionFactory)
    principal = Decimal("12000.00")
    annual_rate = Decimal("0.18")
    late_annual_rate = Decimal("0.27")
    method = "equal_instalments"
    frequency = "month"
    instalment_count = 12
    grace_days = 5
    price = factory.Maybe("is_purchase", factory.LazyAttribute(lambda loan: loan.principal + PAID_DOWN), None)
    down_payment = factory.Maybe("is_purchase", factory.LazyAttribute(lambda loan: loan.price - loan.principal), None)
    merchant = factory.Maybe("is_purchase", factory.SubFactory(MerchantFactory), None)
    goods = factory.Maybe("is_purchase", "Phone", "")
    disbursed_on: date | None = None
    payee_index = factory.LazyAttribute(lambda loan: index_now(loan.borrower.pk, loan.merchant))

    @classmethod
    def _create(cls, model_class: type[Loan], *args: Any, disbursed_on: date | None, **terms: Any) -> Loan:
        loan = super()._create(model_class, *args, **terms)
        return loan if disbursed_on is None else activate(loan_id=loan.pk, disbursed_on=disbursed_on)


class RepaymentFactory(DjangoModelFactory[Repayment]):
    """Money received at the counter and recorded on the day it came, agreed to by whoever has to."""

    class Meta:
        model = Repayment

    loan = factory.SubFactory(LoanFactory, active=True)
    amount = Decimal("100.00")
    received_on = DISBURSED
    channel = "counter"
    idempotency_key = factory.Sequence(lambda n: f"receipt-{n}")
    recorded_by = None
    excess = Excess.PAID_AHEAD
    allow_repeat = approved = True

    @classmethod
    def _create(cls, model_class: type[Repayment], *args: Any, loan: Loan, **facts: Any) -> Repayment:
        return record_repayment(loan_id=loan.pk, **facts)


class MandateFactory(DjangoModelFactory[Mandate]):
    """The borrower's permission to debit an account of theirs."""

    class Meta:
        model = Mandate

    loan = factory.SubFactory(LoanFactory, active=True)
    bank_account = factory.SubFactory(BankAccountFactory, borrower=factory.SelfAttribute("..loan.borrower"))
    signed_on = DISBURSED

    @classmethod
    def _create(
        cls, model_class: type[Mandate], *args: Any, loan: Loan, bank_account: BankAccount, signed_on: date
    ) -> Mandate:
        return sign_mandate(loan_id=loan.pk, bank_account=bank_account, signed_on=signed_on)


class BankFileFactory(DjangoModelFactory[BankFile]):
    """A statement of one payment of 10.00 that says nothing of whose it is, with its money in the books."""

    class Meta:
        model = BankFile

    content = factory.Sequence(lambda n: statement((DISBURSED.isoformat(), f"BANK-{n}", "10.00", "thank you")))
    name = "statement.csv"
    on = DISBURSED

    @classmethod
    def _create(cls, model_class: type[BankFile], *args: Any, **facts: Any) -> BankFile:
        bank_file = taking_in.take_in(**facts)
        importing.settle_file(bank_file_id=bank_file.pk, on=facts["on"])
        return bank_file


class PolicyFactory(factory.Factory[Policy]):
    """A policy of more than five years, not pledged yet."""

    class Meta:
        model = Policy

    insurer = "Harbour Life"
    number = factory.Sequence(lambda n: f"PL-2020-{n:06d}")
    insured_name = "林小雨"
    since = date(2020, 7, 1)


class PolicyPledgeFactory(DjangoModelFactory[PolicyPledge]):
    """A cash value of 10,000.00 for a bullet loan of 8,000.00 at 6 % over twelve months. With `costly=True` at 36 %: the
    debt reaches 8,500.00 after 64 days and 10,000.00 within the year."""

    class Meta:
        model = PolicyPledge

    class Params:
        costly = factory.Trait(
            loan=factory.SubFactory(
                LoanFactory, active=True, bullet=True, annual_rate=Decimal("0.36"), late_annual_rate=Decimal("0.36")
            )
        )

    loan = factory.SubFactory(LoanFactory, active=True, bullet=True)
    policy = factory.SubFactory(PolicyFactory)
    agreed_by = factory.SubFactory(UserFactory)
    cash_values: Sequence[CashValue] = CASH_VALUES
    on = DISBURSED

    @classmethod
    def _create(cls, model_class: type[PolicyPledge], *args: Any, loan: Loan, **facts: Any) -> PolicyPledge:
        return pledge_policy(loan_id=loan.pk, **facts)


# Short names, for stories that say only what is special about a loan -------------------------------------------------


def an_applicant(*, account: str = "", **changes: Any) -> Borrower:
    return ApplicantFactory(**({"account__account_number": account} if account else {}), **changes)


def an_application(borrower: Any = None, version: Any = None, **changes: Any) -> Application:
    """`ApplicationFactory` for that borrower and product."""
    given = {"borrower": borrower, "version": version}
    return ApplicationFactory(**{name: value for name, value in given.items() if value}, **changes)


def an_offer(application: Application | None = None, **decision: Any) -> Offer:
    """`OfferFactory` for that application, with what the decision says of the terms."""
    terms = {f"decision__{name}": value for name, value in decision.items()}
    return OfferFactory(**({"application": application} if application else {}), **terms)
