"""The hash of a short statement is the statement, for who has a minute to try: so no hash is in clear."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pytest
from django.db import connection

from audit.models import AuditEvent
from casework import clock, opening, retention, uploads
from casework.evidence import Told
from core import business_date
from tests.borrowers.factories import BorrowerFactory
from tests.casework.papers import kept
from tests.partners.factories import ApiClientFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db
NUMBER = b"13800001234"
HASH = sha256(NUMBER).hexdigest()


def in_the_database(*tables: str) -> str:
    told = ""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t")
            rows = cursor.fetchall()
            assert rows
            told += str(rows)
    return told


def test_neither_row_nor_log_tells_a_hash_not_even_of_what_was_wiped() -> None:
    mine, other = (
        kept(BorrowerFactory(), NUMBER, kind="statement", name="s.txt", on=date(2010, 1, 1)) for _n in range(2)
    )
    assert mine.sha256_sent == other.sha256_sent == HASH
    assert mine.fingerprint != other.fingerprint  # that two people have the same paper is not seen either
    assert HASH not in in_the_database("casework_evidence", "audit_auditevent")
    assert retention.wipe_what_is_due(date(2040, 1, 1), now=clock.now()) == 2
    assert HASH not in in_the_database("casework_evidence", "audit_auditevent")


def test_parts_tell_no_hash() -> None:
    whole = uploads.Whole(about="x", size=len(NUMBER), sha256=HASH)
    told = Told(kind="statement", source="borrower", name="s.txt")
    upload = uploads.begin(
        BorrowerFactory(), told, whole, client=ApiClientFactory(), on=business_date.current(), now=clock.now()
    )
    uploads.add_part(upload_id=upload.pk, offset=0, content=NUMBER, sha256=HASH)
    assert HASH not in in_the_database("casework_evidenceupload", "casework_evidenceuploadpart")


def test_the_log_does_not_say_that_a_paper_is_a_medical_one() -> None:
    lawyer = UserFactory(roles=["compliance"])
    evidence = kept(BorrowerFactory(), kind="medical", by=lawyer)
    opening.open_evidence(evidence, why="legal", note="", by=lawyer)
    events = AuditEvent.objects.filter(object_type="casework.evidence", object_id=str(evidence.pk))
    assert events.count() == 2
    assert "medical" not in str(list(events.values()))
