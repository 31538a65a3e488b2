"""Approved wordings, versioned: a message keeps the wording it was sent with, a new wording is a new version."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.history import tracked
from messaging.models.message import Channel


class Template(models.Model):
    """One version of one wording for one channel and language; one version is active."""

    code = models.CharField(_("code"), max_length=40)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices, default=Channel.SMS)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=120, blank=True, default="")
    body = models.TextField(_("body"))
    version = models.PositiveIntegerField(_("version"), default=1)
    active = models.BooleanField(_("active"), default=True)
    history = tracked()

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["code", "channel", "language", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "channel", "language", "version"], name="messaging_template_version_once"
            ),
            models.UniqueConstraint(
                fields=["code", "channel", "language"],
                condition=models.Q(active=True),
                name="messaging_template_one_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.channel} {self.language} v{self.version}"
