"""Python reads this at its start where this folder is on the path: the process then notes which lines and branches it runs.

So workers of a parallel run and programs that tests start are measured like the tests' own process.
"""

import coverage

coverage.process_startup()
