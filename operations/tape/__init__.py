"""Past loans from a tape: read and check it line by line, store its facts, then live the days again through the desk.

``reading`` opens the file, ``checking`` turns lines into facts or refusals, ``staging`` stores both once per content,
``replay`` walks the days, ``facts`` measures in the database what came out.
"""
