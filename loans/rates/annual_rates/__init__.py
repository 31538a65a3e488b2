"""What money costs in a year, by each market's own law (pure): one file a convention, one solver under all of them.

All take flows as the borrower sees them: what is received is positive, what is paid is negative. Rates are fractions of
one (0.24 is 24 % a year). Flows that have no rate raise ``roots.NoRate``.
"""
