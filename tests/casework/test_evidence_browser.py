"""Evidence in a real browser: put on file, opened and looked at, by keyboard and on a phone's width, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from casework import notes
from casework.evidence import bytes_of
from casework.models import Evidence
from core import business_date
from tests.browsing import arrive, assert_fits, assert_named_and_in_order, assert_walked_by_keyboard
from tests.casework import files
from tests.casework.papers import kept
from tests.loans.factories import LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageAs = Callable[..., Page]


def test_a_pdf_is_put_on_file_and_looked_at(page_as: PageAs, tmp_path: Path) -> None:
    loan, paper = LoanFactory(active=True), tmp_path / "payslip.pdf"
    paper.write_bytes(files.pdf(2))
    page = page_as("team_lead")
    page.goto(loan.get_absolute_url())
    expect(page.get_by_text("Nothing is on file.")).to_be_visible()
    page.get_by_role("link", name="Open and add").press("Enter")
    arrive(page, f"**/app/papers/loan/{loan.number}/")
    page.get_by_label("File").set_input_files(paper)
    page.get_by_label("Kind").select_option("income")
    page.get_by_role("button", name="Put on file").press("Enter")
    expect(page.get_by_text("On file as evd_")).to_be_visible()
    page.get_by_role("link", name="Proof of income").press("Enter")
    page.get_by_label("Legal or regulatory request").check()
    page.get_by_role("button", name="Open it").press("Enter")
    expect(page.get_by_role("heading", name="payslip.pdf")).to_be_visible()
    page.get_by_alt_text("Page 2").scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('figure img')].every(one => one.naturalWidth > 100)")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save as a file").press("Enter")
    assert saved.value.suggested_filename == "payslip.pdf"
    assert Path(saved.value.path()).read_bytes() == bytes_of(Evidence.objects.get())  # written anew when it was kept


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-hans", "dark")])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_their_window(
    page_as: PageAs, picture: Callable[[Page, str], Path], language: str, theme: str, width: int
) -> None:
    loan, writer = LoanFactory(active=True), UserFactory(roles=["compliance"])
    evidence = kept(loan, by=writer, original_seen_on=None)
    told = "Called 13812341234. " + "A long story. " * 20
    note = notes.write(loan, told, by=writer, now=business_date.now())
    page = page_as("compliance", language=language, theme=theme)
    page.set_viewport_size({"width": width, "height": 860})
    for name, place in (
        ("list", "/app/evidence/"),
        ("papers", f"/app/papers/loan/{loan.number}/"),
        ("evidence", evidence.get_absolute_url()),
        ("numbers", f"/app/notes/{note.public_id}/reveal"),
        ("empty", "/app/evidence/?state=wiped"),
        ("loan", loan.get_absolute_url()),
    ):
        page.goto(place)
        page.wait_for_load_state("networkidle")
        assert_fits(page, width)
        assert_named_and_in_order(page)
        assert assert_walked_by_keyboard(page) > 5
        picture(page, f"evidence-{name}-{language}-{width}")
    assert Evidence.objects.count() == 1
