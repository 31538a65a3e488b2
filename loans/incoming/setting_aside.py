"""Setting aside what came from the bank and cannot be used, so that somebody looks after it (``loans.task_kinds``).

A repeat of what is set aside already writes nothing. It is settled by the fact: the file is read, replaced or taken away,
the news can be used after all.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from core.strict import flaw_of
from loans.banking.protocol import Report, Unread
from loans.models import SetAside
from staff.models import User

FILE, NEWS = SetAside.What.FILE, SetAside.What.NEWS
UNREADABLE, UNAVAILABLE = "bank_file_unreadable", "bank_file_unavailable"


class Refused(NamedTuple):
    """News of the bank, and the code of why nobody can use it."""

    report: Report
    code: str


def file_unreadable(
    *, name: str, sha256: str, came_by: SetAside.CameBy, on: date, by: User | None = None, code: str = UNREADABLE
) -> None:
    """Set a file aside that is no statement anybody can read. Once, however often it comes."""
    _set_aside([_row(FILE, came_by, name, sha256, code, on, by)])


def file_taken_in(*, name: str, on: date) -> None:
    """A file of that name was read: what was set aside under it is settled."""
    SetAside.objects.filter(what=FILE, name=_plain(name), settled_on__isnull=True).update(settled_on=on)


def reports_read(*, unread: Iterable[Unread], refused: Iterable[Refused], used: Collection[Report], on: date) -> None:
    """What a reading of all the bank's reports found: set aside what nobody can use, settle what stands no longer."""
    folder = SetAside.CameBy.FOLDER
    files = [_row(FILE, folder, one.name, one.fingerprint, one.code, on) for one in unread]
    news = [_row(NEWS, folder, one.report.reference, fingerprint(one.report), one.code, on) for one in refused]
    _set_aside([*files, *news])
    waiting = SetAside.objects.filter(came_by=folder, settled_on__isnull=True)
    keys = {key: (what, mark) for key, what, mark in waiting.values_list("pk", "what", "fingerprint")}
    if not keys:
        return
    lying, good = {row.fingerprint for row in files}, {fingerprint(report) for report in used}
    over = [key for key, (what, mark) in keys.items() if (mark not in lying if what == FILE else mark in good)]
    SetAside.objects.filter(pk__in=over).update(settled_on=on)


def fingerprint(report: Report) -> str:
    """Of what the news says: the same words again are the same news."""
    answer = report.answer
    said = (report.reference, answer.outcome, answer.code, answer.bank_reference, str(answer.booked_on or ""))
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _row(
    what: SetAside.What,
    came_by: SetAside.CameBy,
    name: str,
    mark: str,
    code: str,
    on: date,
    by: User | None = None,
) -> SetAside:
    return SetAside(
        what=what,
        came_by=came_by,
        name=_plain(name),
        fingerprint=mark,
        code=code[:60],
        set_aside_on=on,
        brought_by=by,
    )


def _set_aside(rows: list[SetAside]) -> None:
    if not rows:
        return
    marks = [row.fingerprint for row in rows]
    waiting = SetAside.objects.filter(fingerprint__in=marks, settled_on__isnull=True)
    known = set(waiting.values_list("what", "fingerprint"))
    fresh = {(row.what, row.fingerprint): row for row in rows if (row.what, row.fingerprint) not in known}
    SetAside.objects.bulk_create(
        fresh.values(),
        update_conflicts=True,
        unique_fields=["what", "fingerprint"],
        update_fields=["settled_on", "set_aside_on", "name"],
    )


def _plain(name: str) -> str:
    """The name as it can be shown, whoever chose it."""
    return "".join(sign for sign in name if flaw_of(sign) is None).strip()[:200] or "?"
