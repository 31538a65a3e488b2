"""The pages of verifications: started and cancelled by who may close the books, watched by who may read them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import business_date
from loans.models import LoanPosition
from operations import verifications
from operations.models import Verification, VerificationDifference
from tests.loans.books import close_until
from tests.loans.factories import DISBURSED, LoanFactory
from tests.operations.factories import VerificationFactory

SignIn = Callable[..., Client]
PLACE = "/app/books/verification/"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_button_verifies_the_books_and_shows_what_was_found(client: Client, signed_in: SignIn) -> None:
    loan = LoanFactory(active=True)
    close_until(DISBURSED + timedelta(days=9))
    LoanPosition.objects.filter(pk=loan.pk).update(days_past_due=7)
    signed_in(client, "finance")

    answer = client.post(f"{PLACE}start", {"all": "on"}, follow=True)

    run = Verification.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == run.get_absolute_url()
    assert "1 difference" in page and loan.number in page and "days_past_due" in page
    assert (run.closed_through, run.business_date) == (None, business_date.current())
    assert run.requested_by is not None and run.requested_by.username == "finance"
    assert "Verified" in client.get(PLACE).content.decode()


@pytest.mark.django_db
def test_a_run_under_way_asks_again_and_can_be_cancelled(client: Client, signed_in: SignIn) -> None:
    run = VerificationFactory(running=True)
    signed_in(client, "finance")

    assert f"{PLACE}{run.pk}/progress" in client.get(run.get_absolute_url()).content.decode()
    refused = client.post(f"{PLACE}start", follow=True).content.decode()
    cancelled = client.post(f"{PLACE}{run.pk}/cancel", follow=True).content.decode()

    assert "being verified already" in refused and Verification.objects.count() == 1
    assert "Cancelled" in cancelled and f"{PLACE}{run.pk}/progress" not in cancelled
    over = client.get(f"{PLACE}{run.pk}/progress")
    assert "hx-get" not in over.content.decode() and over["HX-Refresh"] == "true"  # its differences are on the page


@pytest.mark.django_db
def test_an_interrupted_run_is_resumed_by_its_button(client: Client, signed_in: SignIn) -> None:
    run = VerificationFactory(running=True, beat_at=timezone.now() - timedelta(hours=1))
    signed_in(client, "finance")
    assert "Resume" in client.get(run.get_absolute_url()).content.decode()

    page = client.post(f"{PLACE}{run.pk}/resume", follow=True).content.decode()

    run.refresh_from_db()
    assert run.is_clean and "No difference" in page


@pytest.mark.django_db
def test_who_only_reads_the_books_starts_nothing(client: Client, signed_in: SignIn) -> None:
    run = VerificationFactory(running=True)
    signed_in(client, "compliance")

    page = client.get(run.get_absolute_url())
    answers = [client.post(f"{PLACE}{end}") for end in ("start", f"{run.pk}/cancel", f"{run.pk}/resume")]

    assert page.status_code == 200 and "Cancel the verification" not in page.content.decode()
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert client.get(PLACE).status_code == 200


@pytest.mark.django_db
def test_who_may_not_read_the_books_sees_no_verification(client: Client, signed_in: SignIn) -> None:
    run = VerificationFactory(running=True)
    signed_in(client, "collector")

    assert [client.get(place).status_code for place in (PLACE, run.get_absolute_url())] == [403, 403]


@pytest.mark.django_db
def test_more_runs_and_differences_cost_no_more_queries(client: Client, signed_in: SignIn) -> None:
    run = VerificationFactory(done=True)
    signed_in(client, "compliance")

    def cost() -> list[int]:
        counts = []
        for place in (PLACE, run.get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                client.get(place)
            counts.append(len(queries))
        return counts

    cost()
    few = cost()
    VerificationFactory.create_batch(5, done=True)
    VerificationDifference.objects.bulk_create(
        VerificationDifference(run=run, place=n, whose=f"LN-{n}", figure="x", stored="1", rebuilt="2")
        for n in range(60)
    )

    assert cost() == few
    assert verifications.progress_of(run) == (run.chunks_planned, run.chunks_planned)
