"""A note on an object: written once, and corrected by a further note only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.fields import EncryptedTextField
from core.identifiers import new_id


def new_note_id() -> str:
    return new_id("note")


class NoteQuerySet(models.QuerySet["Note"]):
    def about(self, subject: models.Model) -> NoteQuerySet:
        return self.filter(object_type=subject._meta.label_lower, object_id=str(subject.pk))


class Note(models.Model):
    """``text`` has every personal number masked; what was written stands in ``sealed_text`` where there was one. Both are
    sealed: a note tells of a person also where it holds no number."""

    public_id = models.CharField(max_length=40, unique=True, default=new_note_id, editable=False)
    object_type = models.CharField(_("subject type"), max_length=80)
    object_id = models.CharField(pgettext_lazy("of a record", "subject"), max_length=64)
    object_label = models.CharField(_("about"), max_length=120)
    text = EncryptedTextField(_("note"))
    sealed_text = EncryptedTextField(_("note as written"), blank=True)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by", verbose_name=_("corrects")
    )
    written_at = models.DateTimeField(_("written at"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("written by"),
        db_index=False,
    )

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        default_permissions = ("view", "add")
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="casework_note_not_empty")]
        indexes = [models.Index(fields=["object_type", "object_id", "-id"], name="casework_note_subject")]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("casework:note", args=[self.public_id])
