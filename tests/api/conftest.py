"""A house that is open for business on 15 June 2026 and sells one product."""

from datetime import date

import pytest

from core import business_date
from loans.models import Product
from tests.loans.factories import ProductVersionFactory
from tests.partners.factories import Caller, CallerFactory

TODAY = date(2026, 6, 15)


@pytest.fixture
def open_house(db: None) -> None:
    business_date.move_to(TODAY)


@pytest.fixture
def product(open_house: None) -> Product:
    return ProductVersionFactory().product


@pytest.fixture
def lilac(open_house: None) -> Caller:
    """Lilac Phones sells phones on credit."""
    return CallerFactory(client__name="Lilac Phones")


@pytest.fixture
def harbour(open_house: None) -> Caller:
    """Harbour Pay is another partner and must see nothing of Lilac's."""
    return CallerFactory(client__name="Harbour Pay")
