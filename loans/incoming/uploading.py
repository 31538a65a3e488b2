"""Statement files that a person brings: nothing of them is posted until a second person confirms that they are the bank's.

Whoever can type a file could book receipts of any sum with it. The second person is shown what the file says of itself (its
account, days and balances, and whether it goes on where the last statement of the account ended) and what would be booked.
The threshold of the rule ``two_people`` counts all that passed alone on a day.
"""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals
from audit.deciding import require_other_hand
from audit.models import Approval
from core.errors import DomainError
from core.money import ZERO
from loans.banking.continuity import Joint
from loans.incoming import reading, setting_aside, taking_in
from loans.incoming.file_lifecycle import BANK_FILES, advance
from loans.models import BankFile, BankFileStatus, SetAside
from staff.models import User

KIND = "bank_statement.uploaded"
CONFIRM = "loans.confirm_bank_statement"
# How the second person reads it.
NOT_IN_FILE = gettext_noop("not in the file")
SHOWN = 10  # bank references named at most
WORDS = {
    "account": gettext_noop("bank account"),
    "first_day": gettext_noop("first day"),
    "last_day": gettext_noop("last day"),
    "opening": gettext_noop("opening balance"),
    "closing": gettext_noop("closing balance"),
    "last": gettext_noop("last statement of the account"),
    "gap": gettext_noop("balance gap to the last statement"),
    "unexplained": gettext_noop("difference that no line explains"),
    "broken": gettext_noop("first line whose balance does not follow"),
    "payments": gettext_noop("payments"),
    "in": gettext_noop("sum that came in"),
    "out_count": gettext_noop("outgoing rows"),
    "out": gettext_noop("sum that went out"),
    "unread": gettext_noop("rows that cannot be read"),
    "known": gettext_noop("already known"),
    "differing": gettext_noop("known with another amount, payer, remark or day"),
    "credited": gettext_noop("would be credited"),
    "wait": gettext_noop("would wait to be matched"),
}
JOINTS = {
    Joint.CONTINUES: gettext_noop("this one goes on from it"),
    Joint.GAP: gettext_noop("this one does not go on from it"),
    Joint.FIRST: gettext_noop("there is none"),
    Joint.UNKNOWN: gettext_noop("cannot be compared"),
}


class FileRejectedBefore(DomainError):
    code = "bank_file_rejected_before"
    message = _(
        "This file came in before as “%(name)s” and was rejected: it is not known to be the bank's. Nothing was imported. "
        "Its page says why, and there a second person can be asked again."
    )


def declare_request() -> None:
    """Tell the audit app of the request; called when Django starts."""
    approvals.register(
        KIND,
        _agreed,
        permission=CONFIRM,
        label=_("Bank statement uploaded by a person"),
        on_reject=_rejected,
        outcome=_would_take_in,
        asked_with="loans.import_payments",
    )


def upload(*, content: bytes, name: str, on: date, by: User) -> BankFile:
    """Store the file and ask a second person whether it is the bank's; where the rule ``two_people`` lets it pass alone, it
    is taken in at once.

    Raises FileAlreadyImported, FileRejectedBefore, FileUnreadable, FileTooLarge, TextNotPlain.
    """
    seen = reading.preview(content=content, name=name)
    set_aside_if_unreadable(seen, on=on, by=by)
    known = seen.imported_before
    if known is not None and known.is_rejected:
        raise FileRejectedBefore(name=known.name)
    if known is not None:
        raise taking_in.FileAlreadyImported(name=known.name, imported_on=known.imported_on)
    try:
        with transaction.atomic():
            bank_file = taking_in.keep(seen, on, imported_by=by)
            if passes_alone(seen.total, on):
                return taking_in.confirm(bank_file, seen, on, passed_alone=True)
            _ask(bank_file, seen, reason=seen.name, on=on, by=by)
            return bank_file
    except IntegrityError as error:  # somebody uploaded the same file in the same second
        raise taking_in.FileAlreadyImported(name=name, imported_on=on) from error


