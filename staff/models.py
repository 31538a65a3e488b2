"""A member of staff. Rights come from roles (groups), preferences belong to the person and follow them to any desk."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.history import tracked


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    CHINESE = "zh-hans", "中文"


class Theme(models.TextChoices):
    AUTO = "auto", _("Like my device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractUser):
    display_name = models.CharField(
        _("display name"), max_length=80, blank=True, help_text=_("Family name first where that is the custom.")
    )
    language = models.CharField(_("language"), max_length=10, choices=Language, default=Language.ENGLISH)
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    shortcuts_enabled = models.BooleanField(
        _("keyboard shortcuts"),
        default=True,
        help_text=_("Single-key shortcuts. Switch them off if you use speech input or a screen reader."),
    )

    # Password hashes must not pile up in history, and last_login would write a row for every sign-in.
    history = tracked(excluded_fields=["password", "last_login"])

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        constraints = [
            models.CheckConstraint(condition=models.Q(language__in=Language.values), name="staff_user_language_known"),
            models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="staff_user_theme_known"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return self.display_name or self.get_full_name() or self.username
