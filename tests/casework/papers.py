"""Evidence as tests take it in."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.db import models

from casework.evidence import Told, take_in
from casework.models import Evidence
from core import business_date
from staff.models import User
from tests.casework import files
from tests.staff.factories import UserFactory

_NUMBERS = count()


def told(**given: Any) -> Told:
    return Told(**{"kind": "income", "source": "borrower", "name": "payslip.jpg", **given})


def kept(subject: models.Model, data: bytes | None = None, *, by: User | None = None, **given: Any) -> Evidence:
    """Evidence about ``subject``: by default a picture that is like no other."""
    options = {name: given.pop(name) for name in ("client", "replaces", "on") if name in given}
    data = files.picture(comment=f"picture {next(_NUMBERS)}".encode()) if data is None else data
    options.setdefault("on", business_date.current())
    return take_in(
        data, subject, told(**given), by=by or UserFactory(roles=["officer"]), **options, now=business_date.now()
    )
