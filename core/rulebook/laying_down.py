"""The shapes of all rules, laid down in PostgreSQL after each migrate, so that it refuses what does not fit."""

import json
from typing import Any

from django.db import connections
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.rulebook.kinds import rule_kinds

_LAY_DOWN = """
INSERT INTO core_ruleshape (code, shape, published) VALUES (%s, %s::jsonb, %s)
    ON CONFLICT (code) DO UPDATE SET shape = EXCLUDED.shape, published = EXCLUDED.published
 WHERE (core_ruleshape.shape, core_ruleshape.published) IS DISTINCT FROM (EXCLUDED.shape, EXCLUDED.published)
"""
_MISFITS = """
SELECT r.code, r.market, r.effective_from, coalesce(core_rule_problem(s.shape, r.data, ''), 'no code reads this rule')
  FROM core_rule r LEFT JOIN core_ruleshape s ON s.code = r.code
 WHERE s.code IS NULL OR core_rule_problem(s.shape, r.data, '') IS NOT NULL
 ORDER BY 1, 2, 3
"""


class RulesDoNotFit(DomainError):
    """Stored versions say what the code that was just installed cannot read."""

    code = "rules_do_not_fit"
    message = _("These versions of rules do not fit the code: %(problems)s. Install the code that made them.")


def lay_down(using: str = "default", **_signal: Any) -> None:
    """Receiver of ``post_migrate``. Raises RulesDoNotFit for versions stored that the code cannot read."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('core_ruleshape') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return  # migrated back to before there was a rulebook
        cursor.execute("DELETE FROM core_ruleshape WHERE code <> ALL(%s)", [list(rule_kinds())])
        for kind in rule_kinds().values():
            cursor.execute(_LAY_DOWN, [kind.code, json.dumps(kind.shape), kind.published])
        cursor.execute(_MISFITS)
        if misfits := cursor.fetchall():
            raise RulesDoNotFit(
                problems="; ".join(f"{code} {market} {on}: {what}" for code, market, on, what in misfits)
            )
