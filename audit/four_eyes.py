"""What a second person decides on in `audit`: people, rules, rights lent."""

from django.utils.translation import gettext_lazy as _

from audit import changes_by_two, delegations, people
from audit.changes_by_two import Declared
from core.models import Rule
from core.rules import forget_cached_rules

changes_by_two.declare(people.declared())
changes_by_two.declare(
    Declared(
        model=Rule,
        code="power.rule",
        label=_("Rule"),
        asked_with=("core.add_rule", "core.change_rule", "core.delete_rule"),
        after=forget_cached_rules,
    )
)
delegations.declare_request()
