"""An index of events, for the list of those that were ever booked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_closed_books")]
    operations = [
        migrations.AddIndex(model_name="journalentry", index=models.Index(fields=["event"], name="ledger_entry_event"))
    ]
