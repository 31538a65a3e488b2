"""The kinds of evidence there are, and which roles alone see those that not everybody should who sees the object.

For how long each is kept stands in the dated rule ``evidence_retention``, by the code of the kind.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid


class EvidenceKindUnknown(Invalid):
    code = "evidence_kind_unknown"
    field = "kind"
    message = _("%(kind)s is no kind of evidence. Choose one of the list.")


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """``only_for`` are the roles that see it, beside seeing the object; empty for everybody who sees the object."""

    code: str
    label: str | Promise
    only_for: frozenset[str] = frozenset()


_HEALTH = frozenset({"underwriter", "checker", "collector", "team_lead", "compliance"})

KINDS: dict[str, EvidenceKind] = {
    kind.code: kind
    for kind in (
        EvidenceKind("identity", _("Identity document")),
        EvidenceKind("income", _("Proof of income")),
        EvidenceKind("payment", _("Proof of payment")),
        EvidenceKind("medical", _("Medical paper"), _HEALTH),
        EvidenceKind("death_certificate", _("Death certificate")),
        EvidenceKind("court", _("Court paper")),
        EvidenceKind("correspondence", _("Correspondence")),
        EvidenceKind("statement", _("Statement in words")),
        EvidenceKind("other", _("Other")),
    )
}


def kind_named(code: str) -> EvidenceKind:
    """The kind with the code. Raises EvidenceKindUnknown."""
    try:
        return KINDS[code]
    except KeyError:
        raise EvidenceKindUnknown(kind=code) from None


def kinds_hidden_from(roles: Collection[str]) -> list[str]:
    """The codes of the kinds that somebody of ``roles`` does not see."""
    return [kind.code for kind in KINDS.values() if kind.only_for and not kind.only_for.intersection(roles)]
