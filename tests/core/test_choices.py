"""Choices that know their tone: none without one, and no template chooses one by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from core.choices import Tone, Toned, bucket_tone
from tests.places import ROOT

# A comparison of a state with a text: what to show is the choice's own business, what to offer has a name on the model.
COMPARED = re.compile(
    r"\b(?:\w*status|\w*state|outcome|stage|risk_class|act|reach)(?:\.code)?\s*(?:==|!=|\bin\b|\bnot in\b)\s*[\"']"
)


def _toned(of: type[Toned] = Toned) -> Iterator[type[Toned]]:
    for choices in of.__subclasses__():
        yield choices
        yield from _toned(choices)


@pytest.mark.parametrize("choices", list(_toned()), ids=lambda choices: choices.__qualname__)
def test_every_member_has_a_tone_and_words(choices: type[Toned]) -> None:
    assert list(choices)
    for member in choices:
        assert isinstance(member.tone, Tone)
        assert member.label
        assert choices(str(member)) is member


def test_a_member_without_a_tone_cannot_be_written() -> None:
    with pytest.raises((TypeError, RuntimeError)):  # Python 3.11 wraps what a class body raises

        class Half(Toned):
            OPEN = "open", "open"


def test_what_a_badge_shows_of_a_row_are_the_choices_of_its_column() -> None:
    shown = 0
    for model in apps.get_models():
        for name in [name for name in vars(model) if name.startswith("shown_")]:
            column = model._meta.get_field(name.removeprefix("shown_")) if name != "shown_stage" else None
            if not isinstance(column, models.CharField):
                continue
            for value, words in column.choices or ():
                row = model(**{column.name: value})
                assert (getattr(row, name).label, getattr(row, name).value) == (words, value)
                shown += 1
    assert shown > 50


def test_templates_compare_no_state_with_a_text() -> None:
    broken = {
        f"{path.relative_to(ROOT / 'templates')}: {found}"
        for path in sorted((ROOT / "templates").glob("**/*.html"))
        for tag in re.findall(r"{%.*?%}", path.read_text(), flags=re.S)
        for found in COMPARED.findall(tag)
    }

    assert broken == set()


def test_from_the_second_bucket_on_lateness_is_bad() -> None:
    tones = [bucket_tone(bucket) for bucket in ("C", "", "M1", "M2", "M7")]

    assert tones == [Tone.GOOD, Tone.ATTENTION, Tone.ATTENTION, Tone.BAD, Tone.BAD]
