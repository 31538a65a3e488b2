"""The stories of tasks in a real browser: raised, taken, escalated, covered, ended, by mouse, by keyboard and by a thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from casework import clock, escalating
from casework.models import Absence, ClosedBy, Task, TaskStatus, What
from casework.raising import raise_task
from core import business_date
from loans.incoming.importing import Share, match_payment
from loans.models import IncomingPayment, Loan
from staff.models import User
from tests.browsing import arrive, assert_fits, assert_named_and_in_order, assert_walked_by_keyboard
from tests.casework.kinds import declared
from tests.casework.looking import look
from tests.conftest import Problems
from tests.loans.factories import DISBURSED, BankFileFactory, LoanFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
PageOf = Callable[..., Page]
INBOX = "/app/tasks/"
LOOKS = [("en", "light"), ("zh-hans", "dark")]


@pytest.fixture
def page_of(chromium: Browser, live_server: Any, problems: Problems) -> Iterator[PageOf]:
    """`page_of(user, width=390)`: a page of their own for each person, as in two browsers side by side."""
    contexts = []

    def open_one(user: User, *, width: int = 1280, language: str = "en", theme: str = "light") -> Page:
        User.objects.filter(pk=user.pk).update(language=language, theme=theme)
        client = Client()
        client.force_login(user, backend="staff.backends.StaffBackend")
        context = chromium.new_context(
            base_url=live_server.url,
            locale="en-GB",
            viewport={"width": width, "height": 860},
            color_scheme="dark" if theme == "dark" else "light",
        )
        context.set_default_timeout(15_000)
        cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
        contexts.append(context)
        page = context.new_page()
        problems.watch(page, urlsplit(live_server.url).netloc)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not problems, "the pages had problems:\n" + "\n".join(problems)


@pytest.fixture
def loan() -> Loan:
    return LoanFactory(active=True)


def reach(page: Page, name: str, role: str = "link", most: int = 80) -> None:
    """Go on by Tab alone until the one with that name has the focus, and see that the focus is shown."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    for _n in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            seen = "one => { const css = getComputedStyle(one); return css.outlineStyle + css.boxShadow }"
            assert wanted.evaluate(seen) != "nonenone", f"{name} has the focus and does not show it"
            return
    raise AssertionError(f"{name} is not reached by {most} tabs")


def test_raised_from_the_loan_by_keyboard_and_raised_twice_it_is_one_task(page_of: PageOf, loan: Loan) -> None:
    page = page_of(UserFactory(roles=["team_lead"], display_name="Li Na"))
    page.goto(loan.get_absolute_url())
    expect(page.get_by_text("No task is open.")).to_be_visible()
    for told in ("is raised: it waits for Operations.", "This was asked for already"):
        reach(page, "Raise a task")
        page.keyboard.press("Enter")
        arrive(page, f"**/app/tasks/about/loan/{loan.number}/**")
        reach(page, "What is to be done", "textbox")
        page.keyboard.type("Send the letter once more")
        reach(page, "Raise it", "button")
        page.keyboard.press("Space")
        expect(page.get_by_text(told)).to_be_visible()
        page.goto(loan.get_absolute_url())
        expect(page.get_by_text("Asked for: Send the letter once more")).to_have_count(1)
    task = Task.objects.get()
    expect(page.get_by_text(task.number)).to_be_visible()
    expect(page.get_by_text("Operations, nobody has it")).to_be_visible()
    assert str(task.raised_by) == "Li Na"


def test_two_people_cannot_both_take_it(page_of: PageOf, loan: Loan) -> None:
    task = raise_task("loan.follow_up", loan, facts={"what": "Look"}, now=business_date.now())[0]
    people = [UserFactory(roles=["operations"], display_name=name) for name in ("Zhou Ting", "Qian Wei")]
    first, second = (page_of(user) for user in people)
    for page in (first, second):
        page.goto(task.get_absolute_url())
        expect(page.get_by_role("button", name="Take it")).to_be_visible()
    first.get_by_role("button", name="Take it").click()
    expect(first.get_by_text("Taken.", exact=True)).to_be_visible()
    second.get_by_role("button", name="Take it").click()
    expect(second.get_by_text("Zhou Ting has taken this task already.")).to_be_visible()
    expect(second.get_by_text("This task is with Zhou Ting.")).to_be_visible()
    expect(second.get_by_role("button", name="Take it")).to_have_count(0)
    task.refresh_from_db()
    assert task.owner == people[0] and task.events.filter(what=What.TAKEN).count() == 1


