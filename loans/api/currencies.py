"""In which currency a body speaks that names a product or a loan; an unknown one is refused later, by its own name."""

from typing import Any

from loans.models import Loan, Product


def currency_of_product(public_id: Any) -> str:
    product = Product.objects.filter(public_id=_plain(public_id)).first()
    return product.currency if product else ""


def currency_of_loan(public_id: Any) -> str:
    loan = Loan.objects.filter(public_id=_plain(public_id)).only("product_version_id").first()
    return loan.currency if loan else ""


def _plain(public_id: Any) -> str:
    """What PostgreSQL can look for; what it cannot is refused by the field itself."""
    return str(public_id).replace("\0", "")[:40]
