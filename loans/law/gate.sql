-- Nothing binds the house unless the gate let it pass: an offer, a contract and a transfer of money name the verdict that
-- did: for such an act, of the same application (of money: the same loan), and for as much or more. What was agreed elsewhere, before it was taken in here, bound the house
-- already: its offer and contract have none. A verdict is never changed.

CREATE FUNCTION loans_require_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found record;
    about bigint;
    as_much numeric;
    decided text;
    acts text[];
BEGIN
    IF TG_TABLE_NAME = 'loans_offer' THEN
        SELECT id, NEW.principal, decision_source INTO about, as_much, decided
          FROM loans_application WHERE id = NEW.application_id;
        acts := ARRAY['rules_decision', 'person_decision', 'second_person'];
    ELSIF TG_TABLE_NAME = 'loans_contract' THEN
        SELECT a.id, o.principal, a.decision_source INTO about, as_much, decided
          FROM loans_offer o JOIN loans_application a ON a.id = o.application_id WHERE o.id = NEW.offer_id;
        acts := ARRAY['acceptance'];
    ELSE
        SELECT loan_id, amount, '' INTO about, as_much, decided FROM loans_disbursement WHERE id = NEW.disbursement_id;
        acts := ARRAY['disbursement', 'retry', 'drawdown'];
    END IF;
    IF NEW.verdict_id IS NULL AND decided = 'imported' THEN
        RETURN NULL;
    END IF;
    SELECT act, binds, amount, CASE TG_TABLE_NAME WHEN 'loans_banktransfer' THEN loan_id ELSE application_id END AS about
      INTO found FROM loans_gateverdict WHERE id = NEW.verdict_id;
    IF (found.binds AND found.act = ANY (acts) AND found.about = about AND found.amount >= as_much) IS NOT TRUE THEN
        RAISE EXCEPTION '% binds the house without a verdict of the gate that allows it', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- An offer is written before its application says who decided: asked at the end of the transaction.
CREATE CONSTRAINT TRIGGER loans_offer_passed_gate AFTER INSERT ON loans_offer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION loans_require_verdict();
CREATE CONSTRAINT TRIGGER loans_contract_passed_gate AFTER INSERT ON loans_contract DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION loans_require_verdict();
CREATE CONSTRAINT TRIGGER loans_banktransfer_passed_gate AFTER INSERT ON loans_banktransfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION loans_require_verdict();

CREATE TRIGGER loans_gateverdict_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_gateverdict
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER loans_gateoverride_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON loans_gateoverride
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Taken back by:

DROP TRIGGER loans_gateoverride_never_changes ON loans_gateoverride;
DROP TRIGGER loans_gateverdict_never_changes ON loans_gateverdict;
DROP TRIGGER loans_banktransfer_passed_gate ON loans_banktransfer;
DROP TRIGGER loans_contract_passed_gate ON loans_contract;
DROP TRIGGER loans_offer_passed_gate ON loans_offer;
DROP FUNCTION loans_require_verdict();
