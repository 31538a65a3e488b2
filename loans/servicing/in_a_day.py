"""What one person does alone on a business date over all loans, by whichever of their accounts: the rule ``alone_in_a_day``.

A limit for one loan bounds nobody who has many: five hundred given up on each of a hundred loans is fifty thousand. So what
is given up, and what of said receipts is taken back, is one sum a day for each person with the accounts that are tied to
theirs, and for each program of a partner, whatever the currency of the loans.
"""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db import connection

from audit.deciding import programs_among, ties_of
from core.money import ZERO
from core.rules import rule_of_house
from core.sending import execute
from loans.models import CHANNELS_WITHOUT_BANK_LINE
from loans.servicing.given_up import FREED_BY_UNDOING, GIVEN_UP
from staff.models import User

RULE = "alone_in_a_day"

# What is counted over all loans comes one by one, after the lock of its loan: two at once would each see only themselves.
_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtextextended('said by word', %s))"
# What people do comes one by one, whoever does it: two accounts of one person are found by what both did.
ANY_PERSON = 0

# Who undid an act or reversed a receipt is told by its history alone.
_GIVEN_UP = """
SELECT who, sum(amount) FROM (
    SELECT recorded_by_id AS who,
           (SELECT sum(value::numeric) FROM jsonb_each_text(figures) WHERE key = ANY(%(names)s)) AS amount
      FROM loans_loanact
     WHERE recorded_on = %(on)s AND agreed_by_id IS NULL AND recorded_by_id IS NOT NULL AND status = 'standing'
     UNION ALL
    SELECT recorded_by_id, given_up FROM loans_repayment
     WHERE recorded_on = %(on)s AND agreed_by_id IS NULL AND recorded_by_id IS NOT NULL AND status = 'posted'
       AND given_up > 0
     UNION ALL
    SELECT (SELECT h.history_user_id FROM loans_historicalloanact h
             WHERE h.id = a.id AND h.status = 'undone' ORDER BY h.history_id LIMIT 1),
           (a.figures->>%(undone)s)::numeric
      FROM loans_loanact a
     WHERE a.status = 'undone' AND a.undone_on = %(on)s AND a.figures ? %(undone)s) AS done
 WHERE amount > 0 AND who IS NOT NULL
 GROUP BY who
"""
_TAKEN_BACK = f"""
SELECT who, sum(amount) FROM (
    SELECT recorded_by_id AS who, (figures->>'owed_again')::numeric AS amount
      FROM loans_loanact
     WHERE recorded_on = %(on)s AND agreed_by_id IS NULL AND recorded_by_id IS NOT NULL AND status = 'standing'
       AND figures ? 'owed_again'
     UNION ALL
    SELECT (SELECT h.history_user_id FROM loans_historicalrepayment h
             WHERE h.id = r.id AND h.status = 'reversed' ORDER BY h.history_id LIMIT 1), r.amount
      FROM loans_repayment r
     WHERE r.status = 'reversed' AND r.reversed_alone AND r.reversed_on = %(on)s
       AND r.channel IN ({CHANNELS_WITHOUT_BANK_LINE})) AS done
 WHERE who IS NOT NULL
 GROUP BY who
"""

_SUMS = {"given_up": _GIVEN_UP, "taken_back": _TAKEN_BACK}


def one_by_one(number: int) -> None:
    """Nothing else that is counted for the person ``number``, or ANY_PERSON, passes before this transaction ends."""
    execute(_ONE_BY_ONE, [number]).fetchone()


def gives_up_too_much(by: User | None, amount: Decimal, on: date, market: str) -> bool:
    """Whether ``by`` may not give up ``amount`` more alone on ``on``; nothing, and what nobody does, is never too much.

    The loan is locked. Nothing else that counts for the person passes before this transaction ends.
    """
    return _is_too_much("given_up", by, amount, on, market)


def takes_back_too_much(by: User | None, amount: Decimal, on: date, market: str) -> bool:
    """The same of receipts by word that are reversed or charged back."""
    return _is_too_much("taken_back", by, amount, on, market)


def _is_too_much(what: str, by: User | None, amount: Decimal, on: date, market: str) -> bool:
    if by is None or amount <= ZERO:
        return False
    is_program = by.pk in programs_among({by.pk})
    limits = rule_of_house(RULE, on, market)
    most = Decimal(limits.get(what, {}).get("program" if is_program else "person", "0"))
    if amount > most:
        return True
    one_by_one(by.pk if is_program else ANY_PERSON)
    with connection.cursor() as cursor:
        cursor.execute(_SUMS[what], {"on": on, "names": sorted(GIVEN_UP), "undone": FREED_BY_UNDOING})
        sums: dict[int, Decimal] = dict(cursor.fetchall())
    hand = {by.pk} if is_program else _hand_of(by, sums.keys(), on)
    return amount + sum((done for who, done in sums.items() if who in hand), ZERO) > most


def _hand_of(by: User, others: Collection[int], on: date) -> set[int]:
    """``by``, and who of ``others`` counts as one person with them; programs, which nobody logs in as, do not."""
    people = {by.pk, *others}
    if people == {by.pk}:
        return people
    people -= programs_among(people).keys()
    return {by.pk, *ties_of(people, on)[by.pk]}
