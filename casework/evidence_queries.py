"""Reads of evidence and notes: what a person sees of them."""

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet

from casework.evidence_kinds import kinds_hidden_from
from casework.models import Evidence, EvidenceHold, EvidenceLink, Note
from casework.subjects import about_what_is_seen, there_is
from staff.models import User
from staff.roles import roles_of
from staff.visibility import sees_everything

VIEW, OPEN, HOLD = "casework.view_evidence", "casework.open_evidence", "casework.hold_evidence"


def seen_by(person: User) -> QuerySet[Evidence]:
    """Evidence about objects that the person sees, or attached to one, of the kinds that their roles see."""
    if not person.has_perm(VIEW):
        return Evidence.objects.none()
    about = about_what_is_seen(person, sees_all=sees_everything(person))
    attached = there_is(EvidenceLink.objects.standing().filter(about, evidence=OuterRef("pk")))
    return Evidence.objects.filter(about | Q(attached)).exclude(kind__in=kinds_hidden_from(roles_of(person)))


def on_file(person: User, subject: models.Model) -> QuerySet[Evidence]:
    """What the person sees of the evidence about ``subject``, which they see, and attached to it; newest first."""
    named = {"object_type": subject._meta.label_lower, "object_id": str(subject.pk)}
    attached = EvidenceLink.objects.standing().filter(**named).values("evidence")
    rows = (
        Evidence.objects.filter(Q(**named) | Q(pk__in=attached)) if person.has_perm(VIEW) else Evidence.objects.none()
    )
    return with_hold(rows.exclude(kind__in=kinds_hidden_from(roles_of(person)))).order_by("-id")


def with_hold(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """The rows with ``held``: whether a legal hold stands."""
    standing = EvidenceHold.objects.filter(evidence=OuterRef("pk"), lifted_on__isnull=True)
    return rows.annotate(held=Exists(standing)).select_related("received_by", "replaced_by")


def notes_on(person: User, subject: models.Model) -> QuerySet[Note]:
    """The notes on ``subject``, which the person sees, newest first."""
    if not person.has_perm("casework.view_note"):
        return Note.objects.none()
    return Note.objects.about(subject).select_related("written_by", "corrects", "corrected_by").order_by("-id")
