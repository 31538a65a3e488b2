-- Only closed months are put away, oldest first, and the books are not opened again into them while they are away
-- (closings_in_order.sql). A seal is never changed; what can happen to it is that its month is brought back, once.

CREATE FUNCTION ledger_archived_through() RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (max(month) + interval '1 month' - interval '1 day')::date FROM ledger_archivedmonth WHERE restored_at IS NULL
$$;

CREATE FUNCTION ledger_guard_seals() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed date;
BEGIN
    SELECT closed_through INTO closed FROM ledger_periodclosing ORDER BY id DESC LIMIT 1;
    IF closed IS NULL OR closed < (NEW.month + interval '1 month' - interval '1 day')::date THEN
        RAISE EXCEPTION 'the books of % are not closed', NEW.month USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.month <> date_trunc('month', NEW.month)::date OR NEW.month <= ledger_archived_through() THEN
        RAISE EXCEPTION 'months are archived in order, each by its first day' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER ledger_seals BEFORE INSERT ON ledger_archivedmonth
    FOR EACH ROW EXECUTE FUNCTION ledger_guard_seals();
CREATE TRIGGER ledger_seals_kept BEFORE UPDATE ON ledger_archivedmonth
    FOR EACH ROW EXECUTE FUNCTION audit_keep_seal();
CREATE TRIGGER ledger_seals_stay BEFORE DELETE OR TRUNCATE ON ledger_archivedmonth
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- Taken back by:

DROP TRIGGER ledger_seals_stay ON ledger_archivedmonth;
DROP TRIGGER ledger_seals_kept ON ledger_archivedmonth;
DROP TRIGGER ledger_seals ON ledger_archivedmonth;
DROP FUNCTION ledger_guard_seals();
DROP FUNCTION ledger_archived_through();
