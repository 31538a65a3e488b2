-- What of an instalment's interest is earned by the end of a day, where it is not earned evenly: along its curve, pairs of
-- a day and the sum earned by its end (loans.schedules.earning), in multiples of the smallest sum that is paid. A test holds it against the pure function.

CREATE FUNCTION loans_earned(curve jsonb, interest numeric, day date, step numeric) RETURNS numeric
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH points AS (
        SELECT (point->>0)::date AS reached_on, (point->>1)::numeric AS earned
          FROM jsonb_array_elements(curve) AS point
    ), spans AS (
        SELECT reached_on, earned,
               lead(reached_on) OVER (ORDER BY reached_on) AS next_on, lead(earned) OVER (ORDER BY reached_on) AS next_earned
          FROM points
    ), reached AS (
        SELECT CASE WHEN next_on IS NULL THEN earned
                    ELSE earned * (next_on - reached_on) + (next_earned - earned) * (day - reached_on) END AS earned,
               coalesce(next_on - reached_on, 1) AS days
          FROM spans WHERE reached_on <= day ORDER BY reached_on DESC LIMIT 1
    ), whole AS (
        SELECT earned AS total FROM points ORDER BY reached_on DESC LIMIT 1
    )
    -- One division, the last: half a cent stays half a cent.
    SELECT coalesce((SELECT CASE WHEN w.total = 0 THEN 0
                                 ELSE least(round(interest * r.earned / (w.total * r.days * step)) * step, interest) END
                       FROM reached r, whole w), 0)
$$;

-- Taken back by:

DROP FUNCTION loans_earned(jsonb, numeric, date, numeric);
