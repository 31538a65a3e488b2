"""What runs by itself: the schedule names tasks that exist, and tasks obey the house."""

from __future__ import annotations

import inspect

import pytest

from config.celery import BEAT_TABLE, app
from core.context import current

app.loader.import_default_modules()
OWN = sorted(name for name in app.tasks if not name.startswith("celery."))


def test_the_schedule_names_tasks_that_exist() -> None:
    assert {entry["task"] for entry in BEAT_TABLE.values()} <= set(OWN)


@pytest.mark.parametrize("name", OWN)
def test_tasks_are_named_after_their_app_and_take_named_arguments(name: str) -> None:
    task = app.tasks[name]
    app_name, _dot, verb = name.partition(".")
    assert task.__module__.split(".")[0].removeprefix("debt_") == app_name.removeprefix("debt_")
    assert verb
    kinds = {parameter.kind for parameter in inspect.signature(task.run).parameters.values()}
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY}, f"{name} takes positional arguments"


def test_a_task_runs_under_a_context_of_its_own() -> None:
    seen = []

    @app.task(name="tests.look")
    def look() -> None:
        seen.append(current())

    look.apply(task_id="0815")
    del app.tasks["tests.look"]
    assert (seen[0].channel, seen[0].request_id) == ("task", "task_0815")
    assert current().channel == "system"


def test_tasks_outlive_the_worker_that_dies_with_them() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.accept_content == ["json"]
