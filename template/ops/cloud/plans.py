"""The plan of a bootstrap as a file: what one person reviews, and exactly that is made by another, or later."""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ops.cloud.shared import Shared
from ops.cloud.stacks import ChangeSet
from ops.errors import OpsError
from ops.infrastructure import Deployment


class Plan(BaseModel):
    """What `ops bootstrap` would make; `sagelift fleet bootstrap` reads it, too, so that keys are only ever added."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    model: str
    environment: str
    template_version: str
    account: str
    region: str
    caller: str
    """ARN of who made the plan."""
    stack: str
    change_set: ChangeSet | None
    """What CloudFormation computed, and executes if the plan is agreed to; None: there is nothing to change."""
    leave: list[Shared]
    """What is left to the bootstrap of another model, which has to be made first."""
    roles: dict[str, str]
    """ARNs of the roles, by what they are for; those that the parameters name are others', and stay as they are."""
    github_subject: str | None
    """The `sub` claim that the deploy role trusts; None: bootstrap makes no such role."""
    registry: str
    bucket: str
    policies: dict[str, str]
    """SHA-256 of each policy's file, by its name: of `iam/<name>.json`, whose placeholders make it the same in every
    repository. `build/iam/<environment>/<name>.json` is what this environment makes of it."""

    @classmethod
    def of(  # noqa: PLR0913  what the deployment alone does not tell
        cls,
        deployment: Deployment,
        *,
        caller: str,
        subject: str | None,
        leave: Collection[Shared],
        registry: str,
        change_set: ChangeSet | None,
    ) -> "Plan":
        """Return the plan of a deployment, for which CloudFormation has computed a change set."""
        parameters = deployment.parameters
        roles = {
            "jobs": deployment.jobs_role,
            "workflow": deployment.workflow_role,
            "scheduler": deployment.scheduler_role,
        }
        if subject or parameters.deploy_role:
            roles["deploy"] = deployment.deploy_role
        return cls(
            model=deployment.repository.settings.model_name,
            environment=deployment.environment,
            template_version=deployment.repository.settings.template_version,
            account=parameters.account,
            region=parameters.region,
            caller=caller,
            stack=deployment.bootstrap_stack,
            change_set=change_set,
            leave=sorted(leave),
            roles=roles,
            github_subject=subject,
            registry=registry,
            bucket=deployment.bucket,
            policies={
                name: _digest(deployment.repository.root / "iam" / f"{name}.json")
                for name in deployment.policies()
                if re.split("[-.]", name)[0] in roles
            },
        )

    @classmethod
    def load(cls, path: Path, deployment: Deployment) -> "Plan":
        """Read the plan of a deployment.

        Raises:
            OpsError: the file is no plan, or another's.
        """
        environment = deployment.environment
        fix = f"name a file that `uv run ops bootstrap --env {environment} --plan FILE` wrote, or a new one for --plan"
        try:
            plan = cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            message = f"{path} does not exist: {fix}."
            raise OpsError(message) from None
        except ValidationError:
            message = f"{path} is not a plan of a bootstrap: {fix}."
            raise OpsError(message) from None
        if (plan.stack, plan.account, plan.region) != (
            deployment.bootstrap_stack,
            deployment.parameters.account,
            deployment.parameters.region,
        ):
            message = (
                f"{path} plans the stack {plan.stack} of account {plan.account} in {plan.region}, "
                f"which is not what parameters/{environment}.json names: {fix}."
            )
            raise OpsError(message)
        return plan

    def save(self, path: Path) -> None:
        """Write the plan."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    # As a text, whose lines end alike in every checkout.
    return hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()
