"""Roles as one table: which right each job needs. Synced to groups after every migrate, so the table is the truth."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from staff.models import User

LABELS: dict[str, str | Promise] = {
    "officer": _("Loan officer"),
    "underwriter": _("Underwriter"),
    "checker": _("Checker"),
    "operations": _("Operations"),
    "collector": _("Collector"),
    "team_lead": _("Collections lead"),
    "risk_analyst": _("Risk analyst"),
    "finance": _("Finance"),
    "compliance": _("Compliance"),
    "administrator": _("Administrator"),
}

# Everybody has tasks; which, their kinds say.
_TASKS = {"casework.view_task", "casework.work_task"}
# Who sees an object sees what is on file about it; taking in and opening is for who works with borrowers.
_SEE_FILES = {"casework.view_evidence", "casework.view_note", "casework.add_note"}
_FILES = {"casework.add_evidence", "casework.open_evidence"}
_READ = (
    _TASKS
    | _SEE_FILES
    | {
        "borrowers.view_borrower",
        "loans.view_application",
        "loans.view_loan",
        "loans.view_merchant",
        "loans.view_product",
        "messaging.view_message",
    }
)
_COLLECT = _FILES | {
    "collections.view_case",
    "collections.work_case",
    "borrowers.reveal_personal_data",
    "borrowers.change_borrower",
    "loans.grant_extension",
    "loans.request_write_off",
    "loans.waive_charges",
    "loans.change_terms",
}

ROLES: dict[str, set[str]] = {
    "officer": _READ
    | _FILES
    | {
        "borrowers.add_borrower",
        "borrowers.change_borrower",
        "borrowers.reveal_personal_data",
        "loans.submit_application",
        "risk.view_assessment",
    },
    "underwriter": _READ
    | _FILES
    | {
        "borrowers.confirm_identity",
        # Who takes applications records incomes; who verifies one records none.
        "borrowers.verify_income",
        "borrowers.confirm_facts",
        "loans.decide_application",
        "risk.view_assessment",
        "borrowers.reveal_personal_data",
    },
    "checker": _READ
    | {
        "casework.assign_task",
        "casework.open_evidence",
        "casework.lift_evidence_hold",
        "loans.approve_second",
        "loans.override_gate",
        "loans.approve_write_off",
        "loans.approve_act",
        "loans.approve_merchant_account",
        "borrowers.approve_bank_account",
        "loans.approve_product",
        "loans.view_bankfile",
        "risk.view_assessment",
        "risk.approve_limit",
        "risk.lift_do_not_lend",
        "borrowers.confirm_facts",
        "collections.view_case",
        "audit.view_auditevent",
        "ledger.view_journalentry",
        "ledger.reopen_period",
        "audit.break_glass",
        "audit.delegate",
        "audit.view_two_people",
    },
    "operations": _READ
    | _FILES
    | {
        "loans.disburse_loan",
        "loans.record_repayment",
        "loans.reverse_repayment",
        "loans.refund_overpayment",
        "loans.import_payments",
        "loans.view_bankfile",
        "loans.adjust_charges",
        "loans.change_terms",
        "loans.manage_policypledge",
        "loans.undo_act",
        "messaging.report_receipt",
        "operations.close_day",
        "operations.view_endofdayrun",
        "operations.import_tape",
        "ledger.view_journalentry",
    },
    "collector": _READ | _COLLECT | {"loans.record_repayment"},
    # A lead decides what collectors ask for, and asks for none of it.
    "team_lead": _READ
    | _FILES
    | {
        "casework.assign_task",
        "collections.view_case",
        "collections.work_case",
        "collections.assign_case",
        "collections.override_contact_guard",
        "borrowers.reveal_personal_data",
        "borrowers.change_borrower",
        "loans.approve_act",
        "loans.approve_write_off",
        "audit.delegate",
        "audit.view_two_people",
        "audit.view_auditevent",
    },
    "risk_analyst": _READ
    | {
        "risk.view_assessment",
        "risk.change_limit",
        "loans.design_product",
        "collections.view_case",
        "operations.view_endofdayrun",
    },
    "finance": _READ
    | _FILES
    | {
        "ledger.view_journalentry",
        "ledger.close_period",
        "loans.record_repayment",
        "loans.reverse_repayment",
        "loans.refund_overpayment",
        # What operations bring in as the bank's, and match to a loan that the bank's line does not name, finance confirms.
        "loans.confirm_bank_statement",
        "loans.view_bankfile",
        "loans.waive_charges",
        "loans.adjust_charges",
        "loans.undo_act",
        # Who says where money goes does not send it: disbursing is for operations.
        "loans.add_merchant",
        "loans.change_merchant",
        "borrowers.approve_bank_account",
        "operations.view_endofdayrun",
        "audit.view_auditevent",
    },
    "compliance": _READ
    | _FILES
    | {
        "casework.assign_task",
        "casework.hold_evidence",
        "loans.approve_product",
        "audit.view_auditevent",
        "ledger.view_journalentry",
        "collections.view_case",
        "risk.view_assessment",
        "operations.view_endofdayrun",
        "risk.lift_do_not_lend",
        # What administrators ask for, compliance decides; what was decided alone in an emergency, it reviews.
        "audit.approve_power",
        "audit.review_break_glass",
        "audit.view_two_people",
    },
    "administrator": _TASKS
    | {
        "core.view_calendar",
        "core.add_calendar",
        "core.change_calendar",
        "core.view_calendarday",
        "core.add_calendarday",
        "core.change_calendarday",
        "core.delete_calendarday",
        "risk.view_scorecard",
        "risk.add_scorecard",
        "risk.change_scorecard",
        "risk.view_gradepolicy",
        "risk.add_gradepolicy",
        "risk.change_gradepolicy",
        "staff.add_user",
        "staff.change_user",
        "staff.view_user",
        "auth.view_group",
        "loans.view_loanpurpose",
        "loans.add_loanpurpose",
        "loans.change_loanpurpose",
        "core.view_rule",
        "core.add_rule",
        "core.delete_rule",
        "messaging.view_template",
        "messaging.add_template",
        "borrowers.view_consenttext",
        "borrowers.add_consenttext",
        "partners.manage_apiclient",
        "audit.view_two_people",
        "audit.view_power_event",
        "audit.view_archivedrecords",
        "ledger.view_archivedmonth",
        "operations.view_endofdayrun",
        "loans.view_product",
        "loans.view_productversion",
        "loans.view_accountmapping",
        "loans.add_accountmapping",
        "loans.change_accountmapping",
    },
}


def roles_with(permission: str) -> list[str]:
    """The codes of the roles that carry a right, so that a refusal can say who to ask."""
    return [role for role, rights in ROLES.items() if permission in rights]


def roles_of(user: User) -> list[str]:
    """A person's roles in the order of the table; groups made by hand come last."""
    order = {code: place for place, code in enumerate(LABELS)}
    known = getattr(user, "role_names", None)  # read with the person of a session
    names = known if known is not None else user.groups.values_list("name", flat=True)
    return sorted(names, key=lambda code: (order.get(code, len(order)), code))


def role_label(code: str) -> str:
    return str(LABELS.get(code, code))


def sync_roles() -> None:
    """After migrate: make each role's group hold exactly the rights of the table. Rights of apps not migrated yet wait.

    Extra rights somebody gave a role by hand are taken back on purpose: a right that is not in the table is not reviewed.
    """
    known = _permissions_by_name({name for rights in ROLES.values() for name in rights})
    for role, rights in ROLES.items():
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in rights if name in known])


def _permissions_by_name(names: Iterable[str]) -> dict[str, Permission]:
    wanted = Q()
    for name in names:
        app_label, codename = name.split(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    found = Permission.objects.filter(wanted).select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}": permission for permission in found}
