"""Taking evidence off what it was attached to by mistake. That it was attached, by whom, and why it is no more, stays."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.deciding import same_account
from audit.events import record
from casework.evidence import ADD
from casework.evidence_queries import HOLD
from casework.models import EvidenceLink
from casework.subjects import ends_of
from casework.words import kept_words
from core.errors import DomainError, NotAllowed, NotFound
from staff.models import User


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"
    field = "link"
    message = _("It is not attached there, or was taken off already.")


class AttachmentOfAnother(NotAllowed):
    code = "attachment_of_another"
    field = "link"
    message = _("What was attached is taken off by whoever attached it, or by who keeps legal holds.")


class AttachmentSettled(DomainError):
    code = "attachment_settled"
    field = "link"
    message = _(
        "%(about)s has come to its end, and what was decided there keeps what it was decided with. Who keeps legal holds "
        "can take it off."
    )


def may_detach(link: EvidenceLink, person: User) -> bool:
    """Whether the person may take it off, where what it is attached to still runs."""
    return person.has_perm(HOLD) or (person.has_perm(ADD) and same_account(link.by_id, person.pk))


@transaction.atomic
def detach(*, link_id: int, reason: str, by: User, now: datetime) -> EvidenceLink:
    """Take evidence off again. It no longer keeps the evidence from being wiped, nor shows it to anybody.

    Raises AttachmentNotFound, AttachmentOfAnother, AttachmentSettled, ReasonMissing, TextNotPlain, WordsTooLong.
    """
    link = EvidenceLink.objects.standing().select_for_update().filter(pk=link_id).first()
    if link is None:
        raise AttachmentNotFound
    if not may_detach(link, by):
        raise AttachmentOfAnother
    runs = ends_of(link.object_type, [link.object_id]).get(link.object_id) is None
    if not runs and not by.has_perm(HOLD):
        raise AttachmentSettled(about=link.object_label)
    link.detached_at, link.detached_by = now, by
    link.detached_because = kept_words(reason, field="reason", needed=True)
    link.save(update_fields=["detached_at", "detached_by", "detached_because"])
    record("detached", link.evidence, reason=link.detached_because, after={"from": link.object_label}, actor=by)
    return link
