-- Only a product that is paid out in parts has offers with a first drawdown. Whether it is, the product's version
-- says, and a CHECK cannot look there. How large the first part may be: loans/models/offer.py.

CREATE FUNCTION loans_require_drawdowns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.first_drawdown IS NOT NULL AND NOT (
        SELECT allows_drawdowns FROM loans_productversion WHERE id = NEW.product_version_id
    ) THEN
        RAISE EXCEPTION 'this product is paid out in one sum' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_offer_drawdowns BEFORE INSERT ON loans_offer
    FOR EACH ROW EXECUTE FUNCTION loans_require_drawdowns();

-- Taken back by:

DROP TRIGGER loans_offer_drawdowns ON loans_offer;
DROP FUNCTION loans_require_drawdowns();
