"""Every kind of task can be done and ended by somebody, and stands in docs/tasks.md."""

import pytest
from django.apps import apps
from django.utils import translation

from casework.kinds import Choice, TaskKind, declare, kind_named, kinds, kinds_for
from casework.kinds_document import FILE, as_markdown
from casework.subjects import rows_seen
from staff.roles import ROLES
from tests.casework.kinds import CALL_BACK
from tests.staff.factories import UserFactory


def test_the_document_is_as_declared() -> None:
    assert FILE.read_text(encoding="utf-8") == as_markdown(), "a kind changed: ./dev manage write_task_kinds"


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.code)
def test_somebody_can_do_it_and_somebody_hears_of_it(kind: TaskKind) -> None:
    apps.get_model(kind.about)
    for role in (*kind.teams, kind.escalates_to):
        assert "casework.work_task" in ROLES[role], f"{role} does no tasks"
    assert "casework.assign_task" in ROLES[kind.escalates_to], f"{kind.escalates_to} cannot give it to anybody"
    codes = [choice.code for choice in (*kind.steps, *kind.outcomes)]
    assert len(codes) == len(set(codes))


@pytest.mark.django_db
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.code)
def test_whoever_does_it_or_hears_of_it_may_see_what_it_is_about(kind: TaskKind) -> None:
    """Not each object: an officer sees those of their own. But a role without the right to any would never see the task."""
    for role in {*kind.teams, kind.escalates_to}:
        rows = rows_seen(UserFactory(roles=[role]), kind.about)
        assert rows is None or not rows.query.is_empty(), f"{role} sees no {kind.about}"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.code)
def test_its_words_are_told_also_where_a_fact_is_missing(kind: TaskKind, language: str) -> None:
    with translation.override(language):
        told = kind.told({})
    assert "%(" not in told and ("—" in told) == ("%(" in str(kind.words))


def test_an_amount_is_told_with_its_currency() -> None:
    facts = {"amount": "1234.5", "currency": "CNY", "paid_on": "2026-09-14"}
    assert kind_named("payment.unmatched").told(facts).startswith("¥ 1,234.50 that came on 2026-09-14")
    assert kind_named("payment.unmatched").told({**facts, "amount": "much"}).startswith("much that came")


def test_every_role_knows_its_kinds() -> None:
    assert {kind.code for kind in kinds_for(["operations"])} >= {"night.failed", "payout.refused"}
    assert kinds_for([]) == []


@pytest.mark.parametrize("wrong", [{"teams": ()}, {"outcomes": ()}, {"priority": 101}])
def test_a_kind_nobody_could_do_or_end_is_refused(wrong: dict[str, object]) -> None:
    given = {name: getattr(CALL_BACK, name) for name in ("code", "label", "about", "words", "escalates_to", "teams")}
    given |= {"outcomes": (Choice("done", "Done"),), "priority": 50}
    with pytest.raises(ValueError, match="it needs a team"):
        declare(TaskKind(**{**given, **wrong}))  # type: ignore[arg-type]