def test_escalated_at_its_hour_with_a_holiday_and_a_weekend_between(page_of: PageOf, loan: Loan) -> None:
    # Raised on Thursday at 17:00: an hour of that day, nothing from Friday to Sunday (Mid-Autumn, 25 to 27 September),
    # nine hours of Monday and six of Tuesday make the sixteen until it is due, three more that day and one the next are
    # the four after which its lead hears of it.
    raised = timezone.make_aware(datetime(2026, 9, 24, 17))
    task = raise_task("loan.follow_up", loan, facts={"what": "Look"}, now=raised)[0]
    assert task.due_at == timezone.make_aware(datetime(2026, 9, 29, 15))
    hour = timezone.make_aware(datetime(2026, 9, 30, 10))
    business_date.move_to(date(2026, 9, 30))
    checker = page_of(UserFactory(roles=["checker"]))
    assert escalating.escalate_late(hour - timedelta(minutes=1)) == 0
    checker.goto(f"{INBOX}?tab=escalated")
    expect(checker.get_by_text("No task here")).to_be_visible()
    assert (escalating.escalate_late(hour), escalating.escalate_late(hour)) == (1, 0)
    checker.reload()
    row = checker.locator("tr", has_text=task.number)
    expect(row).to_contain_text("Late")
    expect(row).to_contain_text("Escalated")
    row.get_by_role("link").press("Enter")
    expect(checker.locator("dl.facts")).to_contain_text("2026-09-30 10:00, Checker")


def test_closed_by_a_payment_while_somebody_looks_at_it(page_of: PageOf, loan: Loan) -> None:
    BankFileFactory()
    payment = IncomingPayment.objects.get()
    at = timezone.make_aware(datetime.combine(DISBURSED + timedelta(days=1), datetime.min.time().replace(hour=12)))
    business_date.move_to(at.date())
    assert look(at)["payment.unmatched"] == (1, 0)
    task = Task.objects.get()
    page = page_of(UserFactory(roles=["operations"]))
    page.goto(task.get_absolute_url())
    expect(page.get_by_text("¥ 10.00 that came on")).to_be_visible()
    expect(page.get_by_text("It ends by itself when the payment is matched or returned.")).to_be_visible()
    clerk, second = UserFactory(roles=["operations"]), UserFactory(roles=["finance"])
    share = Share(loan.number, payment.amount)
    match_payment(payment_id=payment.pk, shares=[share], on=at.date(), by=clerk, agreed_by=second)
    assert look(at)["payment.unmatched"] == (0, 1)
    page.get_by_label("Matched or returned").check()
    page.get_by_label("What was done").fill("Matched to the loan")
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text(f"Task {task.number} has ended: it is “Done”.")).to_be_visible()
    expect(page.locator("dl.facts")).to_contain_text("the fact it waited for")
    expect(page.get_by_role("button", name="End it")).to_have_count(0)
    task.refresh_from_db()
    assert (task.status, task.closed_how, task.closed_by) == (TaskStatus.DONE, ClosedBy.FACT, None)


def test_a_colleague_covers_while_somebody_is_away(page_of: PageOf, loan: Loan) -> None:
    away = UserFactory(roles=["operations"], display_name="Zhou Ting")
    cover = UserFactory(roles=["operations"], display_name="Qian Wei")
    task = raise_task("loan.follow_up", loan, facts={"what": "Look"}, owner=away, now=business_date.now())[0]
    covering = page_of(cover)
    covering.goto(task.get_absolute_url())
    expect(covering.get_by_text("This task is with Zhou Ting.")).to_be_visible()
    page, first = page_of(away), clock.today()
    covering.goto(INBOX)
    expect(covering.get_by_text("You have no task")).to_be_visible()
    page.goto(INBOX)
    page.get_by_role("link", name="Absences").press("Enter")
    page.get_by_label("First day").fill(first.isoformat())
    page.get_by_label("Last day").fill((first + timedelta(days=2)).isoformat())
    page.get_by_label("Covered by").select_option(label="Qian Wei")
    page.get_by_role("button", name="Note it").press("Enter")
    expect(page.get_by_text("The absence is noted.")).to_be_visible()
    assert Absence.objects.get().cover == cover
    covering.reload()
    expect(covering.locator("tr", has_text=task.number)).to_contain_text("you cover")
    covering.get_by_role("link", name="Follow up a loan").click()
    covering.get_by_label("Done", exact=True).check()
    covering.get_by_label("What was done").fill("Sent it for her")
    covering.get_by_role("button", name="End it").click()
    expect(covering.get_by_text("Done: Done")).to_be_visible()
    task.refresh_from_db()
    assert (task.closed_by, task.closing_note) == (cover, "Sent it for her")


