"""The benchmark of nights runs on a small book, by command as anybody runs it; rarely otherwise."""

import json

import pytest

from benchmarks import night as bench

pytestmark = pytest.mark.django_db(transaction=True)
