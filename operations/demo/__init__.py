"""A portfolio to look at, and one loan to follow: both made by running the real engine, never by writing rows.

``people`` invents persons nobody can be, ``staff`` the team, ``conduct`` how borrowers behave, ``office`` what the team
does on a day, ``papers`` what it writes down and asks for, ``policies`` loans on insurance policies, ``portfolio`` lets the
months pass, ``story`` walks one loan from application to recovery.
"""