def passes_alone(total: Decimal, on: date) -> bool:
    """Whether ``total``, in currency units, takes no second person on ``on``, with all that passed alone that day."""
    alone = BankFile.objects.filter(passed_alone=True, imported_on=on).aggregate(total=Sum("total"))["total"] or ZERO
    return not approvals.needs_two(KIND, total + alone, on)


def set_aside_if_unreadable(seen: reading.Preview, *, on: date, by: User) -> None:
    """What a person brought as the bank's and nobody can read is somebody's task, whether they go on or not."""
    if not seen.has_lines:
        came_by = SetAside.CameBy.UPLOAD
        setting_aside.file_unreadable(name=seen.name, sha256=seen.sha256, came_by=came_by, on=on, by=by)


@transaction.atomic
def ask_again(*, bank_file_id: int, reason: str, on: date, by: User) -> Approval:
    """Ask once more about a file that was rejected, or that nobody decided on in time; ``reason`` says what is known now.

    Raises BankFileStepRefused, ReasonMissing, ApprovalAlreadyPending.
    """
    bank_file = taking_in.held(bank_file_id)
    waits = approvals.waiting(KIND, bank_file, reason=reason, requested_by=by, on=on)
    if waits is not None:
        return waits
    advance(bank_file, BankFileStatus.WAITING)
    return _ask(bank_file, taking_in.read_again(bank_file), reason=reason, on=on, by=by)


def _ask(bank_file: BankFile, seen: reading.Preview, *, reason: str, on: date, by: User) -> Approval:
    return approvals.request(
        kind=KIND,
        obj=bank_file,
        outcome=words_of(seen),
        amount=seen.total,
        reason=reason,
        requested_by=by,
        on=on,
    )


def words_of(seen: reading.Preview) -> dict[str, str]:
    """What the file says of itself and what taking it in would do, label and value in English."""
    frame, statement, joint = seen.statement.frame, seen.statement, seen.continuity
    told: dict[str, object] = {
        "account": frame.account or NOT_IN_FILE,
        "first_day": statement.first_day or NOT_IN_FILE,
        "last_day": statement.last_day or NOT_IN_FILE,
        "opening": NOT_IN_FILE if frame.opening is None else frame.opening,
        "closing": NOT_IN_FILE if frame.closing is None else frame.closing,
        "last": JOINTS[joint.joint],
        "gap": joint.gap or None,
        "unexplained": statement.unexplained or None,
        "broken": frame.broken_at,
        "payments": len(statement.rows),
        "in": statement.total,
        "out_count": statement.outgoing,
        "out": statement.sum_out,
        "unread": len({error.line for error in statement.errors}) or None,
        "known": seen.repeated_count or None,
        "differing": ", ".join(seen.differing[:SHOWN]) + (" …" if seen.differing_count > SHOWN else "") or None,
        "credited": seen.matched_count,
        "wait": seen.unmatched_count,
    }
    return {WORDS[name]: str(value) for name, value in told.items() if value is not None}


def _asked_for(approval: Approval) -> tuple[BankFile, reading.Preview]:
    bank_file = taking_in.held(int(approval.object_id))
    return bank_file, taking_in.read_again(bank_file)


def _would_take_in(approval: Approval, _on: date) -> approvals.Outcome:
    bank_file, seen = _asked_for(approval)
    BANK_FILES.require_step(bank_file, BankFileStatus.CONFIRMED)
    return approvals.Outcome(words_of(seen), seen.total)


def _agreed(approval: Approval, on: date) -> None:
    bank_file, seen = _asked_for(approval)
    require_other_hand(approval.decided_by, bank_file.imported_by_id, approvals.SecondPersonNeeded(), on)
    taking_in.confirm(bank_file, seen, on, confirmed_by=approval.decided_by)


def _rejected(approval: Approval, _on: date) -> None:
    """Nothing happens to a file that the bank brought itself meanwhile."""
    bank_file = taking_in.held(int(approval.object_id))
    if bank_file.is_waiting:
        advance(bank_file, BankFileStatus.REJECTED, reason=approval.decision_reason)
