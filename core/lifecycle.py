"""The life of whatever has states: one table of steps a model, one function that takes a step.

The room of a model declares its ``Lifecycle`` once: the states, the table, what a refusal is called. Every change of the
state of a stored row goes through ``advance`` of that declaration; many rows at once are moved by SQL, which may only
do what the table allows (``tests/test_lifecycles.py`` holds both).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, TextChoices
from django.utils.translation import gettext_lazy as _

from core import rows
from core.context import acting_for
from core.errors import DomainError
from core.history import update_tracked

Row = TypeVar("Row", bound=Model)


class NotInState(DomainError):
    """The row is in a state in which this cannot be done."""

    code = "not_in_state"
    message = _("%(number)s is “%(status)s”; this needs one that is: %(allowed)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle(Generic[Row]):
    """The states of ``model`` and the steps between them.

    ``steps`` names for every state of ``states`` those that may follow; a row is made in one of ``begins``. The refusals
    are raised with ``number`` (the attribute ``named_by`` of the row), ``status`` (in words), ``current_status`` (its
    code) and ``allowed``; a refused step also with ``to``, the state that cannot be reached, in words.
    """

    model: type[Row]
    states: type[TextChoices]
    begins: frozenset[str]
    steps: Mapping[str, frozenset[str]]
    step_refused: type[DomainError]
    not_in_state: type[DomainError] = NotInState
    named_by: str = "number"
    column: str = "status"

    def require(self, row: Row, /, *allowed: str) -> None:
        """Refuse unless ``row`` is in one of the states ``allowed``. Raises ``not_in_state``."""
        current = self._state_of(row)
        if current not in allowed:
            raise self.not_in_state(
                number=getattr(row, self.named_by),
                status=self.states(current).label,
                current_status=current,
                allowed=", ".join(str(self.states(state).label) for state in allowed),
            )

    def require_step(self, row: Row, to: str, /) -> None:
        """Refuse unless the table leads from the state of ``row`` to ``to``. Raises ``step_refused``."""
        if not self.leads(row, to):
            current = self._state_of(row)
            raise self.step_refused(
                number=getattr(row, self.named_by),
                status=self.states(current).label,
                to=self.states(to).label,
                current_status=current,
                allowed=sorted(self.steps[current]),
            )

    def advance(self, row: Row, to: str, /, *, reason: str = "", **columns: object) -> Row:
        """Move ``row``, which the caller holds, to ``to`` and write the ``columns`` that belong to the step with it.

        One statement, with the history row where the model has a history; a ``reason`` is kept there. Nothing else of
        the row is written. Raises ``step_refused``.
        """
        self.require_step(row, to)
        written = {self.column: self.states(to), **columns}
        for name, value in written.items():
            setattr(row, name, value)
        with acting_for(None, reason=reason):
            if hasattr(self.model, "history"):
                update_tracked(row, written)
            else:
                rows.update(row, *written)
        return row

    def leads(self, row: Row, to: str, /) -> bool:
        """Whether the table has a step from the state of ``row`` to ``to``."""
        return to in self.next_of(row)

    def next_of(self, row: Row, /) -> frozenset[str]:
        """The states that may follow the one ``row`` is in."""
        return self.steps[self._state_of(row)]

    def before(self, to: str, /) -> frozenset[str]:
        """The states from which a step leads to ``to``."""
        return frozenset(state for state, following in self.steps.items() if to in following)

    def _state_of(self, row: Row) -> str:
        return str(getattr(row, self.column))
