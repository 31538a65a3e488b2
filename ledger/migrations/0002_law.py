from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_law"), ("ledger", "0001_tables")]
    operations = [
        Law(__file__, "posted_entries"),
        Law(__file__, "entries_exist"),
        Law(__file__, "balanced_lines"),
        Law(__file__, "reversed_once"),
        Law(__file__, "closed_books"),
        Law(__file__, "day_sums"),
        Law(__file__, "archived_months"),
        Law(__file__, "closings_in_order"),
    ]