def test_several_at_once_need_a_reason_and_keep_the_tab(page_of: PageOf, loan: Loan, problems: Problems) -> None:
    tasks = [
        raise_task("loan.follow_up", loan, cause=one, facts={"what": one}, now=business_date.now())[0]
        for one in ("a", "b", "c")
    ]
    page = page_of(UserFactory(roles=["operations"]))
    page.goto(f"{INBOX}?tab=team&kind=loan.follow_up")
    for task in tasks[:2]:
        reach(page, f"Choose {task.number}", "checkbox")
        page.keyboard.press("Space")
    page.get_by_label("With the chosen ones").select_option("drop")
    page.get_by_role("button", name="Do it").press("Enter")
    expect(page.locator("#id_note-error")).to_contain_text("This field is required.")
    expect(page.locator(".form-error")).to_have_count(1)
    problems.expect("422")
    assert not Task.objects.filter(status=TaskStatus.DROPPED).exists()
    for task in tasks[:2]:
        expect(page.get_by_label(f"Choose {task.number}")).to_be_checked()
    page.get_by_label("Reason").fill("Asked for three times")
    page.get_by_role("button", name="Do it").press("Enter")
    expect(page.get_by_text("Done with 2 tasks.")).to_be_visible()
    assert "tab=team&kind=loan.follow_up" in page.url
    expect(page.locator("a.row-link")).to_have_count(1)
    dropped = Task.objects.filter(status=TaskStatus.DROPPED)
    assert set(dropped.values_list("closing_note", flat=True)) == {"Asked for three times"} and dropped.count() == 2


def test_all_of_a_page_are_chosen_by_one_box(page_of: PageOf, loan: Loan, problems: Problems) -> None:
    for one in ("a", "b", "c"):
        raise_task("loan.follow_up", loan, cause=one, facts={"what": one}, now=business_date.now())
    page = page_of(UserFactory(roles=["operations"]), width=390)
    page.goto(f"{INBOX}?tab=team")
    everything, boxes = page.get_by_label("All of this page"), page.locator('input[name="task"]')
    reach(page, "All of this page", "checkbox")
    page.keyboard.press("Space")
    expect(page.locator('input[name="task"]:checked')).to_have_count(3)
    boxes.first.uncheck()
    expect(everything).not_to_be_checked()
    boxes.first.check()
    expect(everything).to_be_checked()
    page.get_by_role("button", name="Do it").press("Enter")
    expect(page.locator(".form-error").first).to_be_visible()
    problems.expect("422")
    expect(everything).to_be_checked()  # as it was sent
    expect(page.locator('input[name="task"]:checked')).to_have_count(3)


def test_the_inbox_by_keyboard_from_the_top_to_the_end_of_a_task(page_of: PageOf, loan: Loan) -> None:
    user = UserFactory(roles=["officer"])
    with declared() as kind:
        task = raise_task(kind.code, loan.borrower, facts={"since": "9"}, now=business_date.now())[0]
        page = page_of(user)
        page.goto("/app/")
        page.keyboard.press("g")
        page.keyboard.press("j")
        arrive(page, f"**{INBOX}")
        reach(page, "My teams")
        page.keyboard.press("Enter")
        arrive(page, "**?tab=team")
        reach(page, "Call back")
        page.keyboard.press("Enter")
        arrive(page, f"**{task.number}/")
        reach(page, "Take it", "button")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Taken.", exact=True)).to_be_visible()
        reach(page, "Tick: Dial the number", "button")
        page.keyboard.press("Space")
        expect(page.locator(".playbook li").first).to_contain_text(str(user))
        expect(page.locator(".playbook li").first).to_contain_text("done")
        reach(page, "Reached", "radio")
        page.keyboard.press("Space")
        reach(page, "What was done", "textbox")
        page.keyboard.type("Pays on Friday")
        reach(page, "End it", "button")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Done: Reached")).to_be_visible()
        reach(page, "Tasks")  # and out again: nothing keeps the focus


@pytest.mark.parametrize(("language", "theme"), LOOKS)
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_their_window(
    page_of: PageOf, picture: Callable[[Page, str], Path], loan: Loan, language: str, theme: str, width: int
) -> None:
    BankFileFactory()
    payment = IncomingPayment.objects.get()
    lead = UserFactory(roles=["operations", "team_lead"], display_name="Nkiruka Wilhelmina Featherstonehaugh")
    long = "Ask for the " + "proof of income, " * 6
    task = raise_task("loan.follow_up", loan, facts={"what": long}, owner=lead, now=business_date.now())[0]
    raise_task("payment.follow_up", payment, facts={"what": "x" * 120}, now=business_date.now() - timedelta(days=40))
    escalating.escalate_late(now=business_date.now())
    page = page_of(lead, width=width, language=language, theme=theme)
    for name, place in (
        ("inbox", f"{INBOX}?tab=team"),
        ("late", f"{INBOX}?tab=late&kind=payment.follow_up"),
        ("empty", f"{INBOX}?tab=ended"),
        ("task", task.get_absolute_url()),
        ("about", f"{INBOX}about/loan/{loan.number}/"),
        ("payment", payment.get_absolute_url()),
        ("loan", loan.get_absolute_url()),
        ("absences", f"{INBOX}absences/"),
    ):
        page.goto(place)
        page.wait_for_load_state("networkidle")
        picture(page, f"tasks-{name}-{language}-{theme}-{width}")
        assert_fits(page, width)
        inner = "() => [...document.querySelectorAll('main .scroll')].every(one => one.scrollWidth <= one.clientWidth)"
        assert_named_and_in_order(page)
        assert assert_walked_by_keyboard(page) > 5
        assert page.evaluate(inner), f"a list of {name} is pushed out of its card"
