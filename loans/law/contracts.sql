-- A contract is sealed: its hash is the hash of its text, and neither is ever changed, deleted or emptied away. So
-- anybody can show that the text on file is the text that was signed.

ALTER TABLE loans_contract ADD CONSTRAINT loans_contract_sealed
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex'));

CREATE TRIGGER loans_contract_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_contract
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER loans_contract_never_changes ON loans_contract;
ALTER TABLE loans_contract DROP CONSTRAINT loans_contract_sealed;
