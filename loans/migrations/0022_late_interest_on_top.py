from django.db import migrations, models

FIELD = {
    "default": False,
    "db_default": False,
    "help_text": "The contract interest goes on for what is overdue; late interest is what exceeds it.",
    "verbose_name": "late interest beside contract interest",
}


class Migration(migrations.Migration):
    """Loans signed before keep the late rate they were signed with."""

    dependencies = [("loans", "0021_late_interest")]

    operations = [
        migrations.AddField(model_name=name, name="late_interest_on_top", field=models.BooleanField(**FIELD))
        for name in ("historicalloan", "loan")
    ]
