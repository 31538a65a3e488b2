-- What two people agreed to is what is sold: a draft becomes live only by being agreed to, and between that and its day nothing
-- of it changes but its state.

CREATE FUNCTION loans_refuse_unagreed_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' AND NEW.status = 'live' THEN
        RAISE EXCEPTION 'nobody agreed to version % of product %', OLD.version, OLD.product_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'agreed' AND to_jsonb(NEW) - 'status' IS DISTINCT FROM to_jsonb(OLD) - 'status' THEN
        RAISE EXCEPTION 'version % of product % was agreed to as it is', OLD.version, OLD.product_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_productversion_agreed BEFORE UPDATE ON loans_productversion
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_unagreed_version();

-- Taken back by:

DROP TRIGGER loans_productversion_agreed ON loans_productversion;
DROP FUNCTION loans_refuse_unagreed_version();
