"""What a file that somebody sent really is, whether it can be kept, and as what: bytes in and out.

``examine.py`` is the one way in. A picture is drawn anew, so that nothing stays of it but what is seen; of a PDF every
object is looked at, and its pages are written anew; a text must be one. What cannot be kept is refused by name
(``refusals.py``).
"""
