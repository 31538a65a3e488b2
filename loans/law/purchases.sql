-- A loan or offer for a purchase names merchant, price and goods; a loan of money names no merchant. Which of the two
-- it is the product's version says, and a CHECK cannot look there. That the loan is the price less the down payment:
-- loans/models/loan.py.

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

-- Taken back by:

DROP TRIGGER loans_offer_purchase ON loans_offer;
DROP TRIGGER loans_loan_purchase ON loans_loan;
DROP FUNCTION loans_require_purchase();
