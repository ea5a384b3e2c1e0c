"""The facts about the prebuilt image: complete for the questionnaire, and never guessed."""

import re
from pathlib import Path

import pytest
import yaml
from botocore.loaders import create_loader
from ops.errors import OpsError
from ops.images import scikit_image, scikit_image_uri

QUESTIONS = yaml.safe_load((Path(__file__).parents[2] / "copier.yml").read_text(encoding="utf-8"))
VERSIONS = QUESTIONS["scikit_version"]["choices"]
REGIONS = QUESTIONS["region"]["choices"]


@pytest.mark.parametrize(
    ("region", "version", "uri"),
    [
        ("us-east-1", "1.4-2", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"),
        (
            "eu-central-1",
            "1.4-2-py312",
            "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312-cpu-py3",
        ),
        (
            "cn-north-1",
            "0.23-1",
            "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:0.23-1-cpu-py3",
        ),
    ],
)
def test_the_uri_is_that_of_the_sagemaker_sdk(region: str, version: str, uri: str) -> None:
    assert scikit_image_uri(region, version) == uri


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_of_the_questionnaire_has_a_uri_in_its_own_partition(region: str) -> None:
    partitions = create_loader().load_data("partitions")["partitions"]
    suffix = next(p["outputs"]["dnsSuffix"] for p in partitions if re.match(p["regionRegex"], region))
    pattern = rf"\d{{12}}\.dkr\.ecr\.{region}\.{re.escape(suffix)}/sagemaker-scikit-learn:1\.4-2-cpu-py3"
    assert re.fullmatch(pattern, scikit_image_uri(region, "1.4-2"))


@pytest.mark.parametrize("region", ["us-east-9", "mx-central-1", "eusc-de-east-1", "", "us-east-1.evil.example/"])
def test_no_account_is_guessed_for_an_unknown_region(region: str) -> None:
    with pytest.raises(
        OpsError, match=r"set scikit_image_uri in the parameter file\. Known are af-south-1, .*us-west-2"
    ):
        scikit_image_uri(region, "1.4-2")


@pytest.mark.parametrize("version", ["0.20.0", "1.4", "1.9", ""])
def test_an_unknown_version_is_refused(version: str) -> None:
    with pytest.raises(OpsError, match=f"no version '{version}': answer one of 0.23-1, .*1.9-0 to scikit_version"):
        scikit_image_uri("us-east-1", version)


@pytest.mark.parametrize(("choice", "version"), VERSIONS.items())
def test_every_version_of_the_questionnaire_has_the_python_that_its_choice_names(choice: str, version: str) -> None:
    assert choice == f"{version} (Python {scikit_image(version).python})"


@pytest.mark.parametrize("version", VERSIONS.values())
def test_every_version_holds_the_scikit_learn_that_it_is_named_after(version: str) -> None:
    image = scikit_image(version)
    release = image.packages["scikit-learn"].removeprefix("==")
    assert release.startswith(version.split("-", maxsplit=1)[0] + ".")
    assert {"boto3", "dateutil", "joblib", "numpy", "pandas", "scipy", "sklearn"} <= image.modules
    assert "lightgbm" not in image.modules


@pytest.mark.parametrize("version", VERSIONS.values())
def test_packages_are_names_and_releases(version: str) -> None:
    for name, releases in scikit_image(version).packages.items():
        assert re.fullmatch(r"[a-z0-9-]+((==|>=|<)[0-9][0-9a-z.]*(,<[0-9.]+)?)?", name + releases)
