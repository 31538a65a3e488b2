"""The morning on which a version begins to hold. What is sold goes by the day alone (``loans.pricing.quotes``); this brings
the states in line with it.
"""

from datetime import date

from django.db import transaction

from loans.models import ProductVersion, VersionStatus
from loans.products.version_lifecycle import advance


@transaction.atomic
def take_effect(*, on: date) -> int:
    """Call live what begins by ``on`` and retire what it replaces. Safe to repeat; returns how many began."""
    due = ProductVersion.objects.select_for_update().filter(status=VersionStatus.AGREED, effective_from__lte=on)
    begun = list(due.order_by("pk"))
    for version in begun:
        replaced = ProductVersion.objects.select_for_update()
        for old in replaced.filter(product_id=version.product_id, status=VersionStatus.LIVE):
            advance(old, VersionStatus.RETIRED)
        advance(version, VersionStatus.LIVE)
    return len(begun)
