"""The states of a product version: designed, agreed to, sold from its day on, replaced by the next."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.lifecycle import Lifecycle
from loans.models import ProductVersion
from loans.models import VersionStatus as S


class VersionStepRefused(DomainError):
    code = "version_step_refused"
    message = _("Version %(number)s of this product is “%(status)s”: it cannot become “%(to)s”.")


VERSIONS = Lifecycle(
    model=ProductVersion,
    states=S,
    # What a new house begins with, or brings from elsewhere, was agreed to there.
    begins=frozenset({S.DRAFT, S.LIVE, S.RETIRED}),
    steps={
        S.DRAFT: frozenset({S.AGREED}),
        S.AGREED: frozenset({S.LIVE, S.RETIRED}),
        S.LIVE: frozenset({S.RETIRED}),
        S.RETIRED: frozenset(),
    },
    step_refused=VersionStepRefused,
    named_by="version",
)

advance = VERSIONS.advance
