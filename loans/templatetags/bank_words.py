"""The sentences of the bank file rooms, for templates."""

from django import template

from loans.pages import bank_file_words as words

register = template.Library()
register.filter("row_error_words", words.row_error)
register.filter("unmatched_words", words.unmatched)
register.filter("matched_how_words", words.matched_how)
