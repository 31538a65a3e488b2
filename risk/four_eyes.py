"""What a second person decides on in `risk`, declared to the audit app when Django starts."""

from django.utils.translation import gettext_lazy as _

from audit import approvals, changes_by_two
from audit.changes_by_two import Declared
from borrowers import likeness
from risk import do_not_lend, limits
from risk.models import GradePolicy, Scorecard

approvals.register(
    limits.RAISE,
    limits.raise_approved,
    permission="risk.approve_limit",
    label=_("Higher credit limit"),
    asked_with="risk.change_limit",
    outcome=limits.would_raise,
)

approvals.register(
    do_not_lend.LIFT,
    do_not_lend.taking_off_agreed,
    permission=do_not_lend.AGREE_TO_LIFT,
    label=_("Off the do-not-lend list"),
    group=approvals.Group.PERSON,
    asked_with="risk.change_limit",
)

likeness.told_of_bars(do_not_lend.bar)

changes_by_two.declare(
    Declared(
        model=Scorecard,
        code="power.scorecard",
        label=_("Scorecard"),
        asked_with=("risk.add_scorecard", "risk.change_scorecard", "risk.delete_scorecard"),
    )
)
changes_by_two.declare(
    Declared(
        model=GradePolicy,
        code="power.grade_policy",
        label=_("Grade policy"),
        asked_with=("risk.add_gradepolicy", "risk.change_gradepolicy", "risk.delete_gradepolicy"),
    )
)
