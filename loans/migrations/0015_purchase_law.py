"""What PostgreSQL itself refuses of purchases: a merchant whose credit code cannot be true, a purchase without merchant
and price, and a loan of money that names one."""

from django.db import migrations

CREDIT_CODE = """
CREATE FUNCTION loans_is_credit_code(code text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$' AND (
        SELECT sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, place, 1)) - 1)
                   * (ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28,1])[place])
          FROM generate_series(1, 18) place
    ) % 31 = 0
$$;
ALTER TABLE loans_merchant ADD CONSTRAINT loans_merchant_credit_code
    CHECK (market <> 'CN' OR loans_is_credit_code(registration_number));
"""

PURCHASE = """
CREATE FUNCTION loans_require_purchase() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    purchase boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN  -- a purchase of before merchants were recorded stays as it is
        IF (NEW.product_version_id, NEW.merchant_id, NEW.price, NEW.goods)
            IS NOT DISTINCT FROM (OLD.product_version_id, OLD.merchant_id, OLD.price, OLD.goods) THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT is_purchase INTO purchase FROM loans_productversion WHERE id = NEW.product_version_id;
    IF purchase AND (NEW.merchant_id IS NULL OR NEW.price IS NULL OR NEW.goods = '') THEN
        RAISE EXCEPTION 'a purchase must name its merchant, price and goods' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT purchase AND (NEW.merchant_id IS NOT NULL OR NEW.goods <> '') THEN
        RAISE EXCEPTION 'a loan of money names no merchant' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER loans_loan_purchase BEFORE INSERT OR UPDATE OF product_version_id, merchant_id, price, goods
    ON loans_loan FOR EACH ROW EXECUTE FUNCTION loans_require_purchase();
CREATE TRIGGER loans_offer_purchase BEFORE INSERT
    ON loans_offer FOR EACH ROW EXECUTE FUNCTION loans_require_purchase();
"""


class Migration(migrations.Migration):
    dependencies = [("loans", "0014_merchants")]
    operations = [
        migrations.RunSQL(
            CREDIT_CODE,
            "ALTER TABLE loans_merchant DROP CONSTRAINT loans_merchant_credit_code;"
            " DROP FUNCTION loans_is_credit_code(text)",
        ),
        migrations.RunSQL(
            PURCHASE,
            "DROP TRIGGER loans_offer_purchase ON loans_offer; DROP TRIGGER loans_loan_purchase ON loans_loan;"
            " DROP FUNCTION loans_require_purchase()",
        ),
    ]
