"""Every rule code the code reads: what it is about, what it may say. Apps declare theirs in ``rules_declared.py``."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.rulebook.shapes import Shape


class Subject(TextChoices):
    """What rules are about, as the pages of the rulebook group them."""

    PRICE = "price", _("Price")
    LENDING = "lending", _("Who may borrow, and how much")
    AUTHORITY = "authority", _("Who may decide alone")
    LATE = "late", _("Being late")
    CONTACT = "contact", _("Reaching people and their accounts")
    COLLECTIONS = "collections", _("Collections")
    PRIVACY = "privacy", _("Personal data")
    WORK = "work", _("Tasks and evidence")
    BOOKS = "books", _("Days and books")


class RuleUnknown(NotFound):
    """No code reads a rule of this name."""

    code = "rule_unknown"
    message = _(
        "No rule is called %(rule)s. Choose one of the rulebook: a rule that nothing reads would change nothing."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKind:
    """A rule the code reads.

    ``told`` says in a sentence what it decides. ``published``: the figure is published elsewhere on its day, as an index
    rate is, so that it may be entered after that day; every other rule takes hold on a day to come.
    """

    code: str
    subject: Subject
    label: str | Promise
    told: str | Promise
    shape: Shape
    published: bool = False


_kinds: dict[str, RuleKind] = {}


def declare_rule(kind: RuleKind) -> None:
    """Make a rule known; called when Django starts. Raises ValueError for a code that is declared already."""
    if kind.code in _kinds:
        raise ValueError(f"the rule {kind.code} is declared twice")
    _kinds[kind.code] = kind


def rule_kinds() -> Mapping[str, RuleKind]:
    """Every declared rule by its code."""
    return _kinds


def rule_kind(code: str) -> RuleKind:
    """The rule of the code. Raises RuleUnknown."""
    if code not in _kinds:
        raise RuleUnknown(rule=code)
    return _kinds[code]
