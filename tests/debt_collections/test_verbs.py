"""The small acts on a case behind its menu, and calling: what they do, where they lead, what they never fill in."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.debt_collections.factories import LATE, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
BENCH = "/app/collections/"


@pytest.fixture
def collector(client, signed_in):
    return signed_in(client, "collector", username="wang", display_name="王丽")


@pytest.mark.parametrize(
    ("verb", "data", "field", "value"),
    [
        ("classify", {"reason": "hardship"}, "reason", "hardship"),
        ("snooze", {"until": LATE + timedelta(days=1)}, "next_action_at", at("00:00", LATE + timedelta(days=1))),
        ("hold", {"reason": "illness", "until": LATE + timedelta(days=9)}, "status", "hold"),
    ],
)
def test_each_verb_does_its_act_and_goes_back(case, collector, verb, data, field, value) -> None:
    back = f"http://testserver{BENCH}?whose=all"

    response = collector.post(reverse("collections:act", args=[case.public_id, verb]), data | {"back": back})

    assert response["Location"] == back
    case.refresh_from_db()
    assert getattr(case, field) == value


def test_escalating_puts_the_case_before_the_team_lead(case, collector) -> None:
    collector.post(reverse("collections:act", args=[case.public_id, "escalate"]), {"note": "moves away"})

    assert "queue-row" in collector.get(f"{BENCH}?whose=escalated").content.decode()


def test_a_verb_never_sends_people_to_another_host(case, collector) -> None:
    address = reverse("collections:act", args=[case.public_id, "escalate"])

    response = collector.post(address, {"note": "x", "back": "https://elsewhere.example/app/"})

    assert response["Location"] == BENCH


def test_in_a_dialog_a_verb_answers_with_its_form_and_with_where_to_go(case, collector) -> None:
    address = reverse("collections:act", args=[case.public_id, "snooze"])
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": f"http://testserver{BENCH}"}

    form = collector.get(address, **htmx)
    refused = collector.post(address, {"until": LATE}, **htmx)
    done = collector.post(address, {"until": LATE + timedelta(days=2)}, **htmx)

    assert "<html" not in form.content.decode()
    assert refused.status_code == 422
    assert "Put a case off to a day from" in refused.content.decode()
    assert (done.status_code, done["HX-Redirect"]) == (204, f"http://testserver{BENCH}")


def test_the_extension_dialog_shows_the_price_before_it_is_granted(case, collector) -> None:
    loan = case.borrower.loans.get()
    address = reverse("collections:act", args=[case.public_id, "extend"])

    short = collector.get(f"{address}?loan={loan.pk}&days=30").content.decode()
    long = collector.get(f"{address}?loan={loan.pk}&days=60").content.decode()

    assert "30 more days cost ¥ 177.53 of interest" in short
    assert "a second person will be asked" in long
    assert "a second person will be asked" not in short


@pytest.mark.parametrize("verb", ["extend", "write-off"])
def test_a_reason_is_never_given_for_the_collector(case, client, signed_in, verb) -> None:
    lead, loan = signed_in(client, "collector"), case.borrower.loans.get()
    address = reverse("collections:act", args=[case.public_id, verb])

    opened = lead.get(f"{address}?loan={loan.pk}").context["form"]
    typed = lead.get(f"{address}?loan={loan.pk}&days=9&reason=salary+day").context["form"]

    assert opened["reason"].value() is None
    assert typed["reason"].value() == "salary day"


def test_after_calling_the_filter_and_every_link_are_those_of_the_bench(case, collector) -> None:
    point = case.borrower.contact_points.get(kind="mobile")
    address = reverse("collections:dial", args=[case.public_id])

    page = collector.post(address, {"contact_point": point.pk, "query": "whose=all&stage=M1"}).content.decode()

    assert f'name="next" value="{BENCH}?whose=all&amp;stage=M1&amp;case={case.public_id}"' in page
    assert 'name="query" value="whose=all&amp;stage=M1"' in page
    assert f"{address}?" not in page
