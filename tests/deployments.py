"""Deployments that tests make: a repository with the template's own infrastructure, and parameter files."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accounts import PARAMETERS, SETTINGS
from ops import definition
from ops.infrastructure import Deployment
from ops.parameters import Resolution
from ops.repository import Repository

ROOT = Path(__file__).resolve().parents[1]

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"

VPC = {"VpcConfig": {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}}

EVERYTHING: Mapping[str, Any] = {
    "model_uri": "s3://models/my-model/",
    "network_config": VPC,
    "volume_encryption": {"VolumeKmsKeyId": KEY},
    "output_encryption": {"KmsKeyId": f"arn:aws:kms:eu-west-1:333333333333:key/{KEY}"},
    "tracing": True,
    "schedule": "cron(0 6 * * ? *)",
    "schedule_timezone": "Europe/Berlin",
    "notification_emails": ["risk@example.com", "operations@example.com"],
}
"""Parameters that each add something to the infrastructure."""

EXISTING_ROLES: Mapping[str, Any] = {
    "role": "arn:aws:iam::111111111111:role/service-role/jobs",
    "workflow_role": "arn:aws:iam::111111111111:role/workflow",
    "scheduler_role": "arn:aws:iam::111111111111:role/scheduler",
}

ENVIRONMENTS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "everything": EVERYTHING,
    "network only": {"network_config": VPC},
    "output key only": {"output_encryption": {"KmsKeyId": KEY}},
    "existing roles": {**EXISTING_ROLES, "code_uri": "s3://elsewhere/code/", "tracing": True},
    "whole buckets": {
        "input_uri": "s3://inputs",
        "output_uri": "s3://out",
        "code_uri": "s3://code",
        "model_uri": "s3://models",
    },
    "aws-cn": {"region": "cn-north-1"},
    "aws-us-gov": {"region": "us-gov-west-1"},
}
"""Parameter files that differ in what they ask of the infrastructure."""

IMAGE = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/my-model-dev@sha256:" + "0" * 64


def make_repository(
    root: Path, environments: Mapping[str, Mapping[str, Any]], settings: Mapping[str, str] | None = None
) -> Repository:
    """Return a repository with a parameter file for each environment: PARAMETERS, changed by what is given."""
    for name in ("iam", "infra", "workflow"):
        shutil.copytree(ROOT / "template" / name, root / name)
    (root / "settings.json").write_text(json.dumps({**SETTINGS.model_dump(), **(settings or {})}), encoding="utf-8")
    (root / "parameters").mkdir()
    for name, changes in environments.items():
        path = root / "parameters" / f"{name}.json"
        path.write_text(json.dumps({**PARAMETERS, **changes}), encoding="utf-8")
    return Repository(root)


def make_deployment(root: Path, parameters: Mapping[str, Any] | None = None) -> Deployment:
    """Return the deployment of a repository that has no environment but `dev`."""
    return Deployment.load(make_repository(root, {"dev": parameters or {}}), "dev")


def assemble(deployment: Deployment) -> dict[str, Any]:
    """Return the definition that is deployed."""
    resolution = Resolution(deployment.jobs_role, deployment.code_uri, IMAGE, "scikit:image")
    resolved = deployment.parameters.resolve(deployment.repository.settings, deployment.environment, resolution)
    return definition.assemble(definition.load(deployment.repository.definition), resolved)
