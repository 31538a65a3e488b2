"""Evidence from outside: put on file, listed, opened for a reason, not there for others, and nothing in it run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from audit.models import Approval, AuditEvent
from borrowers.models import Borrower
from casework import keeping, opening
from casework.evidence import bytes_of
from casework.models import Evidence
from casework.raising import raise_task
from casework.web.receiving import Bounded
from core import business_date
from staff.models import User
from tests.borrowers.factories import BorrowerFactory
from tests.casework import files
from tests.casework.kinds import declared
from tests.casework.papers import kept
from tests.debt_collections.factories import CaseFactory
from tests.loans.factories import ApplicationFactory, LoanFactory, RepaymentFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return UserFactory(roles=["officer"], display_name="Officer Zhao")


@pytest.fixture
def borrower(officer: User) -> Borrower:
    return BorrowerFactory(registered_by=officer)


def signed(person: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(person)
    return client


def papers(borrower: Borrower) -> str:
    return f"/app/papers/borrower/{borrower.number}/"


def upload(
    data: bytes = b"", name: str = "payslip.jpg", kind: str = "image/jpeg", **given: object
) -> dict[str, object]:
    file = {"file": SimpleUploadedFile(name, data, kind)} if data else {}
    return {"kind": "income", "source": "borrower", **file, **given}


def opened(client: Client, evidence: Evidence, **given: str) -> Any:
    return client.post(f"/app/evidence/{evidence.public_id}/open", {"open-reason": "legal", **given})


def test_the_story_of_a_paper(borrower: Borrower, officer: User) -> None:
    client = signed(officer)
    assert "Nothing is on file" in client.get(papers(borrower)).content.decode()
    sent = upload(files.photo_with_place(), original_seen_on=business_date.current().isoformat())
    assert client.post(f"{papers(borrower)}add", sent).status_code == 302
    evidence = Evidence.objects.get()
    for place in (papers(borrower), "/app/evidence/", f"{papers(borrower)}card"):
        assert "Proof of income" in client.get(place).content.decode()
    page = client.get(f"/app/evidence/{evidence.public_id}/").content.decode()
    assert evidence.sha256_sent in page and "seen by Officer Zhao" in page
    assert "payslip.jpg" not in page  # names tell of people too: shown with the content alone
    shown = opened(client, evidence)
    page = shown.content.decode()
    assert "payslip.jpg" in page and "no-store" in shown["Cache-Control"]
    address = page.partition(f"/app/evidence/{evidence.public_id}/pages/1?opened=")[2].partition('"')[0]
    picture = client.get(f"/app/evidence/{evidence.public_id}/pages/1?opened={address}")
    assert picture.status_code == 200 and picture["Content-Type"] == "image/jpeg"
    with Image.open(BytesIO(picture.content)) as seen:
        assert seen.size == (20, 40)
    event = AuditEvent.objects.get(action="revealed")
    assert (event.actor, event.object_type, event.reason) == (officer, "casework.evidence", "legal")


def test_nothing_that_is_sent_out_runs(borrower: Borrower, officer: User) -> None:
    client, evidence = signed(officer), kept(borrower, files.pdf(2), name="pay.pdf")
    word = opened(client, evidence).context["word"]
    for place in ("pages/2", "file"):
        answer = client.get(f"/app/evidence/{evidence.public_id}/{place}?opened={word}")
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Disposition"] == 'attachment; filename="pay.pdf"' and answer.content == bytes_of(evidence)
    assert client.get(f"/app/evidence/{evidence.public_id}/pages/3?opened={word}").status_code == 404
    assert AuditEvent.objects.filter(action="exported", object_id=str(evidence.pk)).exists()


def test_words_are_shown_as_words(borrower: Borrower, officer: User) -> None:
    client = signed(officer)
    words = "He said <script>alert(1)</script>\r\nand left"
    sent = {**upload(), "kind": "statement", "statement": words}
    assert client.post(f"{papers(borrower)}add", sent).status_code == 302
    page = opened(client, Evidence.objects.get()).content.decode()
    assert "He said &lt;script&gt;alert(1)&lt;/script&gt;\nand left" in page and "<img" not in page


def test_opening_needs_a_reason_a_right_and_counts(borrower: Borrower, officer: User) -> None:
    evidence = kept(borrower)
    client = signed(officer)
    assert opened(client, evidence, **{"open-reason": ""}).status_code == 422
    assert opened(client, evidence, **{"open-reason": "other"}).status_code == 422
    assert not AuditEvent.objects.filter(action="revealed").exists()
    looker = signed(UserFactory(roles=["risk_analyst"]))
    assert looker.get(f"/app/evidence/{evidence.public_id}/").status_code == 200
    assert opened(looker, evidence).status_code == 403
    for _n in range(200):
        answer = opened(client, evidence)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429 and "within an hour" in answer.content.decode()


def test_an_opening_is_for_one_person_one_paper_and_some_minutes(
    borrower: Borrower, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, evidence, other = signed(officer), kept(borrower), kept(borrower)
    word = opened(client, evidence).context["word"]
    place = f"/app/evidence/{evidence.public_id}/pages/1"
    assert client.get(f"{place}?opened={word}").status_code == 200
    assert client.get(place).status_code == 404
    assert client.get(f"{place}?opened={word}x").status_code == 404
    assert client.get(f"/app/evidence/{other.public_id}/pages/1?opened={word}").status_code == 404
    colleague = signed(UserFactory(roles=["compliance"]))
    assert colleague.get(f"{place}?opened={word}").status_code == 404
    monkeypatch.setattr(opening, "SECONDS", -1)
    assert client.get(f"{place}?opened={word}").status_code == 404


def test_what_is_about_another_is_not_there(borrower: Borrower) -> None:
    evidence, stranger = kept(borrower), signed(UserFactory(roles=["officer"]))
    before = AuditEvent.objects.count()
    for place in ("", "pages/1", "file"):
        assert stranger.get(f"/app/evidence/{evidence.public_id}/{place}").status_code == 404
    assert opened(stranger, evidence).status_code == 404
    assert stranger.post(f"/app/evidence/{evidence.public_id}/attach", {}).status_code == 404
    assert stranger.get(papers(borrower)).status_code == 404
    assert stranger.post(f"{papers(borrower)}add", upload(files.picture())).status_code == 404
    assert evidence.public_id not in stranger.get("/app/evidence/").content.decode()
    assert AuditEvent.objects.count() == before and Evidence.objects.count() == 1
    administrator = signed(UserFactory(roles=["administrator"]))
    assert administrator.get("/app/evidence/").status_code == 403


def test_a_medical_paper_is_not_there_for_other_roles(borrower: Borrower) -> None:
    evidence = kept(borrower, kind="medical", by=UserFactory(roles=["compliance"]))
    finance, lead = (signed(UserFactory(roles=[role])) for role in ("finance", "team_lead"))
    assert finance.get(f"/app/evidence/{evidence.public_id}/").status_code == 404
    assert "Medical" not in finance.get(papers(borrower)).content.decode()
    assert lead.get(f"/app/evidence/{evidence.public_id}/").status_code == 200


@pytest.mark.parametrize(
    ("data", "name", "kind", "told"),
    [
        (files.picture("GIF"), "a.gif", "image/gif", "a GIF picture"),
        (files.pdf(), "a.jpg", "image/jpeg", "is called .jpg, but holds a PDF"),
        (files.picture() + b"PK", "a.jpg", "image/jpeg", "something else is hidden in it"),
        (files.encrypted_pdf(), "a.pdf", "application/pdf", "protected by a password"),
    ],
    ids=["type", "disagrees", "polyglot", "password"],
)
def test_a_refusal_stands_on_the_form(
    borrower: Borrower, officer: User, data: bytes, name: str, kind: str, told: str
) -> None:
    answer = signed(officer).post(f"{papers(borrower)}add", upload(data, name, kind))
    assert answer.status_code == 422 and told in answer.content.decode()
    assert not Evidence.objects.exists()


def test_neither_or_both_is_refused_and_a_double_names_what_stands(borrower: Borrower, officer: User) -> None:
    client, evidence = signed(officer), kept(borrower, files.picture())
    for sent in (upload(), upload(files.picture(), statement="words")):
        answer = client.post(f"{papers(borrower)}add", sent)
        assert answer.status_code == 422 and "one of the two" in answer.content.decode()
    answer = client.post(f"{papers(borrower)}add", upload(files.picture()))
    assert answer.status_code == 409 and evidence.public_id in answer.content.decode()


class Long:
    """A body of 200 MB that is made as it is read; ``read_most`` is how much of it was asked for at once."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self.parts, self.read_most = self._parts(head, size, tail), 0
        self.length = len(head) + size + len(tail)
        self.left = b""

    @staticmethod
    def _parts(head: bytes, size: int, tail: bytes) -> Iterator[bytes]:
        yield head
        for _n in range(size // 1_000_000):
            yield bytes(1_000_000)
        yield tail

    def readline(self, size: int = -1) -> bytes:
        raise AssertionError("nobody reads a file line by line")

    def read(self, size: int = -1) -> bytes:
        self.read_most = max(self.read_most, size)
        while len(self.left) < size:
            part = next(self.parts, None)
            if part is None:
                break
            self.left += part
        taken, self.left = self.left[:size], self.left[size:]
        return taken


def test_200_megabytes_are_refused_while_they_come(
    borrower: Borrower, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("kind", "income"), ("source", "borrower"))
    )
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = Long(f"{fields}{file}".encode(), 200_000_000, b"\r\n--x--\r\n")
    held: list[int] = []
    receive = Bounded.receive_data_chunk

    def watched(handler: Bounded, raw_data: bytes, start: int) -> None:
        try:
            receive(handler, raw_data, start)
        finally:
            held.append(len(handler.data))

    monkeypatch.setattr(Bounded, "receive_data_chunk", watched)
    answer = signed(officer).generic(
        "POST",
        f"{papers(borrower)}add",
        CONTENT_TYPE="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(body.length),
        **{"wsgi.input": body},
    )
    assert answer.status_code == 413 and "larger than 20 MB" in answer.content.decode()
    assert max(held) <= 20_000_000 and held[-1] == 0
    assert body.read_most < 1_000_000 and next(body.parts, None) is None
    assert not Evidence.objects.exists()


