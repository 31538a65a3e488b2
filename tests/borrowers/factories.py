"""Factories of borrowers: each is registered by the function the pages use, with a valid identity and mobile number.

`BorrowerFactory(phone_verified=True, banked=True, earning=True)` is somebody else each time; `LinFactory()` and
`WangFactory()` are two people whose numbers tests know. Amounts are yuan: `earning=True, income__monthly_amount=…`.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from audit.approvals import approve
from audit.models import Approval
from borrowers.bank_accounts import add_bank_account, ask_bank, pay_to
from borrowers.consents import GivenConsent, give_consent, record_by_staff
from borrowers.contacts import add_contact_point, change_state
from borrowers.identity import check_character
from borrowers.means import receive_income, record_external_debt, record_income, verify_income
from borrowers.models import (
    BankAccount,
    Borrower,
    Consent,
    ConsentPurpose,
    ConsentText,
    ContactKind,
    ContactPoint,
    ContactState,
    ExternalDebt,
    Income,
    PartnerFile,
    ToldBy,
)
from borrowers.occupations import state_occupation
from borrowers.onboarding import register_borrower
from borrowers.partner_files import Person, register_by_partner
from partners.models import ApiClient
from staff.models import User
from tests.staff.factories import UserFactory

ON = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
LIN_ID = "11010519491231002X"
WANG_ID = "440524188001010014"
NEEDED = ("personal_data", "credit_query", "automated_decision")  # of an application, by the rule `consents_needed`


def a_tick(purpose: str) -> GivenConsent:
    """A consent given on the day of the tests, to words of their own."""
    return GivenConsent(purpose, "web", AT, f"I agree: {purpose}.", "1")


def resident_number(n: int, birth: date = date(1990, 1, 1), area: str = "990100") -> str:
    """The n-th number that passes every check, in an area no real one uses; each thousand is born a day later."""
    born = birth + timedelta(days=n // 1000)
    first = f"{area}{born:%Y%m%d}{n % 1000:03d}"
    return first + check_character(first)


def consent_again(borrower: Borrower, purpose: str) -> Consent:
    """The borrower agrees again to what they withdrew: an officer names the evidence, a checker agrees."""
    asked = record_by_staff(
        borrower_id=borrower.pk,
        given=a_tick(purpose),
        evidence="Signed paper, file 12",
        on=ON,
        by=UserFactory(roles=["officer"]),
    )
    assert isinstance(asked, Approval)
    approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
    return borrower.consents.get(purpose=purpose, withdrawn_at=None)


def no_longer_a_student(borrower: Borrower, occupation: str = "employed") -> Borrower:
    """An officer names the evidence, a checker agrees."""
    officer = UserFactory(roles=["officer"])
    asked = state_occupation(
        borrower_id=borrower.pk, occupation=occupation, evidence="Contract, file 3", on=ON, changed_by=officer
    )
    assert isinstance(asked, Approval)
    approve(approval_id=asked.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
    borrower.refresh_from_db()
    return borrower


class BankAccountFactory(DjangoModelFactory[BankAccount]):
    """An account of the borrower that the bank confirmed; the last digits tell the simulated bank how to answer. With
    `asked=False` nobody asked the bank; with `paid=True` the borrower is paid there from now on, by two where
    it takes two."""

    class Meta:
        model = BankAccount

    borrower = factory.SubFactory("tests.borrowers.factories.BorrowerFactory")
    bank_name = "测试银行"
    account_number = factory.Sequence(lambda n: f"622202{n:06d}1000")
    asked = True
    paid = False

    @classmethod
    def _create(
        cls, model_class: type[BankAccount], *args: Any, borrower: Borrower, asked: bool, paid: bool, **facts: Any
    ) -> BankAccount:
        account = add_bank_account(borrower_id=borrower.pk, **facts)
        if asked:
            account = ask_bank(account_id=account.pk, at=AT, on=ON)
        if paid and not account.is_primary:
            asked_for = pay_to(account_id=account.pk, reason="New card", on=ON, by=None)
            if isinstance(asked_for, Approval):
                approve(approval_id=asked_for.pk, decided_by=UserFactory(roles=["checker"]), on=ON)
            account.refresh_from_db()
        return account


class IncomeFactory(DjangoModelFactory[Income]):
    """A salary that the payroll of the employer told, which proves itself. `told_by="declared"` was told to somebody
    (`recorded_by`); with `verified_by=` that person saw the evidence."""

    class Meta:
        model = Income

    borrower = factory.SubFactory("tests.borrowers.factories.BorrowerFactory")
    source = "salary"
    monthly_amount = Decimal("12000.00")
    as_of = ON
    told_by = ToldBy.PAYROLL
    recorded_by = None
    verified_by = None

    @classmethod
    def _create(
        cls,
        model_class: type[Income],
        *args: Any,
        borrower: Borrower,
        told_by: str,
        recorded_by: User | None,
        verified_by: User | None,
        **facts: Any,
    ) -> Income:
        if told_by != ToldBy.DECLARED and recorded_by is None:
            return receive_income(borrower_id=borrower.pk, told_by=ToldBy(told_by), **facts)
        income = record_income(borrower_id=borrower.pk, by=recorded_by or UserFactory(roles=["officer"]), **facts)
        if verified_by is None:
            return income
        return verify_income(income_id=income.pk, evidence="Pay slip, in the file", on=ON, by=verified_by)


class BorrowerFactory(DjangoModelFactory[Borrower]):
    """A person with a mobile number that nobody has verified."""

    class Meta:
        model = Borrower
        skip_postgeneration_save = True

    class Params:
        other_document = factory.Trait(identity_kind="other", identity_number=factory.Sequence(lambda n: f"P{n:08d}"))
        phone_verified = factory.Trait(verification=factory.PostGeneration(lambda person, *_, **__: verify(person)))
        banked = factory.Trait(account=factory.RelatedFactory(BankAccountFactory, "borrower"))
        earning = factory.Trait(income=factory.RelatedFactory(IncomeFactory, "borrower"))
        consenting = factory.Trait(consents=[a_tick(purpose) for purpose in NEEDED])

    name = factory.Sequence(lambda n: f"陈{n}")
    identity_number = factory.Sequence(resident_number)
    phone = factory.Sequence(lambda n: f"1371{n:07d}")
    on = ON

    @classmethod
    def _create(cls, model_class: type[Borrower], *args: Any, **facts: Any) -> Borrower:
        return register_borrower(**facts)


class LinFactory(BorrowerFactory):
    """Lin Xiaoyu: a woman born on the last day of 1949, with a mobile and an e-mail address."""

    name = "林小雨"
    identity_number = LIN_ID
    phone = "13812341234"
    email = "lin@example.com"


class WangFactory(BorrowerFactory):
    """Wang Li: a man by his number, with a mobile only, written to in English."""

    name = "王丽"
    identity_number = WANG_ID
    phone = "13900005678"
    language = "en"


class ContactPointFactory(DjangoModelFactory[ContactPoint]):
    """One more mobile of the borrower, not verified."""

    class Meta:
        model = ContactPoint

    borrower = factory.SubFactory(BorrowerFactory)
    kind = ContactKind.MOBILE
    value = factory.Sequence(lambda n: f"1361{n:07d}")

    @classmethod
    def _create(cls, model_class: type[ContactPoint], *args: Any, borrower: Borrower, **facts: Any) -> ContactPoint:
        return add_contact_point(borrower_id=borrower.pk, **facts)


class ExternalDebtFactory(DjangoModelFactory[ExternalDebt]):
    """A debt to a bank, as the borrower declared it to an officer."""

    class Meta:
        model = ExternalDebt

    borrower = factory.SubFactory(BorrowerFactory)
    lender = "Harbour Bank"
    balance = Decimal("5000.00")
    monthly_payment = Decimal("500.00")
    as_of = ON

    @classmethod
    def _create(cls, model_class: type[ExternalDebt], *args: Any, borrower: Borrower, **facts: Any) -> ExternalDebt:
        facts.setdefault("by", User.objects.filter(username="teller").first() or UserFactory(username="teller"))
        return record_external_debt(borrower_id=borrower.pk, **facts)


class ConsentFactory(DjangoModelFactory[Consent]):
    """A consent to the wording of the house that was in force."""

    class Meta:
        model = Consent

    borrower = factory.SubFactory(BorrowerFactory)
    purpose = ConsentPurpose.CREDIT_QUERY
    channel = "web"
    at = AT

    @classmethod
    def _create(cls, model_class: type[Consent], *args: Any, borrower: Borrower, **facts: Any) -> Consent:
        return give_consent(borrower_id=borrower.pk, **facts)


class ConsentTextFactory(DjangoModelFactory[ConsentText]):
    """A new wording, in force from the day of the tests."""

    class Meta:
        model = ConsentText

    purpose = ConsentPurpose.CREDIT_QUERY
    language = "zh-hans"
    version = factory.Sequence(lambda n: f"test-{n}")
    text = "本人同意查询征信。"
    effective_from = ON


class PartnerFileFactory(DjangoModelFactory[PartnerFile]):
    """A person as Harbour Pay knows them: of somebody on file under the name and mobile it was told."""

    class Meta:
        model = PartnerFile

    client = factory.SubFactory("tests.partners.factories.ApiClientFactory", name="Harbour Pay")
    borrower = factory.SubFactory(BorrowerFactory)
    name = "王芳"
    phone = "13900001111"

    @classmethod
    def _create(
        cls, model_class: type[PartnerFile], *args: Any, client: ApiClient, borrower: Borrower, **told: Any
    ) -> PartnerFile:
        person = Person(
            identity_kind=borrower.identity_kind,
            identity_number=borrower.identity_number,
            language=borrower.language,
            **told,
        )
        passing_on = GivenConsent(ConsentPurpose.THIRD_PARTY, "api", AT)
        return register_by_partner(person, client=client, consents=[passing_on], on=ON, by=client.acts_as)


def mobile_of(borrower: Borrower) -> ContactPoint:
    return ContactPoint.objects.get(borrower=borrower, kind=ContactKind.MOBILE, is_primary=True)


def email_of(borrower: Borrower) -> ContactPoint:
    return ContactPoint.objects.get(borrower=borrower, kind=ContactKind.EMAIL, is_primary=True)


def verify(borrower: Borrower) -> ContactPoint:
    """The mobile of the borrower, found to be theirs."""
    return in_state(mobile_of(borrower), ContactState.VERIFIED)


def in_state(point: ContactPoint, state: ContactState) -> ContactPoint:
    """The contact point moved to a state, to start a test there."""
    return point if point.state == state else change_state(contact_point_id=point.pk, to=state, at=AT)
