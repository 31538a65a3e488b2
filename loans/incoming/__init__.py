"""Bank statements as files: what the bank says came in, matched to the loans it was meant for.

A file goes through four rooms. `statement` holds the values every format is read into; `csv_statement` and `camt054`
read one format each and never raise for a bad row, because a clerk needs every mistake at once, not the first one;
`matching` says which loan a payment was meant for; `importing` is the only one that writes.
"""
