"""What the demo lends: one product of each kind, an older version of one of them, all within the cap on cost.

Together they show every setting that changes what a borrower is told.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loans.merchants.merchant_numbers import check_character
from loans.merchants.merchants import add_merchant
from loans.models import Merchant, Product, ProductVersion, RepaymentFrequency, RepaymentMethod, VersionStatus


@dataclass(frozen=True, slots=True)
class Offered:
    """A product with its live version, and what people usually ask for."""

    code: str
    name: str
    name_zh: str
    conditions: dict[str, object]
    amounts: tuple[int, int, int]  # from, to, step
    counts: tuple[int, ...]
    share: int


CATALOGUE = (
    Offered(
        "phone-cash",
        "Cash loan, equal instalments",
        "信用消费贷 · 等额本息",
        {"method": RepaymentMethod.EQUAL_INSTALMENTS, "max_count": 24, "max_amount": Decimal(60000), "grace_days": 3},
        (2000, 24000, 500),
        (3, 6, 6, 12, 12),
        40,
    ),
    Offered(
        "phone-instalment",
        "Phone instalment",
        "手机分期",
        {
            "method": RepaymentMethod.EQUAL_INSTALMENTS,
            "max_count": 12,
            "max_amount": Decimal(15000),
            "annual_rate": Decimal("0.15"),
            "is_purchase": True,
            "refund_gives_interest_back": True,
        },
        (2000, 8000, 100),
        (6, 6, 12),
        20,
    ),
    Offered(
        "equal-principal",
        "Cash loan, equal principal",
        "信用消费贷 · 等额本金",
        {"method": RepaymentMethod.EQUAL_PRINCIPAL, "max_count": 12, "max_amount": Decimal(30000)},
        (3000, 15000, 500),
        (3, 6, 12),
        15,
    ),
    Offered(
        "interest-first",
        "Interest monthly, principal at the end",
        "先息后本",
        {"method": RepaymentMethod.INTEREST_ONLY, "max_count": 12, "max_amount": Decimal(50000)},
        (5000, 20000, 1000),
        (3, 6),
        10,
    ),
    Offered(
        "payday",
        "Thirty days, due once",
        "三十天信用贷 · 到期一次还清",
        {
            "method": RepaymentMethod.BULLET,
            "frequency": RepaymentFrequency.DAY,
            "every": 30,
            "max_count": 1,
            "max_amount": Decimal(5000),
        },
        (1000, 4000, 500),
        (1,),
        15,
    ),
    Offered(
        "policy-loan",
        "Loan on an insurance policy",
        "保单贷款",
        {
            "method": RepaymentMethod.BULLET,
            "interest_by": "day",
            "max_count": 12,
            "max_amount": Decimal(100000),
            "annual_rate": Decimal("0.06"),
        },
        (5000, 20000, 1000),
        (6, 12),
        0,  # asked for by those who have a policy, see ``policies``
    ),
    Offered(
        "weekly",
        "Weekly loan, days off left out",
        "周还贷款 · 遇节假日跳过",
        {
            "method": RepaymentMethod.EQUAL_INSTALMENTS,
            "frequency": RepaymentFrequency.WEEK,
            "min_count": 4,
            "max_count": 52,
            "max_amount": Decimal(20000),
            "business_day_roll": "skip",
            "business_calendar": "CN",
            "allows_agreed_instalment": True,
            "early_charge_rate": Decimal("0.01"),
            "early_charge_months": 6,
            "remainder_tolerance": Decimal("1.00"),
        },
        (2000, 8000, 500),
        (12, 26),
        0,  # for visitors to try
    ),
    Offered(
        "credit-line",
        "Credit line, drawn again",
        "循环额度 · 先息后本",
        {
            "method": RepaymentMethod.INTEREST_ONLY,
            "max_count": 12,
            "max_amount": Decimal(50000),
            "allows_drawdowns": True,
            "line_open_months": 24,
            "charge_off_makes_all_due": True,
        },
        (5000, 20000, 1000),
        (6, 12),
        0,  # for visitors to try
    ),
)


SHOPS = ("海棠手机城", "江湾数码店", "Harbour Phones")


def open_catalogue(effective_from: date) -> dict[str, Product]:
    """The products on sale from a day on, by code; what is bought with one of them is bought in a shop of the demo."""
    for number, name in enumerate(SHOPS):
        _open_shop(name, number, effective_from)
    return {offered.code: _open(offered, effective_from) for offered in CATALOGUE}


def _open_shop(name: str, number: int, on: date) -> Merchant:
    """A shop whose registration number is well formed and nobody's."""
    body = f"91310000MADEM0{number:03d}"
    return add_merchant(
        name=name,
        registration_number=body + check_character(body),
        bank_name="示例银行",
        account_number=f"31000000000088{number:02d}",
        approved=True,
        on=on,
    )


def shop_for(amount: Decimal) -> Merchant:
    """The shop of a purchase: always the same for an amount, so that the demo stays the same."""
    shops = list(Merchant.objects.filter(active=True, name__in=SHOPS).order_by("id"))
    return shops[int(amount) // 100 % len(shops)]


def _open(offered: Offered, effective_from: date) -> Product:
    product = Product.objects.create(code=offered.code, name=offered.name, name_zh=offered.name_zh)
    conditions = {
        "product": product,
        "effective_from": effective_from,
        "min_amount": Decimal(500),
        "annual_rate": Decimal("0.18"),
    } | offered.conditions
    number = 1
    if offered.code == "phone-cash":
        earlier = conditions | {"annual_rate": Decimal("0.20"), "grace_days": 0}
        ProductVersion.objects.create(**earlier, version=number, status=VersionStatus.RETIRED)
        number = 2
    ProductVersion.objects.create(**conditions, version=number, status=VersionStatus.LIVE)
    return product
