"""The morning on which a version begins to hold, or a product is sold no longer. What is sold goes by the day alone
(``loans.pricing.quotes``); this brings the states in line with it.
"""

from datetime import date

from django.db import transaction

from loans.models import Product, ProductVersion, VersionStatus
from loans.products.version_lifecycle import advance


@transaction.atomic
def take_effect(*, on: date) -> int:
    """Call live what begins by ``on``, retire what it replaces, end the sale of what is past its last day. Safe to repeat;
    returns how many versions and products that were."""
    due = ProductVersion.objects.select_for_update().filter(status=VersionStatus.AGREED, effective_from__lte=on)
    begun = list(due.order_by("pk"))
    for version in begun:
        replaced = ProductVersion.objects.select_for_update()
        for old in replaced.filter(product_id=version.product_id, status=VersionStatus.LIVE):
            advance(old, VersionStatus.RETIRED)
        advance(version, VersionStatus.LIVE)
    ended = Product.objects.select_for_update().filter(active=True, sale_ends_on__lt=on)
    closed = list(ended.order_by("pk"))
    for product in closed:
        product.active = False
        product.save(update_fields=["active"])
    return len(begun) + len(closed)
