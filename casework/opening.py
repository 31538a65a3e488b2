"""Opening evidence: with the right, for a reason, within the quota, and never without a trace.

Whoever gave a reason may look at the pages for some minutes: a signed word in their addresses says who, and which evidence.
"""

from django.core import signing
from django.utils.translation import gettext_lazy as _

from audit import reveals
from casework.evidence_queries import OPEN
from casework.holds import EvidenceWiped
from casework.models import Evidence, Note, TaskEvent
from core.aftermath import whole
from core.errors import NotAllowed, NotFound
from staff.models import User

SECONDS = 600
_SALT = "casework.opening"


class OpeningNotAllowed(NotAllowed):
    code = "opening_not_allowed"
    message = _("You are not allowed to open evidence.")


class OpeningOver(NotFound):
    code = "opening_over"
    message = _("The time to look at this evidence is over. Open it again, with a reason.")


class NothingSealed(NotFound):
    code = "nothing_sealed"
    message = _("No number of this note is sealed.")


@whole()
def open_evidence(evidence: Evidence, *, why: str, note: str, by: User) -> str:
    """The word that lets ``by`` look for SECONDS. The audit event is stored before anything leaves.

    Raises OpeningNotAllowed, EvidenceWiped and what ``audit.reveals.record`` raises.
    """
    if not by.has_perm(OPEN):
        raise OpeningNotAllowed
    if evidence.wiped_on is not None:
        raise EvidenceWiped(on=evidence.wiped_on.isoformat())
    shown = {"field": "evidence", "about": evidence.object_label}  # not its kind: the log is for more eyes
    reveals.record(evidence, why=why, note=note, shown=shown, by=by)
    return signing.dumps([by.pk, evidence.pk], salt=_SALT)


def require_open(evidence: Evidence, word: str, by: User) -> None:
    """Raises OpeningOver unless ``word`` lets this person look at this evidence now."""
    try:
        found = signing.loads(word, salt=_SALT, max_age=SECONDS)
    except signing.BadSignature:
        raise OpeningOver from None
    if found != [by.pk, evidence.pk] or not by.has_perm(OPEN) or evidence.wiped_on is not None:
        raise OpeningOver


@whole()
def read_sealed(note: Note, *, why: str, words: str, by: User) -> str:
    """The note as it was written, with its numbers. Raises OpeningNotAllowed, NothingSealed and as ``record`` does."""
    if not by.has_perm(OPEN):
        raise OpeningNotAllowed
    if not note.sealed_text:
        raise NothingSealed
    reveals.record(note, why=why, note=words, shown={"field": "note", "about": note.object_label}, by=by)
    return str(note.sealed_text)


@whole()
def read_words(event: TaskEvent, *, why: str, words: str, by: User) -> str:
    """What a partner wrote of a task, with its numbers. Raises as ``read_sealed`` does."""
    if not by.has_perm(OPEN):
        raise OpeningNotAllowed
    if not event.sealed_note:
        raise NothingSealed
    reveals.record(event.task, why=why, note=words, shown={"field": "note", "about": event.task.object_label}, by=by)
    return str(event.sealed_note)
