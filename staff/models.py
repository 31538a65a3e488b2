"""A member of staff. Rights come from roles (groups), preferences belong to the person and follow them to any desk."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.history import tracked
from staff.reaches import Reach, reaches_of_roles


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
    def sees_everything(self) -> bool:
        """Whether a role of the person reaches over every case, application and borrower (``staff.visibility``)."""
        return Reach.EVERYTHING in self.reaches

    @property
    def reaches(self) -> frozenset[Reach]:
        """How far the person sees, by all roles; a superuser sees everything."""
        if self.is_superuser:
            return frozenset({Reach.EVERYTHING})
        known = getattr(self, "role_names", None)  # read with the person of a session
        return reaches_of_roles(self.groups.values_list("name", flat=True) if known is None else known)

    @property
    def label(self) -> str:
        return self.display_name or self.get_full_name() or self.username


class AccountTie(models.Model):
    """Somebody made an account for another person, gave it roles or set its password. Rows only grow.

    ``agreed_by`` is the second person who agreed to it; without one, one person did it alone. ``emergency`` is the number
    of the request (``audit.Approval``) that ``agreed_by`` decided alone, which counts as nobody's agreement until a review
    says that it was right.
    """

    class What(models.TextChoices):
        MADE = "made", _("made the account")
        ROLES = "roles", _("gave it roles")
        PASSWORD = "password", _("set its password")

    account = models.ForeignKey(User, on_delete=models.PROTECT, related_name="ties", verbose_name=_("account"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    agreed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("agreed by")
    )
    emergency = models.PositiveBigIntegerField(_("request decided in an emergency"), null=True)
    what = models.CharField(_("what"), max_length=10, choices=What)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("tie between accounts")
        verbose_name_plural = _("ties between accounts")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=~models.Q(account=models.F("by")), name="staff_accounttie_another_person"),
            models.CheckConstraint(
                condition=models.Q(what__in=["made", "roles", "password"]), name="staff_accounttie_what"
            ),
            models.CheckConstraint(
                condition=models.Q(emergency__isnull=True) | models.Q(agreed_by__isnull=False),
                name="staff_accounttie_emergency_of_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.what} {self.by_id}"
