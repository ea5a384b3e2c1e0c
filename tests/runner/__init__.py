"""A stand-in for GitHub, to run the workflows of a generated repository on this machine."""
