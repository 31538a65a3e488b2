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

-- What a task was raised as stays: its number, its subject, its hours. It is escalated once, and it only rises.
CREATE FUNCTION casework_refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what people had to do stays as it was', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER casework_task_as_raised BEFORE UPDATE ON casework_task
    FOR EACH ROW WHEN (
        (OLD.public_id, OLD.number, OLD.kind, OLD.object_type, OLD.object_id, OLD.object_label, OLD.cause, OLD.facts,
         OLD.team, OLD.teams, OLD.raised_at, OLD.raised_on, OLD.raised_by_id, OLD.soon_at, OLD.due_at, OLD.escalates_at)
        IS DISTINCT FROM
        (NEW.public_id, NEW.number, NEW.kind, NEW.object_type, NEW.object_id, NEW.object_label, NEW.cause, NEW.facts,
         NEW.team, NEW.teams, NEW.raised_at, NEW.raised_on, NEW.raised_by_id, NEW.soon_at, NEW.due_at, NEW.escalates_at)
        OR (OLD.escalated_at IS NOT NULL
            AND (OLD.escalated_at, OLD.escalated_to) IS DISTINCT FROM (NEW.escalated_at, NEW.escalated_to))
        OR NEW.priority < OLD.priority OR NEW.ranked_at > OLD.ranked_at)
    EXECUTE FUNCTION casework_refuse_rewriting();

-- Who owns a task works here at that moment. Whoever shuts their account waits until the task is theirs, and takes it back.
CREATE FUNCTION casework_owner_works_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff_user u WHERE u.id = NEW.owner_id AND u.is_active FOR SHARE;
    IF NOT FOUND AND NEW.status = 'open' THEN
        RAISE EXCEPTION 'task % cannot be owned by somebody who has left', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casework_task_given BEFORE UPDATE ON casework_task
    FOR EACH ROW WHEN (NEW.owner_id IS NOT NULL AND NEW.owner_id IS DISTINCT FROM OLD.owner_id)
    EXECUTE FUNCTION casework_owner_works_here();

CREATE TRIGGER casework_task_raised_with BEFORE INSERT ON casework_task
    FOR EACH ROW WHEN (NEW.owner_id IS NOT NULL) EXECUTE FUNCTION casework_owner_works_here();

-- Every change of the owner is told: by whoever makes it, beforehand, and otherwise here. The newest event of an owner always
-- ends with the owner that a task has, so one that leads from the owner before to the new one was made for this change.
CREATE FUNCTION casework_tell_of_owners() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO casework_taskevent (task_id, at, what, by_id, from_owner_id, to_owner_id, note)
    SELECT n.id, clock_timestamp(),
           CASE WHEN n.owner_id IS NULL THEN 'returned' WHEN o.owner_id IS NULL THEN 'taken' ELSE 'handed_over' END,
           NULL, o.owner_id, n.owner_id, ''
      FROM rows_before o JOIN rows_after n ON n.id = o.id AND n.owner_id IS DISTINCT FROM o.owner_id
     WHERE NOT EXISTS (
        SELECT FROM (SELECT e.from_owner_id, e.to_owner_id FROM casework_taskevent e
                      WHERE e.task_id = n.id AND e.what IN ('taken', 'returned', 'handed_over')
                      ORDER BY e.id DESC LIMIT 1) newest
         WHERE newest.from_owner_id IS NOT DISTINCT FROM o.owner_id
           AND newest.to_owner_id IS NOT DISTINCT FROM n.owner_id);
    RETURN NULL;
END $$;

CREATE TRIGGER casework_task_owners_told AFTER UPDATE ON casework_task
    REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
    FOR EACH STATEMENT EXECUTE FUNCTION casework_tell_of_owners();

-- Whoever covers and has left, or has no role in common with the person who is away any more, covers no more; what that
-- person has goes back to the teams while they are away. A day more on both ends: the office has a date of its own.
CREATE FUNCTION casework_end_cover(gone bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH ended AS (
        UPDATE casework_absence a SET cover_id = NULL
         WHERE a.cover_id = gone AND a.last_day >= CURRENT_DATE - 1
           AND NOT EXISTS (SELECT FROM staff_user u
                             JOIN staff_user_groups theirs ON theirs.user_id = u.id
                             JOIN staff_user_groups other ON other.group_id = theirs.group_id AND other.user_id = a.person_id
                            WHERE u.id = gone AND u.is_active)
     RETURNING a.person_id, a.first_day)
    UPDATE casework_task SET owner_id = NULL
     WHERE status = 'open' AND owner_id IN (SELECT person_id FROM ended WHERE first_day <= CURRENT_DATE + 1);
END $$;

CREATE FUNCTION casework_take_back_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE casework_task SET owner_id = NULL WHERE status = 'open' AND owner_id = NEW.id;
    PERFORM casework_end_cover(NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER casework_person_leaves AFTER UPDATE OF is_active ON staff_user
    FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION casework_take_back_tasks();

-- Whoever loses the last role by which they may own a task gives it back, whatever took the role away.
CREATE FUNCTION casework_role_lost() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    left_over varchar[];
BEGIN
    PERFORM FROM staff_user u WHERE u.id = OLD.user_id FOR NO KEY UPDATE;
    left_over := ARRAY(SELECT g.name FROM staff_user_groups m JOIN auth_group g ON g.id = m.group_id
                        WHERE m.user_id = OLD.user_id);
    UPDATE casework_task t SET owner_id = NULL
     WHERE t.status = 'open' AND t.owner_id = OLD.user_id
       AND NOT (t.teams || ARRAY[t.team, t.escalated_to]) && left_over;
    PERFORM casework_end_cover(OLD.user_id);
    RETURN NULL;
END $$;

CREATE TRIGGER casework_role_lost AFTER DELETE OR UPDATE ON staff_user_groups
    FOR EACH ROW EXECUTE FUNCTION casework_role_lost();

-- Of an absence only its end moves, to an earlier day, and its cover falls away: who was away when stays on record.
CREATE TRIGGER casework_absence_as_planned BEFORE UPDATE ON casework_absence
    FOR EACH ROW WHEN (
        (OLD.person_id, OLD.first_day, OLD.note) IS DISTINCT FROM (NEW.person_id, NEW.first_day, NEW.note)
        OR NEW.last_day > OLD.last_day
        OR (NEW.cover_id IS NOT NULL AND NEW.cover_id IS DISTINCT FROM OLD.cover_id))
    EXECUTE FUNCTION casework_refuse_rewriting();

-- Taken back by:

DROP TRIGGER casework_absence_as_planned ON casework_absence;
DROP TRIGGER casework_role_lost ON staff_user_groups;
DROP FUNCTION casework_role_lost();
DROP TRIGGER casework_person_leaves ON staff_user;
DROP FUNCTION casework_take_back_tasks();
DROP FUNCTION casework_end_cover(bigint);
DROP TRIGGER casework_task_owners_told ON casework_task;
DROP FUNCTION casework_tell_of_owners();
DROP TRIGGER casework_task_raised_with ON casework_task;
DROP TRIGGER casework_task_given ON casework_task;
DROP FUNCTION casework_owner_works_here();
DROP TRIGGER casework_task_as_raised ON casework_task;
DROP FUNCTION casework_refuse_rewriting();
DROP TRIGGER casework_task_stays ON casework_task;
DROP FUNCTION casework_refuse_delete();
DROP TRIGGER casework_task_ended ON casework_task;
DROP FUNCTION casework_refuse_ended();
DROP TRIGGER casework_taskevent_append_only ON casework_taskevent;
DROP SEQUENCE core_number_tk;
