from django.db import migrations

from core.migration_operations import Law


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_tables")]
    operations = [Law(__file__, "roles_apart")]
