"""Make, look at and update the repositories of many models, which a manifest lists."""
