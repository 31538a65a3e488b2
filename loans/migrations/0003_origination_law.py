"""What PostgreSQL itself refuses in origination: a changed offer, a changed contract, a contract that is not its hash."""

from datetime import date

from django.db import migrations

OFFER_TERMS_FIXED = """
CREATE FUNCTION loans_refuse_changed_offer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['status', 'accepted_on', 'accepted_via', 'closed_on'];
BEGIN
    IF to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'the terms of offer % never change', OLD.public_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loans_offer_terms_fixed BEFORE UPDATE ON loans_offer
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_offer();
CREATE TRIGGER loans_offer_not_deleted BEFORE DELETE ON loans_offer
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

CONTRACT_SEALED = """
ALTER TABLE loans_contract ADD CONSTRAINT loans_contract_sealed
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex'));
CREATE TRIGGER loans_contract_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_contract
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""


def seed(apps, schema_editor) -> None:
    apps.get_model("core", "Rule").objects.get_or_create(
        code="offer_validity",
        market="CN",
        effective_from=date(2000, 1, 1),
        defaults={"data": {"days": 7}, "source": "House rule: how long an offer can be accepted."},
    )


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0002_positions"),
        ("core", "0002_numbers_and_rules"),
        ("audit", "0002_append_only"),
    ]
    operations = [
        migrations.RunSQL(
            OFFER_TERMS_FIXED,
            "DROP TRIGGER loans_offer_not_deleted ON loans_offer; DROP TRIGGER loans_offer_terms_fixed ON loans_offer;"
            " DROP FUNCTION loans_refuse_changed_offer()",
        ),
        migrations.RunSQL(
            CONTRACT_SEALED,
            "DROP TRIGGER loans_contract_never_changes ON loans_contract;"
            " ALTER TABLE loans_contract DROP CONSTRAINT loans_contract_sealed",
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
