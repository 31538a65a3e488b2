"""Waivers, extensions and refunds that can be reversed: a state, its day and reason, and names for partners.

PostgreSQL lets nothing else of such a row change, and what is reversed never stands again.
"""

from django.conf import settings
from django.db import migrations, models

import loans.models.servicing

NAMED = (("extension", loans.models.servicing.new_extension_id), ("waiver", loans.models.servicing.new_waiver_id))
TABLES = ("extension", "refund", "waiver")

REVERSED_ONCE = """
CREATE FUNCTION loans_refuse_changed_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['status', 'reversed_on', 'reversal_reason'];
BEGIN
    IF OLD.status = 'reversed' OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'row % of % is only ever reversed, and only once', OLD.id, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
""" + "".join(
    f"CREATE TRIGGER loans_{table}_reversed_once BEFORE UPDATE ON loans_{table} "
    "FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_grant();\n"
    for table in TABLES
)
UNGUARDED = "".join(f"DROP TRIGGER loans_{table}_reversed_once ON loans_{table};\n" for table in TABLES) + (
    "DROP FUNCTION loans_refuse_changed_grant()"
)


def give_names(apps, schema_editor) -> None:
    """A name of its own for each row there is; the history of a row is told under the same name."""
    for name, new_id in NAMED:
        history = apps.get_model("loans", f"historical{name}")
        for row in apps.get_model("loans", name).objects.all():
            row.public_id = new_id()
            row.save(update_fields=["public_id"])
            history.objects.filter(id=row.pk).update(public_id=row.public_id)
        for orphan in history.objects.filter(public_id=None):
            history.objects.filter(pk=orphan.pk).update(public_id=new_id())


def columns_of_reversal(name: str) -> list[migrations.AddField]:
    words = [("posted", "posted"), ("reversed", "reversed")]
    status = models.CharField(choices=words, default="posted", max_length=8, verbose_name="status")
    fields = {
        "status": status,
        "reversed_on": models.DateField(blank=True, null=True),
        "reversal_reason": models.CharField(blank=True, max_length=200),
    }
    return [
        migrations.AddField(model_name=f"{prefix}{name}", name=column, field=field.clone())
        for prefix in ("", "historical")
        for column, field in fields.items()
    ]


def stands_or_reversed(name: str) -> migrations.AddConstraint:
    stands = models.Q(status="posted", reversed_on__isnull=True, reversal_reason="")
    taken_back = models.Q(status="reversed", reversed_on__isnull=False)
    constraint = models.CheckConstraint(condition=stands | taken_back, name=f"loans_{name}_reversed")
    return migrations.AddConstraint(model_name=name, constraint=constraint)


def public_id(prefix: str, name: str, new_id, **options) -> dict[str, object]:
    field = models.CharField(default=new_id, editable=False, max_length=40, **options)
    return {"model_name": f"{prefix}{name}", "name": "public_id", "field": field}


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0017_charge_off"),
        ("ledger", "0006_entry_event_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(operation for name in TABLES for operation in columns_of_reversal(name)),
        *(
            migrations.AddField(**public_id(prefix, name, None, null=True))
            for name, _new_id in NAMED
            for prefix in ("", "historical")
        ),
        migrations.RunPython(give_names, migrations.RunPython.noop),
        *(migrations.AlterField(**public_id("", name, new_id, unique=True)) for name, new_id in NAMED),
        *(migrations.AlterField(**public_id("historical", name, new_id, db_index=True)) for name, new_id in NAMED),
        *(stands_or_reversed(name) for name in TABLES),
        migrations.RunSQL(REVERSED_ONCE, UNGUARDED),
    ]
