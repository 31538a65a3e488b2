"""Reads which accounts a product books to, and guards changes of it.

Read at every booking and changed hardly ever, the answer is kept in the process for a minute, like the rules.
"""

from dataclasses import fields
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, NotFound
from core.kept import forget, kept
from loans.models import AccountMapping, Loan, LoanPosition
from loans.models.account_roles import BALANCE_ROLES, Accounts

_ROLES = tuple(field.name for field in fields(Accounts))


class AccountNotMapped(NotFound):
    """No account plays the role, neither for the product nor for all."""

    code = "account_not_mapped"
    message = _("No account is mapped to %(roles)s. Add one under Account mappings in the admin.")


class MappingInUse(DomainError):
    """Balances of loans stand on the account: it cannot be exchanged under them."""

    code = "account_mapping_in_use"
    message = _(
        "Loans have balances on account %(account)s as %(role)s. Map a new product instead of changing this one."
    )


def accounts_for(loan: Loan) -> Accounts:
    """The accounts the bookings of ``loan`` move. Raises AccountNotMapped."""
    return _known(f"accounts:version:{loan.product_version_id}", Q(product__versions=loan.product_version_id))


def accounts_of_product(product_id: int) -> Accounts:
    """The accounts of a product, for what is booked for all its loans at once. Raises AccountNotMapped."""
    return _known(f"accounts:product:{product_id}", Q(product=product_id))


def common_accounts() -> Accounts:
    """The accounts where no product is known yet, as for receipts nobody has matched. Raises AccountNotMapped."""
    return _known("accounts:common", Q(product__isnull=True))


def _known(key: str, own: Q) -> Accounts:
    accounts: Accounts = kept(key, lambda: _read(own))
    return accounts


def _read(own: Q) -> Accounts:
    mappings = AccountMapping.objects.filter(Q(product__isnull=True) | own).order_by("product_id")  # nulls come last
    codes: dict[str, str] = {}
    for role, account in mappings.values_list("role", "account_id"):
        codes.setdefault(role, account)
    missing = [role for role in _ROLES if role not in codes]
    if missing:
        raise AccountNotMapped(roles=", ".join(missing))
    return Accounts(**codes)


def require_changeable(mapping: AccountMapping, before: AccountMapping | None) -> None:
    """Refuse to move a balance role of running loans to another account. ``before`` is the stored row, if any.

    A row of its own for a product takes the place of the common one, so adding it is a change as well.
    """
    if mapping.role not in BALANCE_ROLES:
        return
    products = {row.product_id for row in (before, mapping) if row is not None}
    if before is not None and (before.account_id, before.product_id) == (mapping.account_id, mapping.product_id):
        return
    positions = LoanPosition.objects.all()
    if None not in products:
        positions = positions.filter(product_id__in=[product for product in products if product is not None])
    if positions.exists():
        raise MappingInUse(account=(before or mapping).account_id, role=mapping.role)


def refuse_change(mapping: Any, _many: object) -> None:
    """The same for a row in memory that is about to be asked for, or stored."""
    require_changeable(mapping, AccountMapping.objects.filter(pk=mapping.pk).first())


def forget_mappings() -> None:
    """Drop what this process remembers, after an edit; other processes follow within a minute."""
    forget()