def test_the_token_of_the_form_is_asked_for(borrower: Borrower, officer: User) -> None:
    client = signed(officer, enforce_csrf_checks=True)
    client.get(papers(borrower))
    refused = client.post(f"{papers(borrower)}add", upload(files.picture()))
    assert refused.status_code == 403 and not Evidence.objects.exists()
    token = client.cookies["csrftoken"].value
    assert client.post(f"{papers(borrower)}add", upload(files.picture(), csrfmiddlewaretoken=token)).status_code == 302


def test_each_object_has_its_papers_and_links_to_them() -> None:
    lead = UserFactory(roles=["team_lead", "collector"])
    client, loan, case = signed(lead), LoanFactory(active=True), CaseFactory()
    application, paid = ApplicationFactory(), RepaymentFactory(loan=loan)
    with declared() as kind:
        task = raise_task(kind.code, loan.borrower, facts={"since": "9"}, now=business_date.now())[0]
        places = {
            loan.borrower.get_absolute_url(): f"borrower/{loan.borrower.number}",
            loan.get_absolute_url(): f"loan/{loan.number}",
            application.get_absolute_url(): f"application/{application.number}",
            case.get_absolute_url(): f"case/{case.public_id}",
            task.get_absolute_url(): f"task/{task.number}",
        }
        for page, about in places.items():
            assert f"/app/papers/{about}/card" in client.get(page).content.decode(), page
            assert client.get(f"/app/papers/{about}/card").status_code == 200
            assert client.get(f"/app/papers/{about}/").status_code == 200
        assert client.get(f"/app/papers/payment/{paid.number}/").status_code == 200
        assert client.get("/app/papers/approval/none/").status_code == 404
        assert client.get("/app/papers/unknown/1/").status_code == 404


