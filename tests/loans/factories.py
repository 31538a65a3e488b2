"""Builders of the front half of a loan's life: the applicant, the products on sale, an application, an offer.

Lin Xiaoyu is a good applicant: adult, salaried with proof, consent given, phone verified, no debts.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from borrowers.consents import GivenConsent
from borrowers.means import add_bank_account, record_income
from borrowers.models import Borrower, ConsentPurpose, ContactKind, ContactPoint, ContactState
from borrowers.onboarding import register_borrower
from loans.models import Application, Offer, OfferStatus, Outcome, ProductVersion
from loans.origination import origination
from loans.origination.decisions import Decision
from tests.borrowers.factories import resident_number
from tests.loans.books import a_product

ON = date(2026, 6, 15)
AT = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)

_people = count(1)


def an_applicant(
    *,
    income: Decimal | None = Decimal("12000.00"),
    verified: bool = True,
    consent: bool = True,
    phone_verified: bool = True,
    account: str = "",
    **changes: Any,
) -> Borrower:
    """A registered person with proved income, consent and a verified phone, unless said otherwise."""
    n = next(_people)
    given = GivenConsent(
        purpose=ConsentPurpose.CREDIT_QUERY, channel="web", at=AT, text="I agree to a bureau query.", text_version="1"
    )
    facts = {
        "name": "林小雨",
        "identity_number": resident_number(n),
        "phone": f"1381{n:07d}",
        "on": ON,
        "consents": [given] if consent else [],
    }
    borrower = register_borrower(**{**facts, **changes})
    if income is not None:
        record_income(borrower_id=borrower.pk, source="salary", monthly_amount=income, as_of=ON, verified=verified)
    if phone_verified:
        mobile = ContactPoint.objects.filter(borrower=borrower, kind=ContactKind.MOBILE)
        mobile.update(state=ContactState.VERIFIED, verified_at=AT)
    if account:
        add_bank_account(
            borrower_id=borrower.pk,
            bank_name="测试银行",
            account_number=account,
            holder_matches=True,
            make_primary=True,
        )
    return borrower


def an_application(
    borrower: Borrower | None = None, version: ProductVersion | None = None, **changes: Any
) -> Application:
    """A submitted application for 10,000.00 over 12 months."""
    facts: dict[str, Any] = {
        "amount": Decimal("10000.00"),
        "term_count": 12,
        "channel": "web",
        "on": ON,
        "purpose": "phone",
    }
    return origination.submit_application(
        borrower_id=(borrower or an_applicant()).pk,
        product_id=(version or a_product()).product_id,
        **{**facts, **changes},
    )


def an_approval(application: Application, **changes: Any) -> Decision:
    """The decision to lend what was asked for at the product's own rate."""
    facts: dict[str, Any] = {
        "outcome": Outcome.APPROVE.value,
        "reasons": ("meets_policy",),
        "principal": application.amount,
        "term_count": application.term_count,
        "source": "automatic",
        "grade": "B",
    }
    return Decision(**{**facts, **changes})


def an_offer(application: Application | None = None, **changes: Any) -> Offer:
    """The open offer of an approved application."""
    application = application or an_application()
    origination.decide(application_id=application.pk, decision=an_approval(application, **changes), on=ON)
    return application.offers.get(status=OfferStatus.OPEN)
