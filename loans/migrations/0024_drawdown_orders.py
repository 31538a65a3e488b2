"""Further parts of an approved amount are orders of their own, one under way a loan and never more than was approved."""

from django.conf import settings
from django.db import migrations, models

WITHIN_APPROVED = """
DROP TRIGGER loans_disbursement_paid_in_full ON loans_disbursement;
CREATE TRIGGER loans_disbursement_paid_in_full BEFORE INSERT OR UPDATE OF amount, loan_id ON loans_disbursement
    FOR EACH ROW WHEN (NOT NEW.is_drawdown) EXECUTE FUNCTION loans_refuse_advance_deduction();
CREATE FUNCTION loans_refuse_more_than_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approved numeric;
    ordered numeric;
BEGIN
    SELECT principal INTO approved FROM loans_loan WHERE id = NEW.loan_id;
    SELECT coalesce(sum(amount), 0) INTO ordered FROM loans_disbursement
        WHERE loan_id = NEW.loan_id AND id <> NEW.id AND status <> 'cancelled';
    IF ordered + NEW.amount > approved THEN
        RAISE EXCEPTION 'disbursement % pays out % beside %, but % was approved',
            NEW.number, NEW.amount, ordered, approved USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loans_disbursement_within_approved BEFORE INSERT OR UPDATE OF amount, loan_id, is_drawdown
    ON loans_disbursement FOR EACH ROW WHEN (NEW.is_drawdown) EXECUTE FUNCTION loans_refuse_more_than_approved();
"""
AS_BEFORE = """
DROP TRIGGER loans_disbursement_within_approved ON loans_disbursement;
DROP FUNCTION loans_refuse_more_than_approved();
DROP TRIGGER loans_disbursement_paid_in_full ON loans_disbursement;
CREATE TRIGGER loans_disbursement_paid_in_full BEFORE INSERT OR UPDATE OF amount, loan_id ON loans_disbursement
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_advance_deduction();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("loans", "0023_returned_payments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="disbursement",
            name="loans_disbursement_one_a_loan",
        ),
        migrations.AddField(
            model_name="disbursement",
            name="idempotency_key",
            field=models.CharField(blank=True, editable=False, max_length=255, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="disbursement",
            name="is_drawdown",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="a further part of the approved amount"
            ),
        ),
        migrations.AddField(
            model_name="historicaldisbursement",
            name="idempotency_key",
            field=models.CharField(blank=True, db_index=True, editable=False, max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="historicaldisbursement",
            name="is_drawdown",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="a further part of the approved amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="disbursement",
            constraint=models.UniqueConstraint(
                condition=~models.Q(status="cancelled") & models.Q(is_drawdown=False),
                fields=("loan",),
                name="loans_disbursement_one_a_loan",
            ),
        ),
        migrations.AddConstraint(
            model_name="disbursement",
            constraint=models.UniqueConstraint(
                condition=~models.Q(status__in=["paid", "cancelled"]) & models.Q(is_drawdown=True),
                fields=("loan",),
                name="loans_disbursement_one_drawdown_under_way",
            ),
        ),
        migrations.RunSQL(WITHIN_APPROVED, AS_BEFORE),
    ]
