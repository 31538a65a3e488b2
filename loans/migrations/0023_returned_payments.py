import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The entry of a return is kept with the payment; a payer's remark leaves the history, where it stood in the clear."""

    dependencies = [("ledger", "0005_closed_books"), ("loans", "0022_late_interest_on_top")]

    operations = [
        migrations.RemoveField(model_name="historicalincomingpayment", name="remark"),
        migrations.AddField(
            model_name="incomingpayment",
            name="return_entry",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.journalentry",
                verbose_name="entry of the return",
            ),
        ),
        migrations.AddField(
            model_name="historicalincomingpayment",
            name="return_entry",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="ledger.journalentry",
                verbose_name="entry of the return",
            ),
        ),
    ]
