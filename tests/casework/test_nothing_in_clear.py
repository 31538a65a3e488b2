"""A stolen dump of the database and the folder of evidence tell nothing: neither who it is about nor what was said."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client

from audit.reveals import Why
from casework import notes, partner_tasks, uploads, working
from casework.evidence import Told
from casework.kinds import kind_named
from casework.models import EvidenceUploadPart, Task, TaskEvent, What
from casework.raising import raise_task
from core import business_date
from devtools.servers import postgres_program
from loans.task_kinds import EVIDENCE_WANTED
from partners.models import ApiKey
from tests.borrowers.factories import LIN_ID
from tests.casework import files
from tests.casework.papers import kept
from tests.loans.factories import ApplicantFactory, ApplicationFactory
from tests.partners.factories import CallerFactory
from tests.staff.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.machine]
PHONE, NAME = "13812341234", "hospital-bill-of-Lin.txt"
SAID = {
    "note": "She moved to Rose Lane 7 after the operation",
    "handed over": "Her brother answers at Rose Lane",
    "given back": "Nobody opens at Rose Lane",
    "ended": "She was found at Rose Lane",
    "asked": "Our customer lies at Saint Mary",
    "answered": "The bill of Saint Mary is attached",
}


def dump() -> str:
    """Everything in the database, as whoever makes the backup has it."""
    at = connection.settings_dict
    where = [
        "--host",
        str(at["HOST"]),
        "--username",
        str(at["USER"]),
        *(["--port", str(at["PORT"])] if at["PORT"] else []),
    ]
    told = subprocess.run(
        [postgres_program("pg_dump"), *where, "--no-password", str(at["NAME"])],
        capture_output=True,
        text=True,
        check=True,
        env={"PGPASSWORD": str(at["PASSWORD"])},
    )
    return told.stdout


def in_folder(folder: Path) -> bytes:
    return b"\n".join(str(path).encode() + path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "evidence": backend}
    assert storages["evidence"].location == str(tmp_path)
    return tmp_path


def test_a_dump_and_the_folder_hold_nothing_in_clear(folder: Path, client: Client) -> None:
    lin = ApplicantFactory(phone=PHONE, identity_number=LIN_ID)
    application, officer = ApplicationFactory(borrower=lin), UserFactory(roles=["compliance", "underwriter"])
    client.force_login(officer)
    kept(lin, files.SECRET.encode(), kind="statement", name=NAME)
    _preview(client, kept(lin, files.pdf(2), name="a.pdf").public_id)
    partner = _begin_upload(lin)
    notes.write(lin, f"{SAID['note']}, call {PHONE} or {LIN_ID}.", by=officer, now=business_date.now())
    _work(application, officer)
    complaint = kind_named("application.partner_complaint")
    asked = partner_tasks.raise_by_partner(
        complaint, application, words=SAID["asked"], cause="one", client=partner.client, now=business_date.now()
    )
    told, stored = dump(), in_folder(folder)
    assert asked.number in told and EvidenceUploadPart.objects.exists() and len(list(folder.rglob("*"))) > 3
    for secret in (lin.name, LIN_ID, PHONE, NAME, files.SECRET, "hospital", "Rose Lane", "Saint Mary", *SAID.values()):
        assert secret not in told, f"the dump tells {secret}"
        assert secret.encode() not in stored, f"the folder tells {secret}"
    notes_of = {event.what: event.note for event in TaskEvent.objects.exclude(note="")}
    assert notes_of[What.HANDED_OVER] == SAID["handed over"] and Task.objects.filter(status="done").exists()
    assert "Rose Lane" in client.get(f"/app/papers/borrower/{lin.number}/").content.decode()


def _preview(client: Client, public_id: str) -> None:
    page = client.post(f"/app/evidence/{public_id}/open", {"open-reason": Why.LEGAL, "open-other": ""})
    address = page.content.decode().split(f'src="/app/evidence/{public_id}/pages/1', 1)[1].split('"', 1)[0]
    picture = client.get(f"/app/evidence/{public_id}/pages/1{address.replace('&amp;', '&')}")
    assert picture.status_code == 200


def _begin_upload(lin: Any) -> ApiKey:
    """A partner's file of which one part has come."""
    CallerFactory(client__name="Lilac Phones")
    key, words = ApiKey.objects.get(client__name="Lilac Phones"), files.SECRET.encode()
    whole = uploads.Whole(about="cus_1", size=2 * len(words), sha256=hashlib.sha256(words * 2).hexdigest())
    told = Told(kind="statement", source="borrower", name=NAME)
    upload = uploads.begin(lin, told, whole, client=key.client, on=business_date.current(), now=business_date.now())
    last = len(words)  # a first part would have to be longer
    uploads.add_part(upload_id=upload.pk, offset=last, content=words, sha256=hashlib.sha256(words).hexdigest())
    return key


def _work(application: Any, officer: Any) -> None:
    """A task that is handed over, given back, answered by the partner and ended."""
    client = ApiKey.objects.get(client__name="Lilac Phones").client
    task, _new = raise_task(EVIDENCE_WANTED.code, application, facts={"what": "income"}, now=business_date.now())
    other = UserFactory(roles=["officer"])  # who sees what a partner brought
    working.take(task_id=task.pk, by=officer, now=business_date.now())
    working.hand_over(task_id=task.pk, to=other, by=officer, note=SAID["handed over"], now=business_date.now())
    working.give_back(task_id=task.pk, by=other, note=SAID["given back"], now=business_date.now())
    partner_tasks.answer(
        task_id=task.pk, note=SAID["answered"], evidence=[], client=client, by=client.acts_as, now=business_date.now()
    )
    working.finish(task_id=task.pk, outcome="received", note=SAID["ended"], by=other, now=business_date.now())
