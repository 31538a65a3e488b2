-- What a bank file brings is taken in only once the file is confirmed: before, no line of it is a payment. A confirmed file
-- stays as it is, and of any other only its way to be confirmed or rejected changes; the bytes never do, and no file is
-- deleted. What a line was matched to, and by whom, is only ever added; so
-- are the lines that two people struck.

CREATE FUNCTION loans_require_confirmed_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM came_in c JOIN loans_bankfile f ON f.id = c.bank_file_id WHERE f.status <> 'confirmed') THEN
        RAISE EXCEPTION 'a payment of a bank file that is not confirmed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER loans_incomingpayment_of_confirmed_file AFTER INSERT ON loans_incomingpayment
    REFERENCING NEW TABLE AS came_in FOR EACH STATEMENT EXECUTE FUNCTION loans_require_confirmed_file();

CREATE FUNCTION loans_refuse_changed_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['status', 'fetched_on', 'confirmed_by_id', 'confirmed_on', 'passed_alone',
                            'payment_count', 'repeated_count', 'differing_count', 'total'];
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status = 'confirmed'
       OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'bank file % stays as it came in', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_bankfile_stays BEFORE UPDATE OR DELETE ON loans_bankfile
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_file();
CREATE TRIGGER loans_bankfilecontent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_bankfilecontent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_incomingpaymentshare_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_incomingpaymentshare
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_struckline_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_struckline
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER loans_struckline_append_only ON loans_struckline;
DROP TRIGGER loans_incomingpaymentshare_append_only ON loans_incomingpaymentshare;
DROP TRIGGER loans_bankfilecontent_append_only ON loans_bankfilecontent;
DROP TRIGGER loans_bankfile_stays ON loans_bankfile;
DROP FUNCTION loans_refuse_changed_file();
DROP TRIGGER loans_incomingpayment_of_confirmed_file ON loans_incomingpayment;
DROP FUNCTION loans_require_confirmed_file();
