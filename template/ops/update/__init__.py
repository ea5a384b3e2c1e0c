"""`ops update`: brings the repository to a newer version of the template, and reports what that changes."""
