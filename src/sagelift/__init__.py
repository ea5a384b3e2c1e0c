"""Turn legacy machine-learning models into SageMaker repositories, and keep many of them up to date."""
