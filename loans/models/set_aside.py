"""What came from the bank and could not be used: a file that nobody can read, a piece of news that fits nothing."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SetAside(models.Model):
    """A file or piece of news that was set aside, once however often it comes. Its bytes stay where they are.

    ``fingerprint`` is the SHA-256 of the file, or of what the news says. ``settled_on`` is the business date on which it was
    found settled: read after all, replaced, or taken away.
    """

    class What(models.TextChoices):
        FILE = "file", _("file")
        NEWS = "news", _("news about an order")

    class CameBy(models.TextChoices):
        UPLOAD = "upload", _("uploaded by a person")
        FETCHED = "fetched", _("brought by the bank's connection")
        FOLDER = "folder", _("reports of the bank")

    what = models.CharField(_("what"), max_length=8, choices=What)
    came_by = models.CharField(_("came by"), max_length=8, choices=CameBy)
    name = models.CharField(_("name"), max_length=200)
    fingerprint = models.CharField(max_length=64, editable=False)
    code = models.CharField(_("why"), max_length=60)
    set_aside_on = models.DateField(_("set aside on"))
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("brought by"),
        db_index=False,
    )
    settled_on = models.DateField(_("settled on"), null=True, blank=True)

    class Meta:
        verbose_name = _("set aside")
        verbose_name_plural = _("set aside")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["what", "fingerprint"], name="loans_setaside_once"),
            models.CheckConstraint(condition=models.Q(what__in=["file", "news"]), name="loans_setaside_what_known"),
            models.CheckConstraint(
                condition=models.Q(came_by__in=["upload", "fetched", "folder"]), name="loans_setaside_came_by_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["what", "name"], condition=models.Q(settled_on__isnull=True), name="loans_setaside_waiting"
            )
        ]

    def __str__(self) -> str:
        return self.name
