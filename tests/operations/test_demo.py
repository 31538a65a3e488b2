"""The demo is made by the real engine, whole or not at all; the story of one loan leads to the recovery."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from borrowers.models import Borrower
from casework.models import Evidence, Note, Task
from core import business_date
from ledger import queries as books
from loans.models import Application, Loan, LoanPosition, LoanStatus, PledgeStatus, PolicyPledge, ProductVersion
from loans.pricing.quotes import require_product_within_cap
from loans.proof.verifying import compare
from operations.demo import office, policies, portfolio
from operations.demo.portfolio import DemoNotPossible, Size, load
from operations.demo.products import open_catalogue
from operations.demo.staff import TEAM, hire_team
from operations.demo.story import STEPS, StoryAtItsEnd, begin, live, next_step
from operations.end_of_day import close_due
from operations.jobs import AdvanceNotOffered, JobRunning, request_advance, request_catch_up
from operations.models import DemoLoad, DemoStory, EndOfDayRun, LongJob
from staff.models import User
from tests.operations.nights import Killed
from tests.worlds import shared

TODAY = date(2026, 6, 15)
KILLED_ON = TODAY - timedelta(days=30)
SignIn = Callable[..., Client]


TINY = Size(days=38, applications_a_day=0.5, calls_a_day=2)


@pytest.fixture
def few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(portfolio.SIZES, "tiny", TINY)


@dataclass(frozen=True)
class Broken:
    """What stood when the load had been killed."""

    business_date: date
    borrowers_of_the_day: int
    closed_by_the_schedule: list[EndOfDayRun]


@pytest.fixture(scope="class")
def lived(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Broken]:
    """The portfolio up to TODAY, killed in the middle of a day and loaded to its end; shared by what looks at it."""
    with pytest.MonkeyPatch.context() as patch, shared(django_db_blocker):
        patch.setitem(portfolio.SIZES, "tiny", TINY)
        with patch.context() as deadly:
            deadly.setattr(office, "recover", _die_on_the_day)
            with pytest.raises(Killed):
                load(size="tiny", today=TODAY)
        broken = Broken(
            business_date.current(), Borrower.objects.filter(created_on=KILLED_ON).count(), close_due(today=TODAY)
        )
        load(size="tiny", today=TODAY)
        yield broken


def _die_on_the_day(team: office.Team, on: date) -> None:
    if on == KILLED_ON:
        raise Killed


@pytest.mark.django_db
class TestThePortfolio:
    """What is there after the demo was lived up to TODAY."""

    def test_a_load_killed_in_the_middle_of_a_day_goes_on_with_that_day(self, lived: Broken) -> None:
        assert lived == Broken(KILLED_ON, 0, [])  # the schedule leaves the days of an unfinished load alone
        assert DemoLoad.objects.get().finished_at is not None

    @pytest.mark.usefixtures("lived")
    def test_the_portfolio_lives_up_to_today_with_balanced_books(self) -> None:
        assert business_date.current() == TODAY
        assert EndOfDayRun.objects.filter(status="done").count() == 38
        assert books.difference() == 0
        assert Loan.objects.filter(status=LoanStatus.ACTIVE).count() > 5
        assert [difference for loan in Loan.objects.active() for difference in compare(loan)] == []
        pledges = dict(PolicyPledge.objects.values_list("insurer", "status"))
        assert pledges == {policies.CALM.insurer: PledgeStatus.PLEDGED, policies.LOW.insurer: PledgeStatus.WARNED}

    @pytest.mark.usefixtures("lived")
    def test_each_queue_has_somebody_waiting(self) -> None:
        waiting = set(Application.objects.open().values_list("status", flat=True))
        assert {"submitted", "referred", "offered"} <= waiting

    @pytest.mark.usefixtures("lived")
    def test_people_left_tasks_evidence_and_notes(self) -> None:
        evidence = Evidence.objects.get()
        assert evidence.object_type == "loans.application" and Note.objects.get().object_id == evidence.object_id
        kinds = set(Task.objects.open().values_list("kind", flat=True))
        assert {"note.mention", "loan.follow_up"} <= kinds

    @pytest.mark.usefixtures("lived")
    def test_a_second_load_does_nothing(self) -> None:
        before = (Loan.objects.count(), Borrower.objects.count())

        load(size="tiny", today=TODAY)

        assert (Loan.objects.count(), Borrower.objects.count()) == before
        assert DemoLoad.objects.count() == 1


@pytest.mark.django_db
def test_a_desk_with_borrowers_is_left_alone(staff_member: Callable[..., User]) -> None:
    begin_and_apply()

    with pytest.raises(DemoNotPossible):
        load(size="tiny", today=TODAY)


@pytest.mark.django_db
def test_there_is_one_person_for_each_role_who_can_sign_in() -> None:
    team = hire_team()

    assert {member.role for member in TEAM} <= set(team)
    assert team["collector"].has_perm("collections.work_case")
    assert not team["collector"].has_perm("operations.close_day")
    assert team["collector"].check_password(django_settings.DEMO_PASSWORD)
    assert hire_team() == team


# --- the story --------------------------------------------------------------------------------------------------------


def begin_and_apply() -> DemoStory:
    business_date.move_to(TODAY)
    return live(story_id=begin().pk)


@pytest.mark.django_db
def test_two_stories_have_two_heroines_of_one_name() -> None:
    first, second = begin_and_apply(), begin_and_apply()

    assert first.borrower_id != second.borrower_id
    assert {borrower.name for borrower in Borrower.objects.all()} == {"林小雨"}


@pytest.mark.long
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_page_tells_the_story_from_application_to_recovery_by_its_button(client: Client, signed_in: SignIn) -> None:
    business_date.move_to(timezone.localdate())
    signed_in(client, "officer")

    assert "Begin" in client.get("/app/demo/").content.decode()
    client.post("/app/demo/begin")
    for number in range(2, len(STEPS) + 1):
        assert client.post("/app/demo/step").status_code == 302
        assert DemoStory.objects.get().step == number
    page = client.get("/app/demo/").content.decode()

    assert "3,000.00 recovered" in page
    assert "Collection case" in page
    story = DemoStory.objects.get()
    assert Loan.objects.get(pk=story.loan_id).status == LoanStatus.WRITTEN_OFF
    assert LoanPosition.objects.get(pk=story.loan_id).recovered == 3000
    assert books.difference() == 0
    assert [str(step.told) % note["facts"] for step, note in zip(STEPS, story.notes, strict=True)]
    assert next_step(story) is None
    with pytest.raises(StoryAtItsEnd):
        live(story_id=story.pk)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_days_can_be_let_pass_by_hand(client: Client, signed_in: SignIn) -> None:
    business_date.move_to(TODAY)
    signed_in(client, "officer")

    client.post("/app/demo/advance", {"days": "7"})

    assert business_date.current() == date(2026, 6, 22)
    job = LongJob.objects.get()
    assert job.status == LongJob.Status.DONE
    assert client.get(f"/app/demo/progress/{job.pk}")["HX-Redirect"] == "/app/demo/"


@pytest.mark.django_db
def test_outside_a_demo_there_is_no_such_page(client: Client, signed_in: SignIn, settings: Settings) -> None:
    settings.DEMO = False

    assert signed_in(client, "officer").get("/app/demo/").status_code == 404
    assert client.post("/app/demo/advance").status_code == 404
    with pytest.raises(AdvanceNotOffered):
        request_advance(to=TODAY, requested_by=None)


@pytest.mark.django_db
def test_one_job_at_a_time(staff_member: Callable[..., User]) -> None:
    first = request_catch_up(today=TODAY, requested_by=None)

    assert request_catch_up(today=TODAY, requested_by=None) == first
    with pytest.raises(JobRunning):
        request_advance(to=TODAY, requested_by=None)


@pytest.mark.django_db
def test_its_products_show_each_setting_a_borrower_is_told_of() -> None:
    open_catalogue(date(2026, 4, 1))
    sold = ProductVersion.objects.filter(status="live")

    assert sold.filter(early_charge_rate__gt=0, early_charge_months__gt=0, remainder_tolerance__gt=0).exists()
    assert sold.filter(business_day_roll="skip", business_calendar="CN", allows_agreed_instalment=True).exists()
    assert sold.filter(allows_drawdowns=True, line_open_months__gt=0, charge_off_makes_all_due=True).exists()
    assert sold.filter(is_purchase=True, refund_gives_interest_back=True).exists()
    for version in sold:
        require_product_within_cap(version, version.effective_from)
