-- What a task says happened to it cannot be changed afterwards, and a task that has ended never moves again. Who leaves
-- leaves no task behind: it goes back to its team, by whatever door the account was shut.

CREATE SEQUENCE core_number_tk;

CREATE TRIGGER casework_taskevent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON casework_taskevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

CREATE FUNCTION casework_refuse_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'task % has ended: it does not change any more', OLD.number USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER casework_task_ended BEFORE UPDATE ON casework_task
    FOR EACH ROW WHEN (OLD.status <> 'open') EXECUTE FUNCTION casework_refuse_ended();

CREATE FUNCTION casework_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('loandesk.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: what people had to do stays on record', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER casework_task_stays BEFORE DELETE OR TRUNCATE ON casework_task
    FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse_delete();

CREATE FUNCTION casework_take_back_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH returned AS (
        UPDATE casework_task SET owner_id = NULL WHERE status = 'open' AND owner_id = NEW.id RETURNING id)
    INSERT INTO casework_taskevent (task_id, at, what, by_id, from_owner_id, to_owner_id, note)
    SELECT id, clock_timestamp(), 'returned', NULL, NEW.id, NULL, '' FROM returned;
    RETURN NULL;
END $$;

CREATE TRIGGER casework_person_leaves AFTER UPDATE OF is_active ON staff_user
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION casework_take_back_tasks();

-- Taken back by:

DROP TRIGGER casework_person_leaves ON staff_user;
DROP FUNCTION casework_take_back_tasks();
DROP TRIGGER casework_task_stays ON casework_task;
DROP FUNCTION casework_refuse_delete();
DROP TRIGGER casework_task_ended ON casework_task;
DROP FUNCTION casework_refuse_ended();
DROP TRIGGER casework_taskevent_append_only ON casework_taskevent;
DROP SEQUENCE core_number_tk;
