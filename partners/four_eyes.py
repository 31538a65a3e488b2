"""What a second person decides on in `partners`: keys that may change something."""

from partners import agreeing

agreeing.declare_requests()
