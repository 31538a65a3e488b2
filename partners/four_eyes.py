"""What a second person decides on in `partners`: keys that may change something or read far; and whose programs are."""

from audit import deciding
from partners import agreeing, programs

agreeing.declare_requests()
deciding.provide_programs(programs.programs_of)
