from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    # The law of the log has the guard of tables that only grow, and people's accounts the table of who works here.
    dependencies = [("casework", "0001_tables"), ("audit", "0002_law"), ("staff", "0001_tables")]
    operations = [Law(__file__, "tasks"), Law(__file__, "evidence")]
