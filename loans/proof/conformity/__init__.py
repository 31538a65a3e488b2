"""Holds the engine against published numbers: one file a kind of case, each calling the functions production calls.

The files of cases are not part of the project; ``./dev manage conformity FILE…`` reads them (their form: see each file).
"""