def test_attached_to_a_task_it_stands_there(borrower: Borrower, officer: User) -> None:
    client, evidence = signed(officer), kept(borrower)
    with declared() as kind:
        task = raise_task(kind.code, borrower, facts={"since": "9"}, now=business_date.now())[0]
        address = f"/app/evidence/{evidence.public_id}/attach"
        wrong = client.post(address, {"attach-word": "task", "attach-name": "TK-1900-000001"})
        assert wrong.status_code == 404 and "no such object" in wrong.content.decode()
        assert client.post(address, {"attach-word": "approval", "attach-name": "x"}).status_code == 404
        assert client.post(address, {"attach-word": "task", "attach-name": task.number}).status_code == 302
        assert task.number in client.get(f"/app/evidence/{evidence.public_id}/").content.decode()
        assert "Proof of income" in client.get(f"/app/papers/task/{task.number}/").content.decode()


def test_a_hold_is_set_and_lifted_from_the_page(borrower: Borrower) -> None:
    evidence, lawyer = kept(borrower), signed(UserFactory(roles=["compliance"]))
    address = f"/app/evidence/{evidence.public_id}/"
    assert lawyer.post(f"{address}hold", {"hold-reason": ""}).status_code == 422
    lawyer.post(f"{address}hold", {"hold-reason": "A court asks"})
    page = lawyer.get(address).content.decode()
    assert "A court asks" in page and "as long as the legal hold stands" in page
    assert evidence.public_id in lawyer.get("/app/evidence/?state=held").content.decode()
    assert "No evidence here" in lawyer.get("/app/evidence/?state=wiped").content.decode()
    lawyer.post(f"{address}lift", {"lift-reason": "Closed"})
    assert "Waits for a second person: Lifting a legal hold" in lawyer.get(address).content.decode()
    checker = signed(UserFactory(roles=["checker"]))
    asked = Approval.objects.get()
    assert "Lifting a legal hold" in checker.get("/app/approvals/").content.decode()
    assert asked.kind == "evidence.lift_hold"
    assert signed(UserFactory(roles=["officer"])).post(f"{address}hold", {"hold-reason": "x"}).status_code == 403


