-- The entry a repayment, an act or a payment of a bank file names is there when it is named (ledger/law/entries_exist.sql),
-- and a line of a repayment belongs to the entry that its repayment then has.

CREATE FUNCTION loans_require_own_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_require_entry(NEW.entry_id, NEW.booked_on);
    RETURN NULL;
END $$;

CREATE TRIGGER loans_repayment_entry_exists AFTER INSERT OR UPDATE OF entry_id, booked_on ON loans_repayment
    FOR EACH ROW EXECUTE FUNCTION loans_require_own_entry();
CREATE TRIGGER loans_act_entry_exists AFTER INSERT OR UPDATE OF entry_id, booked_on ON loans_loanact
    FOR EACH ROW EXECUTE FUNCTION loans_require_own_entry();

CREATE FUNCTION loans_require_entries_of_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_require_entry(NEW.suspense_entry_id, NEW.suspended_on);
    PERFORM ledger_require_entry(NEW.return_entry_id, NEW.returned_on);
    RETURN NULL;
END $$;

CREATE TRIGGER loans_payment_entries_exist
    AFTER INSERT OR UPDATE OF suspense_entry_id, suspended_on, return_entry_id, returned_on ON loans_incomingpayment
    FOR EACH ROW EXECUTE FUNCTION loans_require_entries_of_payment();

CREATE FUNCTION loans_require_entry_of_repayment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT n.repayment_id INTO wrong
      FROM (SELECT DISTINCT repayment_id, entry_id FROM new_lines) n
      JOIN loans_repayment r ON r.id = n.repayment_id AND r.entry_id <> n.entry_id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a line of repayment % belongs to an entry that is not its own', wrong
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER loans_repaymentline_entry AFTER INSERT ON loans_repaymentline
    REFERENCING NEW TABLE AS new_lines FOR EACH STATEMENT EXECUTE FUNCTION loans_require_entry_of_repayment();

-- Taken back by:

DROP TRIGGER loans_repaymentline_entry ON loans_repaymentline;
DROP FUNCTION loans_require_entry_of_repayment();
DROP TRIGGER loans_payment_entries_exist ON loans_incomingpayment;
DROP FUNCTION loans_require_entries_of_payment();
DROP TRIGGER loans_act_entry_exists ON loans_loanact;
DROP TRIGGER loans_repayment_entry_exists ON loans_repayment;
DROP FUNCTION loans_require_own_entry();
