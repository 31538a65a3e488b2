"""May the house bind itself now? One answer for every door (``gate.py``), from facts read anew each time."""
