"""What addresses lead to, what the admin shows, as what a file is saved: nothing beyond what the person sees."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casework import clock, holds
from casework.evidence import attach
from casework.evidence_queries import seen_by
from casework.examining.names import cleaned_name
from casework.examining.refusals import EvidenceNameRefused
from casework.models import Evidence
from core import business_date
from tests.borrowers.factories import BorrowerFactory
from tests.casework.papers import kept
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def client_of(*roles: str, **given: object) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(roles=list(roles), **given))
    return client


def saved_from(client: Client, evidence: Evidence, place: str) -> object:
    word = client.post(f"/app/evidence/{evidence.public_id}/open", {"open-reason": "legal"}).context["word"]
    return client.get(f"/app/evidence/{evidence.public_id}/{place}?opened={word}")


@pytest.mark.parametrize(
    "path",
    [
        "/app/evidence/a%00b/",
        "/app/evidence/a%00b/file",
        "/app/notes/a%00b/",
        "/app/papers/borrower/a%00b/",
        "/app/papers/a%00/b/",
        "/app/papers/approval/1%00/",
        "/app/papers/approval/99999999999999999999999/",
        "/app/papers/approval/a/",
        "/app/papers/loan/" + "x" * 3000 + "/",
    ],
)
def test_an_address_that_nobody_writes_leads_nowhere(path: str) -> None:
    assert client_of("compliance").get(path).status_code == 404


def test_a_text_has_no_pages_to_draw() -> None:
    evidence = kept(BorrowerFactory(), b"words", kind="statement", name="s.txt")
    client = client_of("compliance")
    for page in ("0", "1", "2", "99999999999"):
        assert saved_from(client, evidence, f"pages/{page}").status_code == 404


@pytest.mark.parametrize(
    ("name", "saved"), [("a.csv", "a.csv.txt"), ("a.TXT", "a.TXT"), ("a.txt", "a.txt"), ("words", "words.txt")]
)
def test_a_text_is_saved_as_a_text(name: str, saved: str) -> None:
    """Called a sheet, its formulas would run when it is opened."""
    evidence = kept(BorrowerFactory(), b"=cmd|' /C calc'!A0,1\n", kind="statement", name=name)
    answer = saved_from(client_of("compliance"), evidence, "file")
    assert answer["Content-Disposition"] == f'attachment; filename="{saved}"'


@pytest.mark.parametrize(
    ("given", "name"),
    [("CON.pdf", "_CON.pdf"), ("nul", "_nul"), ("Com1.tar.txt", "_Com1.tar.txt"), ("CONTRACT.pdf", "CONTRACT.pdf")],
)
def test_a_device_is_no_name(given: str, name: str) -> None:
    assert cleaned_name(given) == name


@pytest.mark.parametrize("given", ["借" * 116 + ".pdf", "😀" * 115 + "a.pdf"])
def test_a_name_that_no_disk_takes_is_refused_with_what_fits(given: str) -> None:
    with pytest.raises(EvidenceNameRefused) as refusal:
        cleaned_name(given)
    most = refusal.value.context["most"]
    assert len(cleaned_name(given[:1] * (most - 5) + "a.pdf").encode()) <= 255


def test_the_admin_shows_no_paper_that_is_for_other_roles() -> None:
    lawyer, borrower = UserFactory(roles=["compliance"]), BorrowerFactory()
    hidden, seen = kept(borrower, kind="medical", by=lawyer), kept(borrower)
    finance = client_of("finance", is_staff=True)
    page = finance.get("/admin/casework/evidence/").content.decode()
    assert seen.public_id in page and hidden.public_id not in page
    assert finance.get(f"/admin/casework/evidence/{hidden.pk}/change/").status_code in (302, 404)
    shown = finance.get(f"/admin/casework/evidence/{seen.pk}/change/").content.decode()
    assert seen.sha256_sent not in shown and seen.fingerprint not in shown


@pytest.mark.parametrize("table", ["evidencelink", "evidencehold"])
def test_nor_what_it_is_attached_to_and_whether_it_is_held(table: str) -> None:
    lawyer = UserFactory(roles=["compliance"])
    hidden, seen = kept(BorrowerFactory(), kind="medical", by=lawyer), kept(BorrowerFactory())
    for evidence in (hidden, seen):
        attach(evidence, BorrowerFactory(), by=lawyer, now=clock.now())
        holds.put_under_hold(evidence_id=evidence.pk, reason="A court", by=lawyer, on=business_date.current())
    root = client_of("finance", is_staff=True, is_superuser=True)  # no role sees these tables
    page = root.get(f"/admin/casework/{table}/").content.decode()
    assert seen.public_id in page and hidden.public_id not in page


def test_a_version_for_other_roles_is_not_named() -> None:
    borrower = BorrowerFactory()
    first = kept(borrower, kind="other", by=UserFactory(roles=["finance"]))
    newer = kept(borrower, kind="medical", by=UserFactory(roles=["compliance"]), replaces=first)
    address = f"/app/evidence/{first.public_id}/"
    assert newer.public_id not in client_of("finance").get(address).content.decode()
    assert newer.public_id in client_of("compliance").get(address).content.decode()


def test_what_is_seen_is_looked_up_by_its_key() -> None:
    """No list of all that somebody sees is drawn up for a page: the plan asks each object's table by its key."""
    officer = UserFactory(roles=["officer"])
    mine, theirs = BorrowerFactory(registered_by=officer), BorrowerFactory(registered_by=UserFactory(roles=["officer"]))
    evidence, other = kept(mine), kept(theirs)
    attached = kept(theirs)
    attach(attached, mine, by=officer, now=clock.now())
    with CaptureQueriesContext(connection) as queries:
        assert set(seen_by(officer)) == {evidence, attached}
    asked = queries.captured_queries[-1]["sql"]
    assert "::bigint" in asked and "::varchar" not in asked
    assert other not in seen_by(officer)
