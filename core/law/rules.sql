-- The rulebook (core/rulebook/). A version of a rule is never changed: another follows it, from a day to come. What a
-- version says fits the shape of its rule, which the code declares and each migrate lays down in core_ruleshape; a code that
-- nothing reads is no rule. The checks of core/rulebook/fitting.py say the same more kindly.

CREATE FUNCTION core_rule_number(given jsonb) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    told text := given #>> '{}';
BEGIN
    IF jsonb_typeof(given) = 'number' THEN
        RETURN told::numeric;
    ELSIF jsonb_typeof(given) <> 'string' THEN
        RETURN NULL;
    ELSIF told ~ '^[0-9][0-9]:[0-9][0-9]$' THEN
        RETURN 60 * left(told, 2)::numeric + right(told, 2)::numeric;
    ELSIF told ~ '^-?[0-9]{1,18}(\.[0-9]{1,18})?$' THEN
        RETURN told::numeric;
    END IF;
    RETURN NULL;
END $$;

-- The first problem of a value, with its place; NULL where it fits. Only the words that core/rulebook/shapes.py uses.
CREATE FUNCTION core_rule_problem(shape jsonb, given jsonb, place text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    kind text := jsonb_typeof(given);
    told text := given #>> '{}';
    found text;
    entry record;
    before numeric;
    number numeric;
BEGIN
    IF shape ? 'anyOf' THEN
        FOR entry IN SELECT value FROM jsonb_array_elements(shape -> 'anyOf') LOOP
            IF core_rule_problem(entry.value, given, place) IS NULL THEN
                RETURN NULL;
            END IF;
        END LOOP;
        RETURN place || ': fits none of its forms';
    END IF;
    IF shape ? 'enum' AND NOT EXISTS (SELECT FROM jsonb_array_elements(shape -> 'enum') e WHERE e.value = given) THEN
        RETURN place || ': is none of ' || (shape ->> 'enum');
    END IF;
    IF shape ->> 'type' IN ('integer', kind) IS FALSE OR shape ->> 'type' = 'integer' AND kind <> 'number' THEN
        RETURN place || ': is no ' || (shape ->> 'type');
    END IF;
    IF kind = 'string' AND shape ? 'pattern' AND told !~ (shape ->> 'pattern') THEN
        RETURN place || ': is not written as it must be';
    END IF;
    number := core_rule_number(given);
    IF shape ->> 'type' = 'integer' AND number <> trunc(number) THEN
        RETURN place || ': is no whole number';
    END IF;
    IF shape ? 'decimal' AND number NOT BETWEEN (shape #>> '{decimal,least}')::numeric AND (shape #>> '{decimal,most}')::numeric
    OR kind = 'number' AND number < (shape ->> 'minimum')::numeric
    OR kind = 'number' AND number > (shape ->> 'maximum')::numeric THEN
        RETURN place || ': is out of bounds';
    END IF;
    IF kind = 'array' THEN
        IF jsonb_array_length(given) < (shape ->> 'minItems')::int OR jsonb_array_length(given) > (shape ->> 'maxItems')::int
        THEN
            RETURN place || ': has too few entries, or too many';
        ELSIF (shape ->> 'uniqueItems')::boolean
        AND (SELECT count(*) <> count(DISTINCT value) FROM jsonb_array_elements(given)) THEN
            RETURN place || ': names something twice';
        END IF;
        FOR entry IN SELECT value, ordinality - 1 AS at FROM jsonb_array_elements(given) WITH ORDINALITY LOOP
            found := core_rule_problem(
                coalesce(shape -> 'prefixItems' -> entry.at::int, shape -> 'items', '{}'), entry.value, place || '/' || entry.at
            );
            IF found IS NOT NULL THEN
                RETURN found;
            END IF;
            IF shape ? 'rising' THEN
                number := core_rule_number(entry.value -> (shape ->> 'rising')::int);
                IF number <= before THEN
                    RETURN place || ': does not rise from row to row';
                END IF;
                before := number;
            END IF;
        END LOOP;
    ELSIF kind = 'object' THEN
        IF (SELECT count(*) FROM jsonb_object_keys(given)) < (shape ->> 'minProperties')::int THEN
            RETURN place || ': has too few entries';
        END IF;
        FOR entry IN SELECT value FROM jsonb_array_elements_text(coalesce(shape -> 'required', '[]')) LOOP
            IF NOT given ? entry.value THEN
                RETURN place || ': lacks ' || entry.value;
            END IF;
        END LOOP;
        FOR entry IN SELECT key, value FROM jsonb_each(given) LOOP
            IF shape ? 'propertyNames' THEN
                found := core_rule_problem(shape -> 'propertyNames', to_jsonb(entry.key), place || '/' || entry.key);
                IF found IS NOT NULL THEN
                    RETURN found;
                END IF;
            END IF;
            IF shape -> 'properties' ? entry.key THEN
                found := core_rule_problem(shape -> 'properties' -> entry.key, entry.value, place || '/' || entry.key);
            ELSIF shape -> 'additionalProperties' = 'false' THEN
                found := place || '/' || entry.key || ': is not known';
            ELSIF jsonb_typeof(shape -> 'additionalProperties') = 'object' THEN
                found := core_rule_problem(shape -> 'additionalProperties', entry.value, place || '/' || entry.key);
            END IF;
            IF found IS NOT NULL THEN
                RETURN found;
            END IF;
        END LOOP;
        FOR entry IN SELECT value FROM jsonb_array_elements_text(coalesce(shape -> 'ascending', '[]')) LOOP
            number := core_rule_number(given -> entry.value);
            IF number < before THEN
                RETURN place || ': falls at ' || entry.value;
            END IF;
            before := coalesce(number, before);
        END LOOP;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION core_rule_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind core_ruleshape;
    today date := (SELECT "on" FROM core_businessdate);
    problem text;
BEGIN
    SELECT * INTO kind FROM core_ruleshape WHERE code = NEW.code;
    -- While the tables of a new system are made nothing is laid down yet; the migrate that ends it checks every version.
    IF NOT FOUND AND EXISTS (SELECT FROM core_ruleshape) THEN
        RAISE EXCEPTION 'core_rule: no rule is called %', NEW.code USING ERRCODE = 'check_violation';
    END IF;
    problem := core_rule_problem(kind.shape, NEW.data, '');
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'core_rule %: %', NEW.code, problem USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.effective_from <= today AND NOT kind.published
    AND EXISTS (SELECT FROM core_rule WHERE code = NEW.code AND market = NEW.market) THEN
        RAISE EXCEPTION 'core_rule %: a version takes hold on a day to come, not on %', NEW.code, NEW.effective_from
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER core_rule_fits BEFORE INSERT ON core_rule FOR EACH ROW EXECUTE FUNCTION core_rule_fits();

CREATE FUNCTION core_rule_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.effective_from > coalesce((SELECT "on" FROM core_businessdate), current_date) THEN
        RETURN OLD;  -- what has not taken hold may be withdrawn
    END IF;
    RAISE EXCEPTION 'core_rule %: a version is never changed, another follows it', OLD.code
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER core_rule_stays BEFORE UPDATE OR DELETE ON core_rule FOR EACH ROW EXECUTE FUNCTION core_rule_stays();

CREATE FUNCTION core_rule_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'core_rule: versions are never removed' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER core_rule_not_emptied BEFORE TRUNCATE ON core_rule FOR EACH STATEMENT EXECUTE FUNCTION core_rule_not_emptied();

-- Taken back by:

DROP TRIGGER core_rule_not_emptied ON core_rule;
DROP FUNCTION core_rule_not_emptied;
DROP TRIGGER core_rule_stays ON core_rule;
DROP FUNCTION core_rule_stays;
DROP TRIGGER core_rule_fits ON core_rule;
DROP FUNCTION core_rule_fits;
DROP FUNCTION core_rule_problem;
DROP FUNCTION core_rule_number;
