"""A hostile file takes its own process down, and nothing else."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from audit.reveals import Why
from casework.examining import apart
from casework.examining.content import ContentType
from casework.examining.examine import examine
from casework.examining.refusals import EvidenceBomb, EvidenceBusy, EvidenceTypeRefused, EvidenceUnreadable
from casework.examining.work import Order, Outcome, Work
from casework.models import Evidence
from casework.uploads import is_final
from tests.borrowers.factories import BorrowerFactory
from tests.casework import files
from tests.casework.examining.test_examine import LIMITS
from tests.casework.papers import kept
from tests.staff.factories import UserFactory

ORDER = Order(Work.REWRITE, ContentType.PDF, LIMITS)
TELL = "import json, sys; tell = lambda **c: print(json.dumps({'pages': 0, 'code': 'told', 'context': c}))\n"
BOUND = """
sys.path.insert(0, sys.argv[1])
from casework.examining.child import bind
from casework.examining.work import Bounds
import os, socket
bind(Bounds(cpu_seconds=5, memory=2_000_000_000, seconds=5))
def tried(act):
    try:
        act()
    except OSError as refusal:
        return type(refusal).__name__
    return 'done'
"""


def slow_pdf(megabytes: int = 12) -> bytes:
    """Within every limit, and minutes of work for who unpacks it: twelve megabytes written out in signs."""

    def change(writer: PdfWriter) -> None:
        stream = StreamObject()
        stream._data = b"87cUR" * (megabytes * 200_000) + b"~>"
        stream[NameObject("/Filter")] = NameObject("/ASCII85Decode")
        writer._add_object(stream)

    return files.pdf(change=change)


def test_a_file_that_takes_too_long_is_ended_and_the_next_one_is_read(settings: Any) -> None:
    settings.EVIDENCE_CPU_SECONDS = 1
    with pytest.raises(EvidenceUnreadable):
        examine(slow_pdf(), name="a.pdf", told="", limits=LIMITS)
    assert examine(files.pdf(2), name="a.pdf", told="", limits=LIMITS).pages == 2


def test_one_that_waits_is_ended_by_the_clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVIDENCE_SECONDS = 1
    monkeypatch.setattr(apart, "_PROGRAM", "import threading; threading.Event().wait()")
    with pytest.raises(EvidenceUnreadable):
        apart.rewritten(files.pdf(), LIMITS)


def test_a_file_that_takes_too_much_memory_is_ended(settings: Any) -> None:
    large = files.picture("PNG", (6_500, 6_500))
    settings.EVIDENCE_MEMORY_MB = 250
    with pytest.raises(EvidenceUnreadable):
        examine(large, name="a.png", told="", limits=LIMITS)
    assert examine(files.picture("PNG"), name="a.png", told="", limits=LIMITS).pages == 1


def test_what_it_tells_without_an_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MOST_TOLD", 100_000)
    monkeypatch.setattr(apart, "_PROGRAM", "import sys\nwhile True: sys.stdout.buffer.write(bytes(10_000))")
    with pytest.raises(EvidenceUnreadable):
        apart.rewritten(files.pdf(), LIMITS)


@pytest.mark.parametrize("told", ["print('nothing')", "print('{}')", "print('[1]'); print()", "import os; os._exit(0)"])
def test_what_it_tells_otherwise_is_not_believed(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_PROGRAM", told)
    with pytest.raises(EvidenceUnreadable):
        apart.rewritten(files.pdf(), LIMITS)


def outcome_of(program: str, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    monkeypatch.setattr(apart, "_PROGRAM", TELL + program)
    return apart._outcome(ORDER, files.pdf())


def test_nothing_of_ours_is_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_ENCRYPTION_KEYS", "secret-key")
    around = outcome_of("import os; tell(names=' '.join(os.environ), at=os.getcwd())", monkeypatch).context
    assert "KEY" not in around["names"] and "DATABASE" not in around["names"] and around["at"] == "/"


def test_it_opens_nothing_writes_nothing_and_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told = BOUND + "tell(file=tried(lambda: open('/etc/hostname')), net=tried(socket.socket), pipe=tried(os.pipe))"
    assert outcome_of(told, monkeypatch).context == {"file": "OSError", "net": "OSError", "pipe": "OSError"}


def test_refusals_come_through_in_the_language_of_who_sent_it() -> None:
    with pytest.raises(EvidenceBomb, match="100 MB"):
        examine(files.pdf_bomb(), name="a.pdf", told="", limits=LIMITS)
    with pytest.raises(EvidenceTypeRefused, match="a picture that moves"):
        examine(moving_png(), name="a.png", told="", limits=LIMITS)


def moving_png() -> bytes:
    held = BytesIO()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(held, "PNG", save_all=True, append_images=frames[1:])
    return held.getvalue()


def test_several_at_once_are_all_read() -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(apart.rewritten(files.pdf(3), LIMITS)[1])) for _n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 4


@pytest.mark.django_db
def test_a_bomb_sent_to_the_page_is_refused_and_leaves_nothing(client: Client, settings: Any) -> None:
    settings.EVIDENCE_CPU_SECONDS = 1
    borrower = BorrowerFactory()
    client.force_login(UserFactory(roles=["compliance"]))
    bomb = SimpleUploadedFile("bill.pdf", slow_pdf(), content_type="application/pdf")
    sent = {"kind": "income", "source": "borrower", "file": bomb}
    answer = client.post(f"/app/papers/borrower/{borrower.number}/add", sent)
    assert answer.status_code == 422 and "too much time or memory" in answer.content.decode()
    assert not Evidence.objects.exists()


@pytest.mark.django_db
def test_a_page_that_cannot_be_drawn_in_time_says_so(client: Client, settings: Any) -> None:
    evidence, officer = kept(BorrowerFactory(), files.pdf(2), name="a.pdf"), UserFactory(roles=["compliance"])
    client.force_login(officer)
    address = f"/app/evidence/{evidence.public_id}"
    page = client.post(f"{address}/open", {"open-reason": Why.LEGAL, "open-other": ""}).content.decode()
    picture = page.split(f'src="{address}/pages/1', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    assert client.get(f"{address}/pages/1{picture}").status_code == 200
    settings.EVIDENCE_MEMORY_MB = 20
    answer = client.get(f"{address}/pages/1{picture}")
    assert answer.status_code == 422 and "too much time or memory" in answer.content.decode()


def test_slow_pages_keep_nobody_from_taking_a_file_in(settings: Any) -> None:
    """All turns to draw are taken: another page waits no longer than a file may take, and is refused by name."""
    settings.EVIDENCE_SECONDS = 1
    turns = apart._DRAWN_AT_ONCE
    held = [turns.acquire() for _n in range(2)]
    try:
        with pytest.raises(EvidenceBusy) as refusal:
            apart.page_picture(files.picture(), ContentType.JPEG, 1)
        settings.EVIDENCE_SECONDS = 40
        assert examine(files.picture(), name="a.jpg", told="", limits=LIMITS).pages == 1
    finally:
        for _turn in held:
            turns.release()
    assert refusal.value.status == 503 and not is_final(refusal.value)
    assert apart.page_picture(files.picture(), ContentType.JPEG, 1)
