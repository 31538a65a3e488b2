"""The pages on which a product is designed: what the form says and refuses, the comparison, and the way to a decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from audit.models import Approval
from core import business_date
from loans.admin import ProductVersionAdmin
from loans.models import Product, ProductVersion
from loans.products.terms import TERMS
from loans.web.product_forms import DesignForm
from staff.roles import ROLES
from tests.browsing import assert_fits
from tests.loans.factories import ProductVersionFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
ON = date(2026, 6, 15)
TOMORROW = ON + timedelta(days=1)


@pytest.fixture
def live() -> ProductVersion:
    business_date.move_to(ON)
    version = ProductVersionFactory()
    version.refresh_from_db()
    return version


@pytest.fixture
def designer(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "risk_analyst")


def filled(version: ProductVersion, **changed: Any) -> dict[str, Any]:
    """The form as one fills it in that keeps everything but ``changed``."""
    form = DesignForm(instance=version)
    typed = {name: form[name].value() for name in form.fields} | {"effective_from": TOMORROW.isoformat()} | changed
    return {name: value for name, value in typed.items() if value is not None and value is not False}


def design(version: ProductVersion) -> str:
    return f"/app/products/{version.product.code}/design"


def test_every_term_of_a_version_is_asked_once() -> None:
    apart = {"id", "product", "version", "status", "effective_from"}
    columns = {field.name for field in ProductVersion._meta.fields} - apart

    assert sorted(TERMS) == sorted(columns)
    assert set(DesignForm.base_fields) == {*columns, "effective_from"}
    shown = [name for _title, options in ProductVersionAdmin.fieldsets for name in options["fields"]]
    assert sorted(shown) == sorted({*columns, *apart} - {"id"})


def test_no_role_designs_and_agrees() -> None:
    both = {"loans.design_product", "loans.approve_product"}

    assert [role for role, rights in ROLES.items() if both & rights] == ["checker", "risk_analyst", "compliance"]
    assert not [role for role, rights in ROLES.items() if both <= rights]


def test_it_begins_with_the_terms_that_hold_in_words_and_per_cent(designer: Client, live: ProductVersion) -> None:
    form = designer.get(design(live)).context["form"]

    assert (form["annual_rate"].value(), form["late_rate_multiplier"].value()) == ("18", "1.5")
    page = designer.get(design(live)).content.decode()
    assert 'value="18"' in page and 'value="1.5"' in page and 'value="0E-8"' not in page and ">null<" not in page
    assert "actual days / 365" in page and "act_365f<" not in page
    assert "fees → late interest → interest → principal" in page
    assert f'value="{TOMORROW.isoformat()}"' in page


def test_from_draft_to_sale(client: Client, designer: Client, live: ProductVersion, signed_in: Any) -> None:
    answer = designer.post(design(live), filled(live, annual_rate="15", early_charge_rate="1", early_charge_months="6"))
    draft = ProductVersion.objects.get(version=2)
    assert answer.headers["Location"] == draft.get_absolute_url()
    assert (draft.annual_rate, draft.early_charge_rate, draft.status) == (Decimal("0.15"), Decimal("0.01"), "draft")

    page = designer.get(draft.get_absolute_url()).content.decode()
    assert '<del class="was">18.00 %</del>' in page and '<ins class="now">15.00 %</ins>' in page
    assert designer.post(f"{draft.get_absolute_url()}/ask", {"reason": ""}).status_code == 422
    designer.post(f"{draft.get_absolute_url()}/ask", {"reason": "cheaper"})
    request = Approval.objects.get()
    assert "Waits for a second person" in designer.get(draft.get_absolute_url()).content.decode()
    assert "waits for a second person" in designer.post(design(live), filled(live, annual_rate="1")).content.decode()

    checker = signed_in(client, "checker")
    inbox = checker.get("/app/approvals/").content.decode()
    assert "annualised all-in cost, simple" in inbox.lower() and draft.get_absolute_url() in inbox
    checker.post(f"/app/approvals/{request.pk}/approve", {"reason": ""})

    draft.refresh_from_db()
    assert draft.status == "agreed"
    assert "agreed" in checker.get(f"/app/products/{live.product.code}").content.decode()


def test_the_comparison_follows_what_is_typed_and_stores_nothing(designer: Client, live: ProductVersion) -> None:
    examples = {
        "amount_1": "1,000",
        "count_1": "12",
        "amount_2": "5000",
        "count_2": "6",
        "amount_3": "9,000",
        "count_3": "24",
    }
    page = designer.post(f"{design(live)}/preview", filled(live, annual_rate="12", max_count="24") | examples)

    shown = page.content.decode()
    assert page.status_code == 200 and not ProductVersion.objects.filter(version=2).exists()
    first, _second, third = page.context["examples"]
    assert (first.before.instalment, first.after.instalment) == (Decimal("91.67"), Decimal("88.84"))  # 91.680, 88.849
    assert third.before.refusal.code == "term_out_of_range" and third.after.quote is not None
    assert "The number of instalments must be between 1 and 12." in shown
    assert page.context["refusals"] == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"annual_rate": "50"}, "The cap is 24.00%"),
        ({"effective_from": ON.isoformat()}, "holds from 2026-06-16 at the earliest"),
        ({}, "Every term is the same as in version 1"),
        ({"business_day_roll": "skip", "frequency": "week"}, "Due dates that move need a calendar of working days."),
        ({"min_count": "24"}, "There is at least one instalment, and the fewest are no more than the most."),
        ({"min_amount": "0"}, "The smallest amount is above zero and no more than the largest."),
        ({"business_calendar": "XX"}, "Select a valid choice."),
        ({"remainder_tolerance": "-1"}, "A remainder that is waived is not below zero."),
        ({"balloon_rate": "30"}, "The method with a balloon at the end needs a balloon, and no other has one."),
        ({"annual_rate": "abc"}, "Give a number in digits, such as 1234.50 or 1,234.50."),
        ({"stages": "{"}, "each key stands once, without NaN and Infinity."),
    ],
)
def test_what_cannot_be_is_told_in_words(
    designer: Client, live: ProductVersion, changed: dict[str, str], told: str
) -> None:
    page = designer.post(f"{design(live)}/preview", filled(live, **changed)).content.decode()

    assert told in page
    assert "loans_productversion" not in page


def test_a_copy_and_the_end_of_sale_are_asked_for_on_their_pages(designer: Client, live: ProductVersion) -> None:
    code = live.product.code
    made = designer.post(f"/app/products/{code}/copy", {"code": "phone-24", "name": "Longer", "name_zh": "更长"})
    assert made.headers["Location"] == "/app/products/phone-24/design"
    taken = designer.post(f"/app/products/{code}/copy", {"code": "phone-24", "name": "Again"})
    assert taken.status_code == 422 and "Choose another code." in taken.content.decode()
    assert designer.get("/app/products/phone-24").status_code == 200

    past = designer.post(f"/app/products/{code}/end-of-sale", {"last_day": "2026-06-01", "reason": "x"})
    assert past.status_code == 422 and "A product is sold until 2026-06-15 at least." in past.content.decode()
    designer.post(f"/app/products/{code}/end-of-sale", {"last_day": "2026-07-01", "reason": "too dear"})
    assert Approval.objects.get().after == {"active": True, "sale_ends_on": "2026-07-01"}
    assert Product.objects.get(code=code).sale_ends_on is None


def test_the_admin_changes_no_product(client: Client, live: ProductVersion) -> None:
    client.force_login(UserFactory(username="root", superuser=True), backend="staff.backends.StaffBackend")
    for model, pk in (("product", live.product_id), ("productversion", live.pk)):
        assert client.get(f"/admin/loans/{model}/{pk}/change/").status_code == 200
        assert client.post(f"/admin/loans/{model}/{pk}/change/", {"name": "x"}).status_code == 403
        assert client.get(f"/admin/loans/{model}/add/").status_code == 403


def test_more_versions_cost_no_more_queries(designer: Client, live: ProductVersion) -> None:
    addresses = ["/app/products/", design(live), live.get_absolute_url()]
    for address in addresses:
        designer.get(address)

    def counted() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as asked:
                assert designer.get(address).status_code == 200
            found.append(len(asked.captured_queries))
        return found

    before = counted()
    for n in range(3):
        ProductVersionFactory(product__code=f"other-{n}")
        ProductVersionFactory(product=live.product, version=n + 10, status="retired")
    assert counted() == before
    assert max(before) <= 14


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("en", "light")])
def test_the_design_in_a_browser(page_as: Any, picture: Any, language: str, theme: str) -> None:
    business_date.move_to(ON)
    live = ProductVersionFactory()
    page = page_as("risk_analyst", language=language, theme=theme)

    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/app/products/")
    page.locator(f'a.row-link[href="/app/products/{live.product.code}"]').click()
    page.locator(f'a[href="{design(live)}"]').click()
    expect(page.locator("#preview table").first).to_be_visible()
    page.locator("#id_annual_rate").fill("15")
    expect(page.locator("#preview tr.changed ins.now")).to_have_text("15.00 %")
    picture(page, f"product-design-{language}-{theme}")
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page, 390)
    picture(page, f"product-design-phone-{language}-{theme}")

    page.locator("#design-form button.btn-primary").click()
    page.locator("#id_reason").fill("cheaper")
    assert_fits(page, 390)
    page.set_viewport_size({"width": 1280, "height": 900})
    picture(page, f"product-version-{language}-{theme}")
    page.locator('form[action$="/ask"] button').click()
    expect(page.locator('form[action$="/ask"]')).to_have_count(0)
    assert Approval.objects.get().kind == "product.version"
