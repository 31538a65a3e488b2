"""What the benchmark of a month says of sizes: a slope worked out by hand, and every table of the database once."""

import pytest
from django.apps import apps

from benchmarks.mixed import _sizes, _slope


def test_the_slope_is_that_of_the_nearest_line() -> None:
    assert _slope([100, 110, 120, 130]) == 10
    assert _slope([5, 5, 5]) == 0
    assert _slope([0, 3, 3, 6]) == pytest.approx(1.8)  # (-1.5*0 - 0.5*3 + 0.5*3 + 1.5*6) / 5


@pytest.mark.django_db
def test_every_table_is_measured_and_a_partition_counts_for_its_table() -> None:
    sizes = _sizes()

    tables = {model._meta.db_table for model in apps.get_models() if model._meta.managed}
    assert tables <= set(sizes)
    assert not [table for table in sizes if table.endswith("_2026_06")]
    assert all(sizes.values())
