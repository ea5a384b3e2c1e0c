"""Legacy code: what it is, where it can be cut, and the scripts that it is cut into."""