def test_a_newer_version_from_the_page(borrower: Borrower, officer: User) -> None:
    client, first = signed(officer), kept(borrower)
    assert first.public_id in client.get(f"{papers(borrower)}?replaces={first.public_id}").content.decode()
    client.post(f"{papers(borrower)}add", upload(files.picture(), replaces=first.public_id))
    assert Evidence.objects.get(replaces=first)
    assert "There is a newer version" in client.get(f"/app/evidence/{first.public_id}/").content.decode()
    foreign = kept(BorrowerFactory(registered_by=officer))
    wrong = client.post(
        f"{papers(borrower)}add", upload(files.pdf(), "a.pdf", "application/pdf", replaces=foreign.public_id)
    )
    assert wrong.status_code == 422


def test_the_lists_cost_the_same_however_many(borrower: Borrower, officer: User) -> None:
    client = signed(officer)
    kept(borrower)
    places = ("/app/evidence/", papers(borrower), f"{papers(borrower)}card")

    def cost(place: str) -> int:
        client.get(place)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(place).status_code == 200
        return len(queries)

    few = [cost(place) for place in places]
    for _n in range(12):
        kept(borrower)
    assert [cost(place) for place in places] == few
    assert max(few) <= 12, few


def test_both_languages(borrower: Borrower, officer: User) -> None:
    officer.language = "zh-hans"
    officer.save()
    client, evidence = signed(officer), kept(borrower)
    client.cookies["django_language"] = "zh-hans"
    for place in ("/app/evidence/", papers(borrower), f"/app/evidence/{evidence.public_id}/"):
        page = client.get(place).content.decode()
        assert "收入证明" in page and "Proof of income" not in page


def test_nothing_lies_around_after_a_refusal(borrower: Borrower, officer: User) -> None:
    before = set(keeping.older_than(timezone.now() + timedelta(hours=1)))
    signed(officer).post(f"{papers(borrower)}add", upload(files.pdf_with_script(), "a.pdf", "application/pdf"))
    assert set(keeping.older_than(timezone.now() + timedelta(hours=1))) == before
