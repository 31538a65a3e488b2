"""The currency of a market, how amounts of it are written, and that nothing else names one."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import override_settings

from core.apps import CoreConfig
from core.currencies import MarketWithoutCurrency, by_currency, currency_of, house_currency, without_currency
from core.money import in_capitals
from core.writing import money, sums
from tests.places import ROOT

NAMED = re.compile(r"¥|￥|\bCNY\b")
# Where a currency may be named: the table itself, the words of its papers, what SMS gateways refuse.
MAY_NAME_ONE = {
    "core/currencies.py",
    "core/money.py",
    "core/writing.py",
    "core/charts.py",
    "messaging/rendering.py",
    "messaging/wording.py",
    "templates/messaging/wordings.html",
    "benchmarks/repayments.py",
    # signs that stand for letters in disguised words
    "loans/preconditions/look_alikes.py",
    "loans/preconditions/wording.py",
}


@pytest.mark.parametrize(
    ("market", "currency"), [("CN", "CNY"), ("US", "USD"), ("NG", "NGN"), ("DE", "EUR"), ("FR", "EUR")]
)
def test_a_market_has_one_currency(market: str, currency: str) -> None:
    assert currency_of(market) == currency


@pytest.mark.parametrize("market", ["JP", "KW", "", "XY"])
def test_a_market_without_money_of_two_decimals_is_refused(market: str) -> None:
    with pytest.raises(MarketWithoutCurrency):
        currency_of(market)


def test_an_installation_in_another_market_writes_its_own_money() -> None:
    with override_settings(DEFAULT_MARKET="NG"):
        assert house_currency() == "NGN"
        assert sums({}) == "NGN 0.00"


def test_a_market_nobody_knows_stops_the_start() -> None:
    with override_settings(DEFAULT_MARKET="XY"), pytest.raises(Exception, match="DEFAULT_MARKET"):
        CoreConfig.create("core").ready()


@pytest.mark.parametrize(
    ("currency", "written"), [("CNY", "¥ 1,234.50"), ("EUR", "€ 1,234.50"), ("NGN", "NGN 1,234.50")]
)
def test_an_amount_has_the_sign_of_its_currency_or_its_code(currency: str, written: str) -> None:
    assert money(Decimal("1234.5"), currency) == written


def test_money_of_two_markets_is_never_added_up() -> None:
    totals = by_currency([("CN", Decimal("1.00")), ("DE", Decimal("2.00")), ("FR", Decimal("3.00")), ("CN", None)])

    assert totals == {"CNY": Decimal("1.00"), "EUR": Decimal("5.00")}
    assert sums(totals) == "¥ 1.00 + € 5.00"


@pytest.mark.parametrize("typed", ["¥ 1234.50", "￥1234.50", "1234.50元", "CNY 1234.50", "usd 1234.50", "€1234.50"])
def test_an_amount_may_be_pasted_with_its_currency(typed: str) -> None:
    assert without_currency(typed) == "1234.50"


def test_only_chinese_papers_carry_capital_numerals() -> None:
    assert in_capitals(Decimal("3.00"), "CNY") == "人民币叁元整"
    assert in_capitals(Decimal("3.00"), "USD") == ""


def test_no_code_and_no_template_names_a_currency() -> None:
    sources = [path for path in ROOT.glob("**/*.py") if not {"tests", "migrations", ".venv"} & set(path.parts)]
    named = {
        path.relative_to(ROOT).as_posix()
        for path in [*sources, *ROOT.glob("templates/**/*.html")]
        if not path.relative_to(ROOT).as_posix().startswith(".") and NAMED.search(path.read_text())
    }

    assert named - MAY_NAME_ONE == set()


def test_every_amount_on_a_page_says_of_which_currency() -> None:
    silent = {
        path.relative_to(ROOT / "templates").as_posix()
        for path in ROOT.glob("templates/**/*.html")
        if re.search(r"\|money(?![:\w])", path.read_text())
    }

    assert silent == set()
