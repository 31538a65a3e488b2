"""Loan purposes: what a loan may be for, and what no loan of the house is given for."""

from django.db import models
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.history import tracked


class LoanPurpose(models.Model):
    """One purpose by its code, which never changes. A forbidden one is kept so that it can be named, and is refused."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("Chinese name"), max_length=80)
    forbidden = models.BooleanField(_("forbidden"), default=False)
    words = models.JSONField(
        _("words that give it away"),
        default=list,
        blank=True,
        help_text=_(
            "A note or goods with one of these words counts as this forbidden purpose. Between the parts of "
            "“buy…shares” up to six words may stand that say nothing by themselves; a blank at an end wants the "
            "end of a word there; “=shares” is the whole note; what overlaps “-stock pot” does not count."
        ),
    )
    active = models.BooleanField(pgettext_lazy("purpose", "active"), default=True)
    source = models.TextField(_("source"))
    history = tracked()

    class Meta:
        verbose_name = _("loan purpose")
        verbose_name_plural = _("loan purposes")
        ordering = ["forbidden", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(forbidden=True) | models.Q(words=[]), name="loans_purpose_words_of_forbidden"
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Its name in the reader's language."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name
