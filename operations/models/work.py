"""Work that takes a while: who asked for it, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from core.choices import Toned


class Work(models.Model):
    """Something a person or the schedule began and a page watches. Each kind has a ``Status`` of its own: ``queued`` and
    ``running`` go on, ``done`` is the good end."""

    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        Status: type[Toned]
        status: models.CharField[str, str]

    class Meta:
        abstract = True

    @property
    def shown_status(self) -> Toned:
        """Its status as the choice that knows words and tone."""
        return self.Status(self.status)

    @property
    def status_now(self) -> Toned:
        """The same, unless a kind knows better than what is stored."""
        return self.shown_status

    @property
    def waiting(self) -> bool:
        """Something still happens, so a page that shows it should look again."""
        return self.status_now in ("queued", "running")

    @property
    def finished(self) -> bool:
        """It came to its end, and a good one."""
        return self.status == "done"
