"""The products under which past loans live here, one a term, and the rule their market lacks: no cap on their cost.

They are sold to nobody: the tape's own terms stand, and a charge agreed for the whole term replaces interest by rate.
"""

from decimal import Decimal

from core import rows
from core.models import Rule
from core.rules import forget_cached_rules
from loans.models import Product, ProductVersion, RepaymentFrequency, RepaymentMethod, VersionStatus
from operations.tape.checking import EARLIEST, LARGEST_AMOUNT
from operations.tape.profiles import Profile


def open_products(profile: Profile) -> None:
    """Make what the loans of the profile need, where it is not there yet. Part of the caller's transaction."""
    for term_days in profile.terms:
        _open_product(profile, term_days)
    Rule.objects.get_or_create(
        code="cost_cap",
        market=profile.market,
        effective_from=EARLIEST,
        defaults={
            "data": {"annual_rate": None},
            "source": "Past contracts were made under the law of their own market; no cap is tested on them here.",
        },
    )
    forget_cached_rules()


def product_of(profile: Profile, term_days: int) -> Product:
    product = rows.first(Product, "WHERE code = %s AND market = %s", [_code(term_days), profile.market])
    assert product is not None  # opened before the first event
    return product


def _code(term_days: int) -> str:
    return f"imported-{term_days}"


def _open_product(profile: Profile, term_days: int) -> None:
    product, new = Product.objects.get_or_create(
        code=_code(term_days),
        defaults={
            "name": f"Imported loan, {term_days} days",
            "name_zh": f"导入贷款({term_days}天)",
            "market": profile.market,
        },
    )
    if not new:
        return
    parts = profile.parts(term_days)
    ProductVersion.objects.create(
        product=product,
        version=1,
        status=VersionStatus.LIVE,
        effective_from=EARLIEST,
        method=RepaymentMethod.EQUAL_INSTALMENTS,
        frequency=RepaymentFrequency.DAY,
        every=term_days // parts,
        min_count=parts,
        max_count=parts,
        min_amount=Decimal("0.01"),
        max_amount=LARGEST_AMOUNT,
        annual_rate=Decimal(0),
        grace_days=0,
        late_rate_multiplier=Decimal(0),
    )
