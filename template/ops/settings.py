"""`settings.json`: the only place where the answers of the questionnaire meet the code."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ops.errors import OpsError


class StepImage(StrEnum):
    """The image that preprocessing or postprocessing runs in."""

    SCIKIT = "scikit"
    """SageMaker's prebuilt scikit-learn image; the script comes from `code_uri` (script mode)."""
    CUSTOM = "custom"
    """The model's own image, built from the Dockerfile."""
    NONE = "none"
    """The step is left out."""


class TemplateUpdates(StrEnum):
    """What brings newer versions of the template to the repository."""

    WORKFLOW = "workflow"
    """`.github/workflows/template-update.yml`, once a week."""
    RENOVATE = "renovate"
    """Renovate, as `renovate.json` configures it."""
    NONE = "none"
    """A person, or `sagelift fleet update`."""


class Settings(BaseModel):
    """The answers that the code reads at run time. Rendered by Copier: change an answer, not the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model_name: str
    description: str
    owner: str
    python_version: str = Field(pattern=r"^3\.\d+$")
    scikit_version: str
    preprocessing_image: StepImage
    postprocessing_image: StepImage
    github_repository: str
    template_updates: TemplateUpdates
    template_source: str
    template_version: str

    @classmethod
    def load(cls, path: Path) -> "Settings":
        """Read the settings.

        Raises:
            OpsError: the file is not what Copier rendered.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(map(str, fault["loc"])) or "the file"
            message = (
                f"{path}: {where}: {fault['msg']}. "
                "The file is rendered from the answers: restore it with `copier recopy`, or change an answer."
            )
            raise OpsError(message) from None
