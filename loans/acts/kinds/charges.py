"""Charges added to a running loan."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from loans.acts.parameters import Parameter, Sort
from loans.acts.registry import ActKind, Group, register
from loans.changes.charges import FeeAdded, PenaltyAdded
from loans.running_cost import refuse_fee_over_cap

FEE_ADDED = register(
    ActKind(
        code="fee_added",
        for_partners=True,
        label=_("Add a fee"),
        hint=_("The fee falls due with the first open instalment on or after the chosen day."),
        permission="loans.adjust_charges",
        change=FeeAdded,
        refuse=refuse_fee_over_cap,
        group=Group.CHARGES,
        parameters=(
            Parameter(name="amount", sort=Sort.MONEY, label=_("Amount"), least=Decimal("0.01")),
            Parameter(name="due_on", sort=Sort.DATE, label=_("Due on or after"), required=False),
        ),
    )
)

PENALTY_ADDED = register(
    ActKind(
        code="penalty_added",
        for_partners=True,
        label=_("Add a penalty"),
        hint=_("A fixed sum owed like late interest, with the first open instalment on or after the chosen day."),
        permission="loans.adjust_charges",
        change=PenaltyAdded,
        group=Group.CHARGES,
        parameters=FEE_ADDED.parameters,
    )
)
