"""Proves that the workflow leaves what the legacy code left, whose results were recorded."""
