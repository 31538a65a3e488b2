"""Assessments and limit changes are append-only by law of the database; and the first card, policy and rules."""

from datetime import date

from django.db import migrations

APPEND_ONLY = ("risk_assessment", "risk_limitchange")
BEGINNING = date(2000, 1, 1)

RULES = (
    (
        "lending_age",
        {"least": 18, "most": 60},
        "Civil Code 17, 18: adult at 18 full years. The upper age is a house rule.",
    ),
    (
        "exposure",
        {"per_borrower": "200000.00"},
        "Jingui [2024] 26: an online microloan for consumption is at most RMB 200,000 a borrower.",
    ),
    (
        "affordability",
        {"debt_share": "0.50", "income_age_days": 365},
        "House rule: debts take at most half of the income; an income older than a year is not known.",
    ),
    (
        "limit_review",
        {
            "instalments": 3,
            "worst_days_late": 7,
            "raise_share": "0.20",
            "highest": "100000.00",
            "cool_down_days": 90,
            "cut_over_days": 30,
            "cut_share": "0.50",
        },
        "House rule: up by a fifth after three instalments on time and 90 quiet days; halved over 30 days past due.",
    ),
)

GRADES = [
    {"grade": "A", "decision": "approve", "limit": "60000.00", "rate_margin": "-0.0300", "down_payment_share": "0.00"},
    {"grade": "B", "decision": "approve", "limit": "30000.00", "rate_margin": "0.0000", "down_payment_share": "0.10"},
    {"grade": "C", "decision": "approve", "limit": "15000.00", "rate_margin": "0.0200", "down_payment_share": "0.20"},
    {"grade": "D", "decision": "refer", "limit": "8000.00", "rate_margin": "0.0400", "down_payment_share": "0.30"},
    {"grade": "E", "decision": "decline", "limit": "0.00", "rate_margin": "0.0400", "down_payment_share": "0.50"},
]

CARD = {
    "scaling": {"points": 600, "odds": 50, "points_to_double_odds": 20},
    "grades": [["A", 600], ["B", 560], ["C", 525], ["D", 490], ["E", 0]],
    "characteristics": [
        {
            "code": "age",
            "missing": 44,
            "bands": [
                {"below": 22, "points": 44},
                {"below": 26, "points": 54},
                {"below": 35, "points": 62},
                {"below": 55, "points": 68},
                {"points": 60},
            ],
        },
        {
            "code": "income",
            "missing": 42,
            "bands": [
                {"below": 3000, "points": 46},
                {"below": 6000, "points": 58},
                {"below": 10000, "points": 66},
                {"points": 74},
            ],
        },
        {
            "code": "income_verified",
            "group": "income",
            "missing": 50,
            "bands": [{"equals": True, "points": 66}, {"equals": False, "points": 50}],
        },
        {
            "code": "debt_share",
            "group": "debts",
            "missing": 44,
            "bands": [
                {"below": "0.10", "points": 72},
                {"below": "0.30", "points": 64},
                {"below": "0.50", "points": 48},
                {"points": 28},
            ],
        },
        {
            "code": "lenders_elsewhere",
            "group": "debts",
            "missing": 44,
            "bands": [
                {"below": 1, "points": 64},
                {"below": 2, "points": 62},
                {"below": 3, "points": 54},
                {"below": 5, "points": 40},
                {"points": 24},
            ],
        },
        {
            "code": "loans_settled",
            "group": "record_here",
            "missing": 56,
            "bands": [
                {"below": 1, "points": 56},
                {"below": 2, "points": 64},
                {"below": 4, "points": 70},
                {"points": 78},
            ],
        },
        {
            "code": "worst_days_late",
            "group": "record_here",
            "missing": 56,
            "bands": [
                {"below": 1, "points": 72},
                {"below": 8, "points": 58},
                {"below": 31, "points": 36},
                {"points": 6},
            ],
        },
        {
            "code": "phone_verified",
            "missing": 48,
            "bands": [{"equals": True, "points": 64}, {"equals": False, "points": 48}],
        },
        {
            "code": "months_known",
            "missing": 54,
            "bands": [
                {"below": 1, "points": 54},
                {"below": 6, "points": 58},
                {"below": 12, "points": 64},
                {"points": 70},
            ],
        },
    ],
}


def seed(apps, schema_editor) -> None:
    rule = apps.get_model("core", "Rule")
    for code, data, source in RULES:
        rule.objects.get_or_create(
            code=code, market="CN", effective_from=BEGINNING, defaults={"data": data, "source": source}
        )
    apps.get_model("risk", "GradePolicy").objects.create(
        market="CN", version=1, effective_from=BEGINNING, rows=GRADES, source="First policy of the house."
    )
    apps.get_model("risk", "Scorecard").objects.create(
        code="application",
        version=1,
        is_active=True,
        data=CARD,
        description="Points set by judgement, to be replaced by a trained card of the same shape.",
    )


def unseed(apps, schema_editor) -> None:
    apps.get_model("core", "Rule").objects.filter(code__in=[code for code, _data, _source in RULES]).delete()
    for model in ("GradePolicy", "Scorecard"):
        apps.get_model("risk", model).objects.filter(version=1).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("risk", "0001_initial"),
        ("core", "0002_numbers_and_rules"),
        ("audit", "0002_append_only"),
    ]
    operations = [
        *[
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
                f"DROP TRIGGER {table}_append_only ON {table}",
            )
            for table in APPEND_ONLY
        ],
        migrations.RunPython(seed, unseed),
    ]
