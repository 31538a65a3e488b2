-- Of an act on a loan nothing changes once it is done, but that it is undone (the state, its day and its reason) and what a
-- replay makes of it (its figures and its entry). What is undone never stands again: another act is done instead; it is
-- only noted once what the undoing gave up. Who vouched for what a merchant gave back, or on which day a line of a bank
-- was found to be it, is noted once. Nothing of it is deleted.

CREATE FUNCTION loans_refuse_changed_act() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    movable text[] := ARRAY['status', 'undone_on', 'undo_reason', 'figures', 'entry_id', 'booked_on'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'undone' AND NOT OLD.figures ? 'freed_by_undoing'
       AND NEW.figures - 'freed_by_undoing' = OLD.figures
       AND to_jsonb(NEW) - 'figures' = to_jsonb(OLD) - 'figures' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.kind = 'merchant_refund' AND OLD.agreed_by_id IS NULL AND OLD.proved_on IS NULL THEN
        movable := movable || ARRAY['agreed_by_id', 'proved_on'];
    END IF;
    -- So is who vouched for what one person alone gave up on a line.
    IF TG_OP = 'UPDATE' AND OLD.recorded_by_id IS NOT NULL AND OLD.agreed_by_id IS NULL AND EXISTS (
        SELECT FROM loans_loan l WHERE l.id = OLD.loan_id AND l.line_open_months > 0) THEN
        movable := movable || ARRAY['agreed_by_id'];
    END IF;
    IF TG_OP = 'DELETE' OR OLD.status = 'undone'
       OR to_jsonb(NEW) - movable IS DISTINCT FROM to_jsonb(OLD) - movable THEN
        RAISE EXCEPTION 'act % is only ever undone, and only once', OLD.public_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER loans_act_undone_once BEFORE UPDATE OR DELETE ON loans_loanact
    FOR EACH ROW EXECUTE FUNCTION loans_refuse_changed_act();

-- Taken back by:

DROP TRIGGER loans_act_undone_once ON loans_loanact;
DROP FUNCTION loans_refuse_changed_act();
