"""A world that the tests of a class or module share: made once, and each test sees it untouched.

What takes seconds to live through (a demo, a tape, a loan with a history) is lived in a transaction around these
tests; a test's own transaction lies inside it and is rolled back as ever. Fetch objects anew in each test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker


@contextmanager
def shared(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For a fixture of that scope which also asks for ``django_db_setup``: what is written inside goes at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
