"""What people must do about borrowers: what partners ask for about theirs."""

from casework.kinds_of_partners import declare_partner_kinds

declare_partner_kinds("borrower", "borrowers.borrower")
