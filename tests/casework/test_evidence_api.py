"""Partners send evidence in parts: interrupted, resumed, wrong, twice; about what is theirs, and nothing comes out again."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from typing import Any

import pytest

from casework import clock, keeping, retention, uploads
from casework.evidence import EvidenceTwice, bytes_of
from casework.models import Evidence, EvidenceUpload, EvidenceUploadPart, UploadStatus
from core import business_date
from loans.models import Loan
from tests.api.conftest import TODAY
from tests.api.town import lent
from tests.casework import files
from tests.casework.papers import kept
from tests.loans.factories import ProductVersionFactory
from tests.partners.factories import Caller, CallerFactory
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db
SENT = files.noise()
PIECE = 25_000


@pytest.fixture
def lilac(db: None) -> Caller:
    business_date.move_to(TODAY)
    return CallerFactory(client__name="Lilac Phones")


@pytest.fixture
def loan(lilac: Caller) -> dict[str, Any]:
    return lent(lilac, ProductVersionFactory().product)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def begun(caller: Caller, about: str, data: bytes = SENT, **given: object) -> Any:
    body = {"about": about, "kind": "income", "source": "borrower", "name": "pay.jpg", "size": len(data)}
    return caller.send("/evidence_uploads", {**body, "sha256": sha(data), **given})


def part(caller: Caller, upload: str, offset: int, data: bytes, **given: object) -> Any:
    body = {"offset": offset, "content": base64.b64encode(data).decode(), "sha256": sha(data), **given}
    return caller.send(f"/evidence_uploads/{upload}/parts", body)


def test_sent_in_parts_interrupted_and_resumed(lilac: Caller, loan: dict[str, Any]) -> None:
    answer = begun(lilac, loan["borrower"])
    assert answer.status_code == 201, answer.content
    upload = answer.json()["id"]
    assert answer["Location"].endswith(upload) and answer.json()["missing"] == [0]
    half = len(SENT) // 2
    assert part(lilac, upload, half, SENT[half:]).status_code == 200
    assert_problem(lilac.send(f"/evidence_uploads/{upload}/finish", {}), 409, "parts_missing")
    state = lilac.ask(f"/evidence_uploads/{upload}").json()
    assert (state["status"], state["received"], state["missing"]) == ("open", len(SENT) - half, [0])
    assert part(lilac, upload, 0, SENT[:half]).status_code == 200
    assert part(lilac, upload, 0, SENT[:half]).status_code == 200  # the answer was lost: sent again
    assert b"".join(keeping.kept(EvidenceUploadPart.objects.get(offset=0).storage_key)) == SENT[:half]
    done = lilac.send(f"/evidence_uploads/{upload}/finish", {})
    assert done.status_code == 201, done.content
    evidence = Evidence.objects.get()
    assert done.json()["id"] == evidence.public_id and done.json()["sha256"] == sha(SENT)
    assert done.json()["about"] == loan["borrower"] and "name" not in done.json()
    assert lilac.send(f"/evidence_uploads/{upload}/finish", {}).json()["id"] == evidence.public_id
    assert evidence.brought_by is not None and evidence.brought_by.name == "Lilac Phones"
    assert bytes_of(evidence) and not EvidenceUploadPart.objects.exists()
    assert lilac.ask(f"/evidence_uploads/{upload}").json()["evidence"] == evidence.public_id
    assert [row["id"] for row in lilac.ask("/evidence").json()["data"]] == [evidence.public_id]
    assert lilac.ask(f"/evidence/{evidence.public_id}").json()["content_type"] == "image/jpeg"
    assert_problem(part(lilac, upload, 0, SENT[:half]), 409, "upload_over")


def test_begun_twice_with_one_key_it_is_one_upload(lilac: Caller, loan: dict[str, Any]) -> None:
    body = {
        "about": loan["id"],
        "kind": "court",
        "source": "authority",
        "name": "a.jpg",
        "size": 5,
        "sha256": sha(SENT),
    }
    first = lilac.send("/evidence_uploads", body, key="one")
    again = lilac.send("/evidence_uploads", body, key="one")
    assert first.json()["id"] == again.json()["id"] and EvidenceUpload.objects.count() == 1


def test_parts_that_do_not_fit_are_refused(lilac: Caller, loan: dict[str, Any]) -> None:
    upload = begun(lilac, loan["id"]).json()["id"]
    assert_problem(part(lilac, upload, 0, SENT[:PIECE], sha256=sha(b"else")), 422, "part_checksum_wrong")
    assert_problem(part(lilac, upload, 0, SENT[:PIECE], sha256="Z" * 64), 422, "hash_malformed")
    assert_problem(part(lilac, upload, len(SENT) - 10, SENT[:PIECE]), 422, "part_out_of_place")
    assert part(lilac, upload, 0, SENT[:PIECE]).status_code == 200
    assert_problem(part(lilac, upload, 0, SENT[1 : PIECE + 1]), 409, "part_differs")
    assert_problem(part(lilac, upload, 50, SENT[50:PIECE]), 422, "part_out_of_place")
    assert_problem(part(lilac, upload, PIECE, b"x" * 500_001), 422, "part_too_large")
    wrong = part(lilac, upload, PIECE, SENT[90:99], content="not base64!")
    assert_problem(wrong, 422, "validation_failed")
    assert EvidenceUploadPart.objects.count() == 1


def test_parts_of_a_few_bytes_are_refused_except_where_nothing_else_is_missing(
    lilac: Caller, loan: dict[str, Any]
) -> None:
    upload = begun(lilac, loan["id"]).json()["id"]
    for offset in (0, 1, PIECE):
        assert_problem(part(lilac, upload, offset, SENT[offset : offset + 1]), 422, "part_too_small")
    assert not EvidenceUploadPart.objects.exists()
    later = PIECE + 7
    assert part(lilac, upload, len(SENT) - 1, SENT[-1:]).status_code == 200  # the last
    assert part(lilac, upload, later, SENT[later:-1]).status_code == 200
    assert part(lilac, upload, 0, SENT[:PIECE]).status_code == 200
    assert part(lilac, upload, PIECE, SENT[PIECE:later]).status_code == 200  # all that is missing
    assert lilac.send(f"/evidence_uploads/{upload}/finish", {}).status_code == 201


def test_a_whole_that_is_something_else_is_refused(lilac: Caller, loan: dict[str, Any]) -> None:
    other = files.picture("PNG", size=(600, 400))
    upload = begun(lilac, loan["id"], size=len(other)).json()["id"]
    part(lilac, upload, 0, other)
    assert_problem(lilac.send(f"/evidence_uploads/{upload}/finish", {}), 409, "upload_checksum_wrong")
    hostile = files.pdf_with_script()
    upload = begun(lilac, loan["id"], hostile, name="a.pdf").json()["id"]
    part(lilac, upload, 0, hostile)
    assert_problem(lilac.send(f"/evidence_uploads/{upload}/finish", {}), 422, "evidence_active")
    # What can never be kept is not kept for days either.
    assert not EvidenceUploadPart.objects.exists()
    assert set(EvidenceUpload.objects.values_list("status", flat=True)) == {UploadStatus.FORGOTTEN}
    assert_problem(lilac.send(f"/evidence_uploads/{upload}/finish", {}), 409, "upload_over")
    assert not Evidence.objects.exists()


def test_too_large_is_refused_before_anything_is_sent(lilac: Caller, loan: dict[str, Any]) -> None:
    assert_problem(begun(lilac, loan["id"], size=200_000_000), 413, "evidence_too_large")
    assert_problem(begun(lilac, loan["id"], size=0), 422, "validation_failed")
    assert_problem(begun(lilac, loan["id"], source="staff"), 422, "validation_failed")
    assert_problem(begun(lilac, loan["id"], name="/"), 422, "evidence_name_refused")


def test_a_double_of_ones_own_is_named_and_that_of_others_is_not_told(lilac: Caller, loan: dict[str, Any]) -> None:
    upload = begun(lilac, loan["id"]).json()["id"]
    part(lilac, upload, 0, SENT)
    evidence = lilac.send(f"/evidence_uploads/{upload}/finish", {}).json()["id"]
    twice = assert_problem(begun(lilac, loan["id"]), 409, "evidence_twice")
    assert twice["existing"] == evidence
    other = files.picture(size=(300, 200))
    kept(_loan_of(loan), other)
    assert begun(lilac, loan["id"], other).status_code == 201
    with pytest.raises(EvidenceTwice):  # staff are told of what a partner brought
        kept(_loan_of(loan), SENT)


def _loan_of(loan: dict[str, Any]) -> Loan:
    return Loan.objects.get(public_id=loan["id"])


def test_only_about_what_is_ones_own(lilac: Caller, loan: dict[str, Any]) -> None:
    harbour = CallerFactory(client__name="Harbour Pay")
    for about in (loan["id"], loan["borrower"], "loan_01JD0000000000000000000000"):
        assert_problem(begun(harbour, about), 422, "reference_unknown")
    upload = begun(lilac, loan["id"]).json()["id"]
    assert_problem(harbour.ask(f"/evidence_uploads/{upload}"), 404, "not_found")
    assert_problem(part(harbour, upload, 0, SENT), 404, "not_found")
    assert_problem(harbour.send(f"/evidence_uploads/{upload}/finish", {}), 404, "not_found")
    assert harbour.ask("/evidence").json()["data"] == []


def test_scopes_are_asked_for(lilac: Caller, loan: dict[str, Any]) -> None:
    reader = CallerFactory(client__name="Lilac Phones", scopes=["evidence:read", "loans:read"])
    assert_problem(begun(reader, loan["id"]), 403, "missing_scope")
    assert reader.ask("/evidence").status_code == 200
    blind = CallerFactory(client__name="Harbour Pay", scopes=["loans:read"])
    assert_problem(blind.ask("/evidence"), 403, "missing_scope")


def test_what_nobody_finishes_is_forgotten(lilac: Caller, loan: dict[str, Any]) -> None:
    upload = begun(lilac, loan["id"]).json()["id"]
    part(lilac, upload, 0, SENT[:PIECE])
    assert retention.forget_unfinished(clock.now()) == 0
    # By the clock on the wall, whatever day the books are open for.
    assert clock.now() - EvidenceUpload.objects.get().started_at < timedelta(minutes=5)
    assert retention.forget_unfinished(clock.now() + timedelta(days=4)) == 1
    row = EvidenceUpload.objects.get()
    assert row.status == UploadStatus.FORGOTTEN and row.name == "" and not row.parts.exists()
    assert_problem(part(lilac, upload, 0, SENT[:PIECE]), 409, "upload_over")


def test_only_so_many_are_begun_at_once(lilac: Caller, loan: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OPEN", 1)
    assert begun(lilac, loan["id"]).status_code == 201
    assert_problem(begun(lilac, loan["id"], files.pdf(), name="a.pdf"), 429, "uploads_too_many")
