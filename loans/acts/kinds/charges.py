"""Charges added to a running loan, raised and lowered; each that makes it dearer is held against the caps."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from loans.account.changes.charges import ChargesWaived, FeeAdded, FeeLowered, FeeRaised, PenaltyAdded
from loans.acts.authority import beyond
from loans.acts.running_cost import refuse_fee_over_cap, refuse_penalty_over_cap
from loans.events.act_kinds import ActKind, Group, register
from loans.events.act_parameters import Parameter, Sort

FEE_ADDED = register(
    ActKind(
        code="fee_added",
        for_partners=True,
        label=_("Add a fee"),
        hint=_("The fee falls due with the first open instalment on or after the chosen day."),
        permission="loans.adjust_charges",
        change=FeeAdded,
        refuse_outcome=refuse_fee_over_cap,
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
        refuse_outcome=refuse_penalty_over_cap,
        group=Group.CHARGES,
        parameters=FEE_ADDED.parameters,
    )
)

_OF_INSTALMENT = (
    Parameter(name="instalment", sort=Sort.COUNT, label=_("Instalment"), least=1),
    Parameter(name="amount", sort=Sort.MONEY, label=_("By"), least=Decimal("0.01")),
)

FEE_RAISED = register(
    ActKind(
        code="fee_raised",
        for_partners=True,
        label=_("Raise a fee"),
        hint=_("The fee of one instalment becomes higher by this sum."),
        permission="loans.adjust_charges",
        change=FeeRaised,
        refuse_outcome=refuse_fee_over_cap,
        group=Group.CHARGES,
        parameters=_OF_INSTALMENT,
        figures=(("fee_raised", _("Raised by")),),
    )
)

FEE_LOWERED = register(
    ActKind(
        code="fee_lowered",
        label=_("Lower a fee"),
        hint=_("The fee of one instalment becomes lower by this sum; what was paid of it stays paid."),
        permission="loans.adjust_charges",
        change=FeeLowered,
        beyond_authority=beyond("fee_lowered"),
        group=Group.CHARGES,
        parameters=_OF_INSTALMENT,
        figures=(("fee_lowered", _("Lowered by")),),
    )
)

WAIVER = register(
    ActKind(
        code="waiver",
        label=_("Waive late interest or fees"),
        hint=_("What is owed of it is given up, oldest instalment first; income already earned is taken back."),
        button=_("Waive"),
        permission="loans.waive_charges",
        counts_from_today=True,
        change=ChargesWaived,
        beyond_authority=beyond("waiver"),
        group=Group.CHARGES,
        template="loans/waive.html",
        tells_borrower=False,
        id_prefix="wvr",
        parameters=(
            Parameter(
                name="component",
                sort=Sort.CHOICE,
                label=_("What"),
                choices=(("late_interest", _("late interest")), ("fee", _("fee"))),
                initial="late_interest",
            ),
            Parameter(name="amount", sort=Sort.MONEY, label=_("Amount"), least=Decimal("0.01")),
        ),
        figures=(("waived", _("Waived")),),
        size="waived",
    )
)
