-- Evidence stays as it was received: nothing of its row changes but that it is wiped, once, and not while a legal hold
-- stands. A hold is lifted once, by the two people of an approved request, and nothing else of it changes. What was attached
-- may be taken off once, with a reason, and its row stays. Notes stay as they were written: a further note corrects them.

-- A hold on one version keeps those it replaced, and those that replaced it.
CREATE FUNCTION casework_a_version_is_held(evidence bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain(id, replaces_id) AS (
        SELECT e.id, e.replaces_id FROM casework_evidence e WHERE e.id = evidence
        UNION
        SELECT n.id, n.replaces_id
          FROM chain c
          CROSS JOIN LATERAL (
              SELECT e.id, e.replaces_id FROM casework_evidence e WHERE e.id = c.replaces_id
              UNION ALL SELECT e.id, e.replaces_id FROM casework_evidence e WHERE e.replaces_id = c.id
          ) n
    )
    SELECT EXISTS (SELECT FROM casework_evidencehold h JOIN chain c ON c.id = h.evidence_id WHERE h.lifted_on IS NULL)
$$;

CREATE FUNCTION casework_evidence_only_wiped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.wiped_on IS NOT NULL THEN
        RAISE EXCEPTION 'evidence % was wiped: it does not change any more', OLD.public_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.wiped_on IS NULL
       OR to_jsonb(NEW) - 'wiped_on' - 'name' - 'storage_key' <> to_jsonb(OLD) - 'wiped_on' - 'name' - 'storage_key' THEN
        RAISE EXCEPTION 'evidence % stays as it was received', OLD.public_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF casework_a_version_is_held(OLD.id) THEN
        RAISE EXCEPTION 'evidence % is under legal hold', OLD.public_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casework_evidence_only_wiped BEFORE UPDATE ON casework_evidence
    FOR EACH ROW EXECUTE FUNCTION casework_evidence_only_wiped();

CREATE TRIGGER casework_evidence_stays BEFORE DELETE OR TRUNCATE ON casework_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse_delete();

-- A hold is set on what is there still: it waits for whoever is wiping at the moment, as they wait for it.
CREATE FUNCTION casework_hold_what_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM casework_evidence e WHERE e.id = NEW.evidence_id AND e.wiped_on IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'evidence % was wiped: nothing is left to hold', NEW.evidence_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casework_hold_what_is_kept BEFORE INSERT ON casework_evidencehold
    FOR EACH ROW EXECUTE FUNCTION casework_hold_what_is_kept();

CREATE FUNCTION casework_hold_only_lifted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.lifted_on IS NOT NULL OR NEW.lifted_on IS NULL
       OR to_jsonb(NEW) - 'lifted_on' - 'lifted_by_id' - 'lift_asked_by_id'
          <> to_jsonb(OLD) - 'lifted_on' - 'lifted_by_id' - 'lift_asked_by_id' THEN
        RAISE EXCEPTION 'a legal hold is lifted once, and nothing else of it changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM audit_approval a
                    WHERE a.kind = 'evidence.lift_hold' AND a.status = 'approved' AND a.payload ->> 'hold' = NEW.id::text
                      AND a.requested_by_id = NEW.lift_asked_by_id AND a.decided_by_id = NEW.lifted_by_id) THEN
        RAISE EXCEPTION 'a legal hold is lifted by a request to which a second person agreed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casework_hold_only_lifted BEFORE UPDATE ON casework_evidencehold
    FOR EACH ROW EXECUTE FUNCTION casework_hold_only_lifted();

CREATE TRIGGER casework_hold_stays BEFORE DELETE OR TRUNCATE ON casework_evidencehold
    FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse_delete();

CREATE FUNCTION casework_link_only_taken_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.detached_at IS NOT NULL OR NEW.detached_at IS NULL
       OR to_jsonb(NEW) - 'detached_at' - 'detached_by_id' - 'detached_because'
          <> to_jsonb(OLD) - 'detached_at' - 'detached_by_id' - 'detached_because' THEN
        RAISE EXCEPTION 'what was attached is taken off once, and nothing else of it changes'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER casework_link_only_taken_off BEFORE UPDATE ON casework_evidencelink
    FOR EACH ROW EXECUTE FUNCTION casework_link_only_taken_off();

CREATE TRIGGER casework_link_stays BEFORE DELETE OR TRUNCATE ON casework_evidencelink
    FOR EACH STATEMENT EXECUTE FUNCTION casework_refuse_delete();

CREATE TRIGGER casework_note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON casework_note
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER casework_note_append_only ON casework_note;
DROP TRIGGER casework_link_stays ON casework_evidencelink;
DROP TRIGGER casework_link_only_taken_off ON casework_evidencelink;
DROP FUNCTION casework_link_only_taken_off();
DROP TRIGGER casework_hold_stays ON casework_evidencehold;
DROP TRIGGER casework_hold_only_lifted ON casework_evidencehold;
DROP FUNCTION casework_hold_only_lifted();
DROP TRIGGER casework_hold_what_is_kept ON casework_evidencehold;
DROP FUNCTION casework_hold_what_is_kept();
DROP TRIGGER casework_evidence_stays ON casework_evidence;
DROP TRIGGER casework_evidence_only_wiped ON casework_evidence;
DROP FUNCTION casework_evidence_only_wiped();
DROP FUNCTION casework_a_version_is_held(bigint);
