"""People with some consents and not others, wishes that no loan is given for, and what must not be there, by plain SQL."""

from typing import Any

import pytest
from django.db import connection

from borrowers.consents import withdraw_consent
from borrowers.models import Borrower
from core import business_date
from loans.models import Application, Product
from loans.origination.application_wish import ApplicationWish
from tests.borrowers.factories import AT, a_tick
from tests.loans.factories import ON, ApplicantFactory, ProductVersionFactory
from tests.partners.factories import Caller, CallerFactory

FORBIDDEN_WISHES = [
    {"purpose": "securities"},
    {"purpose": "daily", "purpose_note": "炒股"},
    {"purpose": "daily", "purpose_note": "买 房 首·付"},
    {"purpose": "daily", "purpose_note": "ＧＡＭＢＬＩＮＧ"},
]


@pytest.fixture(autouse=True)
def the_day() -> None:
    business_date.move_to(ON)


@pytest.fixture
def product() -> Product:
    return ProductVersionFactory().product


@pytest.fixture
def lilac(product: Product) -> Caller:
    return CallerFactory(client__name="Lilac Phones")


def counted(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {sql}")
        return int(cursor.fetchone()[0])


def assert_nothing_was_judged() -> None:
    """No score, no limit and no decline, in the tables and in their history."""
    assert counted("risk_assessment") == 0
    assert counted("risk_creditlimit") == 0
    assert counted("loans_application WHERE status = 'declined' OR outcome = 'decline'") == 0
    assert counted("loans_historicalapplication WHERE status = 'declined' OR outcome = 'decline'") == 0


def with_consents(*purposes: str, **facts: Any) -> Borrower:
    return ApplicantFactory(consenting=False, consents=[a_tick(purpose) for purpose in purposes], **facts)


def withdraw(application: Application, *purposes: str) -> None:
    for consent in application.borrower.consents.filter(purpose__in=purposes):
        withdraw_consent(consent_id=consent.pk, at=AT)


def a_wish(borrower: Borrower, product: Product, **changes: Any) -> ApplicationWish:
    facts: dict[str, Any] = {"amount": 10000, "term_count": 12, "purpose": "electronics"}
    return ApplicationWish(borrower_id=borrower.pk, product_id=product.pk, **{**facts, **changes})
