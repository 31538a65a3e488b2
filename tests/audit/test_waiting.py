"""What waits for a second person is told where the form to ask for it stood, and leads on whoever finds it there."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from audit import approvals, delegations
from audit.breaking_glass import decide_alone
from audit.models import Approval
from borrowers.bank_accounts import PAYOUT_ACCOUNT
from core import business_date
from loans.acts import receipts, vouching
from loans.disbursement import other_accounts
from loans.gate import overrides
from loans.gate.gate import BindingAct
from loans.incoming import returning
from loans.merchants.merchants import NEW_ACCOUNT
from loans.models import IncomingPayment
from loans.products.designing import NEW_VERSION
from loans.products.ending_sale import END_OF_SALE
from partners.agreeing import CLIENT
from partners.keys import suspend_client
from risk import limits
from tests.api.conftest import TODAY
from tests.borrowers.factories import BankAccountFactory
from tests.debt_collections.factories import CaseFactory
from tests.loans.disbursement.test_disbursing import sent
from tests.loans.doing import ask_for_write_off
from tests.loans.factories import (
    BankFileFactory,
    LoanFactory,
    MerchantFactory,
    OfferFactory,
    ProductVersionFactory,
    RepaymentFactory,
)
from tests.partners.factories import ApiClientFactory
from tests.risk.factories import CreditLimitFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
Case = tuple[str, str, Callable[[], tuple[Model, str]], str]


@pytest.fixture(autouse=True)
def _today(db: None) -> None:
    business_date.move_to(TODAY)


def asked(kind: str, obj: Model, **facts: Any) -> Approval:
    """A request of the kind about the object, however it came to be."""
    return approvals.request(
        kind=kind,
        obj=obj,
        reason="seen in the papers",
        requested_by=UserFactory(display_name="Zhou Ting"),
        on=business_date.current(),
        amount=Decimal("1234.00"),
        **facts,
    )


def at(name: str, *args: object) -> str:
    return reverse(name, args=args)


def refunded_order() -> tuple[Model, str]:
    order = sent("6222020000001001")
    BankAccountFactory(borrower=order.loan.borrower, account_number="6222020000002000")
    return order, at("loans:order_other_account", order.loan.number, order.public_id)


def a_receipt(page: str) -> tuple[Model, str]:
    receipt = RepaymentFactory(loan__active=True)
    return receipt, at(page, receipt.number)


def a_payment() -> tuple[Model, str]:
    BankFileFactory()
    payment = IncomingPayment.objects.get()
    return payment, at("loans:incoming_payment", payment.pk)


def a_draft() -> tuple[Model, str]:
    version = ProductVersionFactory(status="draft")
    return version, at("loans:product_version", version.pk)


def an_account() -> tuple[Model, str]:
    account = BankAccountFactory(asked=False)
    return account, account.borrower.get_absolute_url()


def a_loan(page: str, *more: str) -> tuple[Model, str]:
    loan = LoanFactory(active=True)
    return loan, at(page, loan.number, *more)


def a_late_loan() -> tuple[Model, str]:
    loan = CaseFactory().borrower.loans.get()
    return loan, at("loans:loan_write_off", loan.number)


def a_product() -> tuple[Model, str]:
    product = ProductVersionFactory().product
    return product, at("loans:product_end_of_sale", product.code)


def a_merchant() -> tuple[Model, str]:
    merchant = MerchantFactory()
    return merchant, at("loans:merchant_account", merchant.public_id)


def a_suspended_client() -> tuple[Model, str]:
    client = ApiClientFactory()
    suspend_client(client_id=client.pk)
    return client, at("partners:client", client.public_id)


# The kind, who looks, the object with the page where it is asked for, and a word of the form that is gone ("" where one
# person may do some of it alone: then the form stays, below the notice).
PAGES: dict[str, Case] = {
    "other account of an order": (other_accounts.KIND, "operations", refunded_order, 'id="act-form"'),
    "receipt reversed": (receipts.REQUEST, "operations", lambda: a_receipt("loans:repayment_reverse"), 'id="act-form"'),
    "receipt vouched for": (vouching.KIND, "operations", lambda: a_receipt("loans:receipt_vouch"), 'id="act-form"'),
    "payment returned": (returning.KIND, "operations", a_payment, "Or give it back"),
    "version of a product": (NEW_VERSION, "risk_analyst", a_draft, "Ask for it to hold"),
    "end of sale": (END_OF_SALE, "risk_analyst", a_product, 'name="last_day"'),
    "account of a merchant": (NEW_ACCOUNT, "finance", a_merchant, 'name="account_number"'),
    "account of a borrower": (PAYOUT_ACCOUNT, "officer", an_account, "Agree by evidence"),
    "write-off": ("loan.write_off", "collector", a_late_loan, 'id="act-form"'),
    "waiver": ("loan.waiver", "finance", lambda: a_loan("loans:loan_act", "waiver"), ""),
    "loan itself": ("loan.write_off", "operations", lambda: a_loan("desk:loan"), ""),
    "client reinstated": (CLIENT, "administrator", a_suspended_client, "Reinstate</button>"),
}


@pytest.mark.parametrize("name", PAGES)
def test_what_waits_is_told_in_place_of_the_form(client: Client, signed_in: SignIn, name: str) -> None:
    kind, role, make, form = PAGES[name]
    obj, page = make()
    business_date.move_to(TODAY)
    signed_in(client, role)
    before = client.get(page).content.decode()
    assert "Waits for a second person" not in before

    asked(kind, obj)

    after = client.get(page).content.decode()
    assert "Waits for a second person" in after and "asked by Zhou Ting" in after and "seen in the papers" in after
    assert form in before and (not form or form not in after)


def test_an_override_asked_for_is_told_where_it_was_asked(client: Client, signed_in: SignIn) -> None:
    """By its own way: the offer stands, the limit does not allow it any more, and the underwriter asks."""
    offer = OfferFactory()
    borrower, application = offer.application.borrower, offer.application
    CreditLimitFactory(borrower=borrower, amount=Decimal("1.00"))
    signed_in(client, "officer")
    client.post(at("loans:application_accept", application.number))
    signed_in(client, "underwriter")
    page = client.get(application.get_absolute_url()).content.decode()
    assert "Ask for an override" in page

    client.post(at("loans:application_override", application.number), {"reason": "seen in the papers"})

    page = client.get(application.get_absolute_url()).content.decode()
    waits = Approval.objects.get(kind=overrides.AHEAD)
    assert "Ask for an override" not in page and "Waits for a second person: Payment in spite of soft checks" in page
    assert f"{at('audit:approvals')}#approval-{waits.pk}" in page, "who asked finds it there"
    assert BindingAct.ACCEPTANCE.value == waits.payload["act"]


def test_a_limit_can_still_be_lowered_while_a_raise_waits(client: Client, signed_in: SignIn) -> None:
    limit = CreditLimitFactory()
    asked(limits.RAISE, limit)
    signed_in(client, "risk_analyst")

    page = client.get(at("risk:limit", limit.borrower.number)).content.decode()

    assert "Waits for a second person: Higher credit limit" in page
    assert "Another raise can be asked for once this one is decided." in page and 'name="amount"' in page


def test_a_collector_is_told_in_the_form_of_the_case(client: Client, signed_in: SignIn) -> None:
    case = CaseFactory()
    asked("loan.write_off", case.borrower.loans.get())
    signed_in(client, "collector")

    page = client.get(at("collections:act", case.public_id, "write-off")).content.decode()

    assert "Waits for a second person: Write off" in page


@pytest.mark.parametrize(("role", "linked"), [("checker", True), ("team_lead", True), ("risk_analyst", False)])
def test_it_leads_to_approvals_whoever_finds_it_there(
    client: Client, signed_in: SignIn, role: str, linked: bool
) -> None:
    loan, page = a_loan("desk:loan")
    waits = asked("loan.write_off", loan)
    signed_in(client, role)

    shown = client.get(page).content.decode()

    assert "Waits for a second person: Write off" in shown
    assert (f"#approval-{waits.pk}" in shown) is linked


def test_what_is_no_longer_good_is_not_told(client: Client, signed_in: SignIn) -> None:
    loan, page = a_loan("desk:loan")
    waits = asked("loan.write_off", loan)
    Approval.objects.filter(pk=waits.pk).update(requested_on="2026-01-01", expires_on="2026-01-02")
    signed_in(client, "checker")

    assert "Waits for a second person" not in client.get(page).content.decode()


def test_a_lent_right_is_named_in_words_and_waits_while_nobody_agreed(client: Client, signed_in: SignIn) -> None:
    lead, friend = UserFactory(roles=["team_lead"]), UserFactory(roles=["compliance"], display_name="Xu Fang")
    delegations.ask(
        permission="loans.approve_act",
        given_by=lead,
        given_to=friend,
        ends_on=TODAY,
        reason="On leave",
        on=TODAY,
    )
    signed_in(client, "team_lead", username="reader")

    page = client.get(at("audit:delegations")).content.decode()
    assert "Can approve acts above one person" in page and "waits for a third person" in page

    Approval.objects.update(status="rejected")
    assert "waits for a third person" not in client.get(at("audit:delegations")).content.decode()


def test_an_emergency_says_what_was_decided(client: Client, signed_in: SignIn) -> None:
    loan = LoanFactory(active=True)
    waits = ask_for_write_off(loan, UserFactory(roles=["collector"]))
    decide_alone(approval_id=waits.pk, by=UserFactory(roles=["checker"]), on=TODAY, reason="Nobody is here")
    signed_in(client, "compliance")

    assert f"Write off · {loan.number}" in client.get(at("audit:emergencies")).content.decode()
