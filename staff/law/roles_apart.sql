-- Nobody decides on loans and pays them out, nobody configures and moves money: whichever door gives roles, two of these
-- pairs never stand with one person (staff/apart.py says why, from the role table; a test holds both to each other). The
-- guide of a demo, who shows the whole life of a loan, says so by the setting loandesk.roles_together.

CREATE FUNCTION staff_refuse_roles_together() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held text[];
    clash record;
BEGIN
    IF current_setting('loandesk.roles_together', true) = 'on' THEN
        RETURN NULL;
    END IF;
    -- Roles of one person come one by one, so that two at once do not pass each other unseen.
    PERFORM 1 FROM staff_user WHERE id = NEW.user_id FOR NO KEY UPDATE;
    SELECT array_agg(g.name::text) INTO held
      FROM staff_user_groups ug JOIN auth_group g ON g.id = ug.group_id WHERE ug.user_id = NEW.user_id;
    SELECT * INTO clash FROM (VALUES
        ('underwriter', 'operations'),
        ('underwriter', 'finance'),
        ('checker', 'operations'),
        ('checker', 'finance'),
        ('operations', 'risk_analyst'),
        ('operations', 'administrator'),
        ('collector', 'risk_analyst'),
        ('collector', 'administrator'),
        ('risk_analyst', 'finance'),
        ('finance', 'administrator')
    ) AS pair (one, other) WHERE pair.one = ANY (held) AND pair.other = ANY (held) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'nobody holds both % and %', clash.one, clash.other
            USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_roles_apart';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER staff_roles_apart AFTER INSERT OR UPDATE ON staff_user_groups
    FOR EACH ROW EXECUTE FUNCTION staff_refuse_roles_together();

-- Taken back by:

DROP FUNCTION staff_refuse_roles_together() CASCADE;
