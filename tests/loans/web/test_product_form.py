"""The form of a product's versions: whose it is, what it begins with, and what it refuses."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core.models import Calendar
from loans.admin import VERSION_SECTIONS
from loans.models import ProductVersion
from tests.loans.factories import ProductVersionFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/loans/productversion/add/"


@pytest.fixture
def administrator(client: Client, signed_in: Any) -> Client:
    return signed_in(client, "administrator", is_staff=True)


def filled(kept: ProductVersion, **changed: Any) -> dict[str, Any]:
    """The form of a new version as one fills it in that keeps everything but ``changed``."""
    values = {field.name: field.value_from_object(kept) for field in ProductVersion._meta.fields}
    told = {name: value for name, value in values.items() if value is not None and value is not False}
    told |= {"version": kept.version + 1, "status": "draft", "allocation_order": ",".join(kept.allocation_order)}
    return told | changed


def errors(answer: Any) -> str:
    return str(answer.context["adminform"].form.errors)


def test_every_setting_stands_in_one_section() -> None:
    shown = [name for _title, fields in VERSION_SECTIONS for name in fields]

    assert sorted(shown) == sorted(field.name for field in ProductVersion._meta.fields if field.name != "id")


def test_an_administrator_makes_a_version_with_every_setting_of_repaying_early_and_of_lines(
    administrator: Client,
) -> None:
    old = ProductVersionFactory()
    form = filled(
        old,
        early_charge_rate="0.01",
        early_charge_last_year_rate="0.005",
        early_charge_months="12",
        remainder_tolerance="0.50",
        charge_off_makes_all_due="on",
        refund_gives_interest_back="on",
        is_purchase="on",
        allows_agreed_instalment="on",
    )

    answer = administrator.post(ADD, form)

    assert answer.status_code == 302, errors(answer)
    new = ProductVersion.objects.get(version=2)
    assert (new.early_charge_rate, new.early_charge_last_year_rate) == (Decimal("0.01"), Decimal("0.005"))
    assert (new.early_charge_months, new.remainder_tolerance) == (12, Decimal("0.50"))
    assert new.charge_off_makes_all_due and new.refund_gives_interest_back and new.allows_agreed_instalment

    line = administrator.post(ADD, filled(old, version=3, allows_drawdowns="on", line_open_months="24"))
    assert line.status_code == 302, errors(line)


def test_it_begins_with_the_newest_version(administrator: Client) -> None:
    old = ProductVersionFactory(
        version=3, annual_rate=Decimal("0.12"), business_day_roll="following", business_calendar="CN"
    )

    form = administrator.get(f"{ADD}?product={old.product_id}").context["adminform"].form

    assert form["version"].value() == 4
    assert form["status"].value() == "draft"
    assert form["annual_rate"].value() == "0.12"
    assert form["business_calendar"].value() == "CN"
    page = administrator.get(f"{ADD}?product={old.product_id}").content.decode()
    assert "0E-8" not in page and ">null<" not in page and "\nnull<" not in page
    assert "actual days / 365" in page and "act_365f<" not in page
    assert f"{Calendar.objects.get(code='CN').name} (CN)" in page
    assert administrator.get(ADD).context["adminform"].form["version"].value() == 1
    assert administrator.get(f"{ADD}?product=none").status_code == 200


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"business_day_roll": "skip", "frequency": "week"}, "Due dates that move need a calendar of working days."),
        ({"status": "live"}, "Another version of this product is live. Retire it first."),
        ({"min_count": "24"}, "There is at least one instalment, and the fewest are no more than the most."),
        ({"min_amount": "0"}, "The smallest amount is above zero and no more than the largest."),
        ({"business_calendar": "XX"}, "Select a valid choice."),
        ({"remainder_tolerance": "-1"}, "A remainder that is waived is not below zero."),
        ({"balloon_rate": "0.3"}, "The method with a balloon at the end needs a balloon, and no other has one."),
    ],
)
def test_what_cannot_be_is_refused_in_words(administrator: Client, changed: dict[str, str], told: str) -> None:
    old = ProductVersionFactory()

    answer = administrator.post(ADD, filled(old, **changed))

    assert told in errors(answer)
    assert "loans_productversion" not in errors(answer)


def test_a_version_is_made_in_its_own_form_only(administrator: Client) -> None:
    """There the caps are asked about: a product's page lists its versions and leads to them."""
    version = ProductVersionFactory()

    page = administrator.get(f"/admin/loans/product/{version.product_id}/change/")

    assert f"/admin/loans/productversion/{version.pk}/change/" in page.content.decode()
    formset = page.context["inline_admin_formsets"][0]
    assert not formset.has_add_permission and not formset.has_change_permission
    shown = administrator.get(f"/app/products/{version.product.code}")
    assert f"{ADD}?product={version.product_id}" in shown.content.decode()


def test_nobody_else_comes_in(client: Client, signed_in: Any) -> None:
    assert signed_in(client, "risk_analyst", is_staff=True).get(ADD).status_code == 403
