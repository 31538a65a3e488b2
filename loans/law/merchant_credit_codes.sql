-- The registration number of a Chinese merchant is a unified social credit code that can be true: eighteen letters
-- and digits of GB 32100, the last of which is right (sum of the weighted values divisible by 31). Money is paid to
-- merchants by this number, and a mistyped one should not get that far. The same check in Python:
-- loans/merchants/merchant_numbers.py.

CREATE FUNCTION loans_is_credit_code(code text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$' AND (
        SELECT sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, place, 1)) - 1)
                   * (ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28,1])[place])
          FROM generate_series(1, 18) place
    ) % 31 = 0
$$;

ALTER TABLE loans_merchant ADD CONSTRAINT loans_merchant_credit_code
    CHECK (market <> 'CN' OR loans_is_credit_code(registration_number));

-- Taken back by:

ALTER TABLE loans_merchant DROP CONSTRAINT loans_merchant_credit_code;
DROP FUNCTION loans_is_credit_code(text);
