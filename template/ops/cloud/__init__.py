"""The verbs that act on AWS, one module each, and what they share."""
