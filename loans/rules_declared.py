"""The rules read here: price, being late, who may borrow, who may decide alone, reminders and debits."""

from django.utils.translation import gettext_lazy as _

from core.rulebook.kinds import RuleKind, Subject, declare_rule
from core.rulebook.shapes import (
    amount,
    code,
    days,
    either,
    figure,
    flag,
    list_of,
    nothing_or,
    one_of,
    rate,
    record,
    rows_of,
    share,
    table_of,
    whole,
)

_CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")
_TIMES = figure(least="0", most="10")
_LATE_CAP = record({}, optional={"within_cost_cap": flag(), "share_of_principal": share(most="10")})
_BASIS = {"basis": one_of("simple", "compound")}
_CAP = either(
    record({"annual_rate": nothing_or(rate())}, optional=_BASIS),
    record({"index": code(), "times": figure(most="100")}, optional=_BASIS),
)

declare_rule(
    RuleKind(
        code="arrears_buckets",
        subject=Subject.LATE,
        label=_("Buckets of days past due"),
        told=_("From which day past due a loan stands in which bucket."),
        shape=record({"buckets": rows_of(code(), days(), rising=1)}),
    )
)
declare_rule(
    RuleKind(
        code="risk_classes",
        subject=Subject.LATE,
        label=_("Risk classes"),
        told=_("From which day past due a loan is at least in which of the five classes."),
        shape=record({"floors": rows_of(one_of(*_CLASSES), days(), rising=1)}),
    )
)
declare_rule(
    RuleKind(
        code="provision_rates",
        subject=Subject.LATE,
        label=_("Provisions"),
        told=_("Which part of a loan is set aside in each class."),
        shape=record({name: share() for name in _CLASSES}, ascending=_CLASSES),
    )
)
declare_rule(
    RuleKind(
        code="interest_suspense",
        subject=Subject.LATE,
        label=_("Interest that is no income"),
        told=_("From which class on interest is not taken to income; an empty class keeps all of it there."),
        shape=record({"from_class": one_of("", *_CLASSES)}),
    )
)
declare_rule(
    RuleKind(
        code="late_rate_multiplier",
        subject=Subject.LATE,
        label=_("Late interest: multiplier"),
        told=_("What late interest is of the rate agreed, and between which bounds a contract may set it."),
        shape=record(
            {},
            optional={"multiplier": _TIMES, "least": _TIMES, "most": _TIMES, "products": table_of(_TIMES)},
            ascending=["least", "multiplier", "most"],
        ),
    )
)
declare_rule(
    RuleKind(
        code="late_interest_cap",
        subject=Subject.LATE,
        label=_("Late interest: cap"),
        told=_("Whether late interest keeps the cap on all costs, and the most it may come to of the principal."),
        shape=either(_LATE_CAP, record({"lender_types": table_of(_LATE_CAP, at_least=1)})),
    )
)
declare_rule(
    RuleKind(
        code="late_interest_notice",
        subject=Subject.LATE,
        label=_("Late interest: notice"),
        told=_("Whether late interest waits until a notice reached the borrower."),
        shape=record({"held_until_made_good": flag()}),
    )
)
declare_rule(
    RuleKind(
        code="lender_type",
        subject=Subject.PRICE,
        label=_("Licence of the house"),
        told=_("Under which licence the house lends in the market."),
        shape=record({"lender_type": code()}),
    )
)
declare_rule(
    RuleKind(
        code="cost_cap",
        subject=Subject.PRICE,
        label=_("Cap on all costs"),
        told=_("How much a loan may cost in a year, for each kind of lender; the lowest of several caps holds."),
        shape=either(_CAP, record({"lender_types": table_of(list_of(_CAP, distinct=False), at_least=1)})),
    )
)
declare_rule(
    RuleKind(
        code="index_rates",
        subject=Subject.PRICE,
        label=_("Published index rates"),
        told=_("What was published of each index, on its day."),
        shape=table_of(rate(least="-1"), at_least=1),
        published=True,
    )
)
declare_rule(
    RuleKind(
        code="rates_shown",
        subject=Subject.PRICE,
        label=_("Annual rates shown"),
        told=_("Which annual rates an offer shows."),
        shape=record({"rates": list_of(one_of("cn_simple", "cn_compound", "eu_aprc", "us_apr", "xirr"), at_least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="advance_deduction",
        subject=Subject.PRICE,
        label=_("Deduction in advance"),
        told=_("Whether charges may be taken out of the sum paid out."),
        shape=record({"advance_deduction": one_of("refused", "allowed")}),
    )
)
declare_rule(
    RuleKind(
        code="early_repayment_charge",
        subject=Subject.PRICE,
        label=_("Charge for paying early"),
        told=_("How much a charge for paying early may come to."),
        shape=record(
            {},
            optional={"within_cost_cap": flag(), "most": share(), "most_last_year": share(), "fixed_rate_only": flag()},
            ascending=["most_last_year", "most"],
        ),
    )
)
declare_rule(
    RuleKind(
        code="policy_loan",
        subject=Subject.LENDING,
        label=_("Loans on life policies"),
        told=_("How much of its cash value a policy carries, for how long, and when is warned."),
        shape=record(
            {
                "most_share": share(),
                "most_months": whole(least=1, most=600),
                "warning_levels": list_of(share(most="2"), at_least=1),
                "notice_days": days(),
                "reinstatement_days": days(),
            }
        ),
    )
)
declare_rule(
    RuleKind(
        code="second_approval",
        subject=Subject.AUTHORITY,
        label=_("Loans that take a second person"),
        told=_("Above which amount one person does not decide alone."),
        shape=record({"amount_over": amount()}),
    )
)
declare_rule(
    RuleKind(
        code="extension_authority",
        subject=Subject.AUTHORITY,
        label=_("Extensions"),
        told=_("By how many days, and how often, one person extends a loan."),
        shape=record({"days": days(), "times_per_loan": whole(most=100)}),
    )
)
declare_rule(
    RuleKind(
        code="act_authority",
        subject=Subject.AUTHORITY,
        label=_("Acts on a loan"),
        told=_("Above which figures of an act a second person agrees; an act that is not named always takes two."),
        shape=table_of(table_of(figure())),
    )
)
declare_rule(
    RuleKind(
        code="receipt_without_bank_line",
        subject=Subject.AUTHORITY,
        label=_("Receipts by word"),
        told=_("What one person may say was received where no line of a bank says so, by channel."),
        shape=record(
            {
                "alone": table_of(amount()),
                "days": days(least=1),
                "in_a_day": table_of(amount()),
                "days_back": table_of(days()),
            }
        ),
    )
)
declare_rule(
    RuleKind(
        code="cure_authority",
        subject=Subject.AUTHORITY,
        label=_("Late loans made less late"),
        told=_("How often in so many months a late loan is made less late without a payment, and by how many days."),
        shape=record(
            {"times": whole(most=100), "months": whole(least=1, most=120), "days_moved": days(), "days_cured": days()}
        ),
    )
)
_BY_WHOM = record({}, optional={"person": amount(), "program": amount()})
declare_rule(
    RuleKind(
        code="alone_in_a_day",
        subject=Subject.AUTHORITY,
        label=_("Given up and taken back in a day"),
        told=_(
            "What one person, or a partner's program, gives up alone on a business date over all loans, and takes back of "
            "receipts without a bank line."
        ),
        shape=record({"given_up": _BY_WHOM, "taken_back": _BY_WHOM}),
    )
)
declare_rule(
    RuleKind(
        code="due_day_change",
        subject=Subject.AUTHORITY,
        label=_("Change of the due day"),
        told=_("By how many days a new due day may move a due date."),
        shape=record({"most_days": days()}),
    )
)
declare_rule(
    RuleKind(
        code="gate_override",
        subject=Subject.AUTHORITY,
        label=_("Overrides"),
        told=_("For how many days an override of soft checks holds."),
        shape=record({"days": days(least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="offer_validity",
        subject=Subject.LENDING,
        label=_("How long an offer stands"),
        told=_("For how many days an offer can be accepted."),
        shape=record({"days": days(least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="student_lending",
        subject=Subject.LENDING,
        label=_("Loans to students"),
        told=_("Which kinds of lender may lend to students, and on what terms."),
        shape=record({"lender_types": table_of(one_of("allowed", "conditions", "refused"), at_least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="lending_age",
        subject=Subject.LENDING,
        label=_("Age of a borrower"),
        told=_("How old a borrower is at least and at most."),
        shape=record({"least": whole(most=120), "most": whole(most=120)}, ascending=["least", "most"]),
    )
)
declare_rule(
    RuleKind(
        code="exposure",
        subject=Subject.LENDING,
        label=_("What one person may owe"),
        told=_("The most that one person may owe the house."),
        shape=record({"per_borrower": amount()}, optional={"lender_types": table_of(amount())}),
    )
)
declare_rule(
    RuleKind(
        code="affordability",
        subject=Subject.LENDING,
        label=_("Affordability"),
        told=_("Which part of the income debts may take, and how old an income may be."),
        shape=record({"debt_share": share(), "income_age_days": days(least=1)}),
    )
)
declare_rule(
    RuleKind(
        code="reminders",
        subject=Subject.CONTACT,
        label=_("Reminders"),
        told=_("On which days before and after the due date a borrower is reminded."),
        shape=record(
            {"days_before_due": list_of(days(least=1)), "on_due": flag(), "days_after_due": list_of(days(least=1))}
        ),
    )
)
declare_rule(
    RuleKind(
        code="overpayment_taken",
        subject=Subject.BOOKS,
        label=_("Overpayments"),
        told=_("Up to what amount above what is owed a bank's line is a credit balance at once."),
        shape=record({"most": amount()}),
    )
)
declare_rule(
    RuleKind(
        code="debit_retries",
        subject=Subject.CONTACT,
        label=_("Debits tried again"),
        told=_("After how many days, and for which part, a failed debit is tried again."),
        shape=record(
            {
                "retries": list_of(record({"after_days": days(least=1), "share": share()})),
                "final_codes": list_of(code()),
            }
        ),
    )
)
declare_rule(
    RuleKind(
        code="unmatched_payment",
        subject=Subject.BOOKS,
        label=_("Payments without a loan"),
        told=_("After how many days a payment that no loan is credited with becomes a task."),
        shape=record({"days": days()}),
    )
)
