"""What a second person decides on in `partners`: keys that may change something; and in whose hands programs are."""

from audit import deciding
from partners import agreeing, people_behind

agreeing.declare_requests()
deciding.provide_programs(people_behind.programs_of)
