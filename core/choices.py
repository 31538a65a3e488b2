"""Choices that know how they are shown: each member names its value, its tone and its words in one place.

Pages draw them by ``{% status_badge … %}`` and timelines by ``.tone``; nothing compares a status to choose a colour.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from django.db import models
from django.utils.functional import Promise


class Tone(StrEnum):
    """What a state means to whoever reads it. The colours are in ``tokens.css``; each has an icon of its own."""

    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"
    INFO = "info"
    NEUTRAL = "neutral"

    @property
    def icon(self) -> str:
        """The icon of the sprite that tells the tone without its colour; none where there is nothing to tell."""
        return _ICONS.get(self, "")


_ICONS = {
    Tone.GOOD: "circle-check",
    Tone.ATTENTION: "alert-triangle",
    Tone.BAD: "circle-x",
    Tone.INFO: "info-circle",
}


class Showable(Protocol):
    """What a badge can be made of."""

    @property
    def label(self) -> str | Promise: ...

    @property
    def tone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Shown:
    """A state that is no stored choice but worked out: its words and its tone."""

    label: str | Promise
    tone: Tone


class Toned(models.TextChoices):
    """Text choices whose members are written ``PAID = "paid", Tone.GOOD, _("paid")``.

    A member without a tone is a TypeError when its module is loaded.
    """

    tone: Tone

    def __new__(cls, value: str, tone: Tone | None = None) -> Self:
        if tone is None:  # optional only for whoever looks a member up by its value
            raise TypeError(f"{cls.__name__} {value!r} has no tone")
        member = str.__new__(cls, value)
        member._value_ = value
        member.tone = tone
        return member


# From the second bucket on a debt is no longer a slip of days; the tint says so before the number is read.
_BUCKETS = {"": Tone.ATTENTION, "C": Tone.GOOD, "M1": Tone.ATTENTION}


def bucket_tone(bucket: str) -> Tone:
    """The tone of a bucket of lateness; what is late without one calls for attention."""
    return _BUCKETS.get(bucket, Tone.BAD)
