-- The night opens cases in one INSERT … SELECT, so PostgreSQL itself makes their public ids, of the form
-- core/identifiers.py makes everywhere else: case_ and a ULID (48 bits of time, 80 of chance, in 26 letters and
-- digits).

CREATE FUNCTION collections_new_case_id() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT 'case_' || string_agg(
        substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substring(ulid.bits FROM place * 5 + 1 FOR 5)::bit(5)::int + 1, 1),
        '' ORDER BY place)
      FROM (SELECT B'00' || ('x' || lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
                   || right(md5(gen_random_uuid()::text), 20))::bit(128) AS bits) AS ulid,
           generate_series(0, 25) AS place
$$;

-- Taken back by:

DROP FUNCTION collections_new_case_id();
