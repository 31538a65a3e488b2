"""How the names of a borrower sound, by fingerprints: what ties a resident ID to a passport."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from borrowers.models.borrower import Borrower


class NameSound(models.Model):
    """One way in which a name told of the borrower may sound; nothing of the name can be read from it."""

    borrower = models.ForeignKey(Borrower, on_delete=models.CASCADE, related_name="name_sounds")
    sound_index = models.CharField(max_length=64, db_index=True, editable=False)

    class Meta:
        verbose_name = _("sound of a name")
        verbose_name_plural = _("sounds of names")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["borrower", "sound_index"], name="borrowers_name_sound_once"),
        ]

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.sound_index[:8]}"
