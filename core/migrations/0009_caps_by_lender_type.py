"""Caps on the all-in cost by lender type, the one-year loan prime rate, and no deduction from what is paid out."""

from datetime import date

from django.db import migrations

BEGINNING = date(2000, 1, 1)
FOUR_LPR = {"index": "LPR1Y", "times": "4"}
LINE_24 = {"annual_rate": "0.24"}

# One-year loan prime rate of the National Interbank Funding Center, on the days on which it changed.
LPR_1Y = (
    ("2019-08-20", "0.0425"),
    ("2019-09-20", "0.0420"),
    ("2019-11-20", "0.0415"),
    ("2020-02-20", "0.0405"),
    ("2020-04-20", "0.0385"),
    ("2021-12-20", "0.0380"),
    ("2022-01-20", "0.0370"),
    ("2022-08-22", "0.0365"),
    ("2023-06-20", "0.0355"),
    ("2023-08-21", "0.0345"),
    ("2024-07-22", "0.0335"),
    ("2024-10-21", "0.0310"),
    ("2025-05-20", "0.0300"),
)

CAPS = (
    (
        date(2020, 8, 20),
        {
            "lender_types": {
                "bank": [LINE_24],
                "consumer_finance_company": [LINE_24],
                "microloan_company": [LINE_24],
                "private_lender": [FOUR_LPR],
            }
        },
        "Judicial interpretation on private lending (2020): 4 x one-year LPR at contract formation; licensed lenders are "
        "not under it (reply of the Supreme People's Court in force 2021-01-01). 24 %: line of the courts for financial "
        "loans (Fa Fa [2017] 22), of the rules on co-lending (Jin Gui [2025] 9) and of the guideline on microloan "
        "companies (2025-12).",
    ),
    (
        date(2028, 1, 1),
        {
            "lender_types": {
                "bank": [LINE_24],
                "consumer_finance_company": [LINE_24],
                "microloan_company": [LINE_24, FOUR_LPR],
                "private_lender": [FOUR_LPR],
            }
        },
        "Guideline on all-in cost of microloan companies (2025-12): by the end of 2027 no new loan over 4 x one-year LPR.",
    ),
)


def seed(apps, schema_editor) -> None:
    def keep(code, effective_from, data, source):
        apps.get_model("core", "Rule").objects.get_or_create(
            code=code, market="CN", effective_from=effective_from, defaults={"data": data, "source": source}
        )

    for published_on, rate in LPR_1Y:
        source = "One-year loan prime rate published by the National Interbank Funding Center."
        keep("index_rates", date.fromisoformat(published_on), {"LPR1Y": rate}, source)
    for effective_from, data, source in CAPS:
        keep("cost_cap", effective_from, data, source)
    keep("lender_type", BEGINNING, {"lender_type": "microloan_company"}, "The licence of the house.")
    keep(
        "rates_shown",
        BEGINNING,
        {"rates": ["cn_simple", "cn_compound"]},
        "People's Bank of China, Announcement [2021] No. 3: the annualised rate, simple (marked so) or compound.",
    )
    keep(
        "advance_deduction",
        BEGINNING,
        {"advance_deduction": "refused"},
        "Civil Code, article 670: interest may not be deducted from the principal in advance.",
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0008_authority_of_credits")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
