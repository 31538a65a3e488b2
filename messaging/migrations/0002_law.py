from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_tables"), ("audit", "0002_law"), ("borrowers", "0001_tables")]
    operations = [Law(__file__, "one_message_a_key"), Law(__file__, "borrowers_stay")]
