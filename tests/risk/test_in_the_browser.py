"""An application from the first search to the money, in a browser, with pictures to be looked at."""

from decimal import Decimal

import pytest
from django.db import connection
from playwright.sync_api import expect

from borrowers.models import Borrower
from core import business_date
from loans.models import Application, Loan
from risk import underwriting
from tests.browsing import assert_fits
from tests.loans.factories import ON, ApplicantFactory, ApplicationFactory, ProductVersionFactory

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def lin(live_server) -> Borrower:
    business_date.move_to(ON)
    ProductVersionFactory()
    return ApplicantFactory(phone="13812340001")


def test_from_search_to_money(page_as, lin: Borrower, picture) -> None:
    page = page_as("officer")
    page.goto("/app/applications/new")
    page.get_by_label("Phone, identity number").fill("138 1234 0001")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=lin.number).click()
    page.get_by_label("Product").select_option(label="Phone instalment")
    page.get_by_label("Amount", exact=True).fill("12000")
    page.get_by_label("Number of instalments").fill("12")
    page.locator("[name=purpose]").select_option(value="electronics")
    page.get_by_label("The borrower wants a person to decide").check()
    expect(page.get_by_text("within the cap")).to_be_visible()
    expect(page.locator("#quote")).to_contain_text("¥ 1,100.15")
    picture(page, "application-new-en-light")
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_text("with an underwriter").first).to_be_visible()
    application = page.url
    page_as("underwriter").goto(application)
    expect(page.locator("#decision")).to_be_visible()
    picture(page, "application-referred-en-light")
    page.get_by_role("button", name="Take").click()
    page.get_by_role("button", name="Assess").click()  # nothing was scored before: a person was wished for
    page.get_by_label("counter-offer").check()
    page.get_by_label("Amount to lend").fill("9000")
    page.get_by_label("Income was proved").check()
    page.get_by_role("textbox", name="Note (optional)").fill("Payslips of three months seen")
    page.locator("#decision").get_by_role("button", name="Decide").click()

    expect(page.get_by_role("heading", name="Counter-offer")).to_be_visible()
    picture(page, "application-offered-en-light")
    page_as("officer").goto(application)
    page.get_by_role("button", name="Accept for the borrower").click()
    expect(page.get_by_role("button", name="Accept for the borrower")).to_have_count(0)
    page_as("operations").goto(application)  # the order followed the acceptance at once
    expect(page.get_by_text("Paid on")).to_be_visible()
    picture(page, "application-paid-en-light")
    connection.close()
    assert (Loan.objects.get().status, Loan.objects.get().principal) == ("active", Decimal(9000))


@pytest.mark.parametrize(("language", "theme"), [("zh-hans", "dark"), ("en", "light")])
def test_the_pages_look_right(page_as, lin: Borrower, picture, language: str, theme: str) -> None:
    for applicant in (lin, ApplicantFactory(earning=False), ApplicantFactory(earning=False)):
        underwriting.decide_automatically(application_id=ApplicationFactory(borrower=applicant).pk, on=ON)
    page = page_as("underwriter", "risk_analyst", language=language, theme=theme)

    for name, address in {
        "applications": "/app/applications/",
        "underwriting": "/app/underwriting/",
        "application": Application.objects.get(status="offered").get_absolute_url(),
        "limits": "/app/limits/",
        "limit": f"/app/limits/{Application.objects.get(status='offered').borrower.number}",
    }.items():
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
        picture(page, f"{name}-{language}-{theme}")

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(Application.objects.get(status="offered").get_absolute_url())
    picture(page, f"application-phone-{language}-{theme}")
    assert_fits(page, 390)
