"""What a half-filled form already tells: the identity number read out, and who may be the same person."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from borrowers import lookups, queries
from borrowers.identity import IdentityNumberInvalid, ResidentId, age, parse_resident_id, resident_id_in
from borrowers.models import Borrower, IdentityKind, Sex
from borrowers.onboarding import PROBLEMS
from borrowers.phones import is_phone
from core.choices import Tone, Toned
from staff.models import User
from staff.visibility import Kind, seen

ADULT_FROM = 18
_ID_LENGTH, _PHONE_LENGTH = 18, 11
_MOST = 5


class Sameness(Toned):
    """What two people have in common, and how much it says: an identity number names one person only."""

    IDENTITY = "identity", Tone.BAD, _("same identity number")
    PHONE = "phone", Tone.ATTENTION, _("same mobile")
    NAME = "name", Tone.NEUTRAL, _("same name")


@dataclass(frozen=True, slots=True)
class Likeness:
    """A borrower on file and what is the same."""

    borrower: Borrower
    same: tuple[Sameness, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The state of the form while somebody types. ``phone`` is None while it is too short."""

    typed: int
    resident: ResidentId | None
    problem: str
    age: int | None
    phone: bool | None
    likenesses: list[Likeness]

    @property
    def sex_label(self) -> str:
        return str(Sex(self.resident.sex).label) if self.resident else ""

    @property
    def is_minor(self) -> bool:
        return self.age is not None and self.age < ADULT_FROM

    @property
    def not_born_yet(self) -> bool:
        return self.age is not None and self.age < 0


def read_while_typing(*, kind: str, number: str, phone: str, name: str, on: date, by: User) -> Reading:
    """Read what is there; a number that is not complete yet is no mistake yet.

    Complete numbers are counted as looked up, and tell of nobody whom the person does not see; whether another document
    is complete is known only when it is sent. Raises LookupQuotaReached.
    """
    resident_number = number if resident_id_in(number) else ""
    lookups.count(resident_number, phone if is_phone(phone) else "", by=by)
    typed = len("".join(number.split()))
    resident, problem = None, ""
    if kind == IdentityKind.CN_RESIDENT_ID and typed >= _ID_LENGTH:
        resident, problem = _resident(number)
    return Reading(
        typed=typed if kind == IdentityKind.CN_RESIDENT_ID else 0,
        resident=resident,
        problem=problem,
        age=age(resident.birth_date, on) if resident else None,
        phone=is_phone(phone) if len("".join(phone.split())) >= _PHONE_LENGTH else None,
        likenesses=_likenesses(resident_number, phone, name, by),
    )


def _resident(number: str) -> tuple[ResidentId | None, str]:
    try:
        return parse_resident_id(number), ""
    except IdentityNumberInvalid as error:
        return None, str(PROBLEMS[error.problem])


def _likenesses(number: str, phone: str, name: str, by: User) -> list[Likeness]:
    """The same identity number comes first: it is the same person."""
    found: dict[int, tuple[Borrower, list[Sameness]]] = {}
    searches = (
        (Sameness.IDENTITY, seen(queries.with_identity(number), by, Kind.BORROWER) if number.strip() else None),
        (Sameness.PHONE, seen(queries.with_phone(phone), by, Kind.BORROWER) if phone.strip() else None),
        (Sameness.NAME, seen(queries.with_name(name), by, Kind.BORROWER) if name.strip() else None),
    )
    for what, people in searches:
        for borrower in people[:_MOST] if people is not None else ():
            found.setdefault(borrower.pk, (borrower, []))[1].append(what)
    return [Likeness(borrower, tuple(same)) for borrower, same in found.values()][:_MOST]
