"""Bank statements: what the bank says came in, matched to the loans it was meant for.

A file goes through five rooms. `banking.statement` holds the values every format is read into; its readers never raise for a
bad row, because a clerk needs every mistake at once, not the first one; `matching` says which loan a payment was meant for;
`uploading` asks a second person about what a person brought; `taking_in` writes down what is the bank's; `importing` alone
credits it.
"""
