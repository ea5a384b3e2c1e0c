"""The workflow on this machine: folders, processes and environments that stand for what SageMaker provides."""
