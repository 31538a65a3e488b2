"""What PostgreSQL itself refuses (changing evidence), how case numbers are made in SQL, and the first house rules."""

from datetime import date

from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER collections_contact_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON collections_contactattempt
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER collections_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON collections_caseevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""
ANY_CHANGE = """
DROP TRIGGER collections_contact_append_only ON collections_contactattempt;
DROP TRIGGER collections_event_append_only ON collections_caseevent;
"""

# The review opens cases in one INSERT … SELECT, so the public id (a ULID: 48 bits of time, 80 of chance) is made here.
CASE_ID = """
CREATE FUNCTION collections_new_case_id() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT 'case_' || string_agg(
        substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substring(ulid.bits FROM place * 5 + 1 FOR 5)::bit(5)::int + 1, 1),
        '' ORDER BY place)
      FROM (SELECT B'00' || ('x' || lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
                   || right(md5(gen_random_uuid()::text), 20))::bit(128) AS bits) AS ulid,
           generate_series(0, 25) AS place
$$;
"""

# Figures of every open case move each night; room on the page keeps those updates short.
ROOM_ON_PAGE = "ALTER TABLE collections_case SET (fillfactor = 70)"

BEGINNING = date(2000, 1, 1)
RULES: tuple[tuple[str, dict, str], ...] = (
    (
        "collections_priority",
        {
            "stage_points": {
                "M1": 10,
                "M2": 20,
                "M3": 30,
                "M4": 35,
                "M5": 38,
                "M6": 41,
                "M7": 44,
                "recovery": 5,
            },
            "amount_per_point": "100.00",
            "amount_points_most": 40,
            "days_per_point": 3,
            "days_points_most": 30,
            "broken_promise_points": 8,
            "broken_promises_most": 3,
        },
        "House rule: order of the collection queue.",
    ),
    (
        "collections_actions",
        {
            "by_stage": {
                "M1": "remind",
                "M2": "call",
                "M3": "call",
                "M4": "demand",
                "M5": "demand",
                "M6": "demand",
                "M7": "propose_write_off",
                "recovery": "recover",
            },
            "failed_in_a_row": 3,
        },
        "House rule: what is done in each stage. Unreachable after 3 failed contacts: banking association, 2026-01.",
    ),
    (
        "collections_promise",
        {"longest_days": 14, "kept_share": "1.00", "mostly_paid_share": "0.80"},
        "House rule: how far ahead a promise may reach; broken but mostly paid is not held against the borrower.",
    ),
    (
        "collections_work",
        {
            "claim_minutes": 20,
            "snooze_days_most": 14,
            "hold_days_most": 90,
            "rest_hours_by_outcome": {
                "answered": 24,
                "hardship": 24,
                "dispute": 24,
                "refused": 48,
                "no_answer": 4,
                "unreachable": 24,
                "wrong_number": 1,
                "message": 12,
            },
        },
        "House rule: how long a case stays with whoever opened it, put off, or rest; when to try again.",
    ),
)


def seed(apps, schema_editor) -> None:
    rule = apps.get_model("core", "Rule")
    for code, data, source in RULES:
        rule.objects.get_or_create(
            code=code, market="CN", effective_from=BEGINNING, defaults={"data": data, "source": source}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("collections", "0001_initial"),
        ("audit", "0002_append_only"),
        ("core", "0002_numbers_and_rules"),
    ]
    operations = [
        migrations.RunSQL(APPEND_ONLY, ANY_CHANGE),
        migrations.RunSQL(CASE_ID, "DROP FUNCTION collections_new_case_id()"),
        migrations.RunSQL(ROOM_ON_PAGE, migrations.RunSQL.noop),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
