"""Turn predicted rings into ages, with a plot and a summary for the stock report."""

import argparse
import io
import sys
from pathlib import Path

import pandas as pd
from files import list_files, read_table, write_files
from matplotlib.figure import Figure

MEASURED = ["row", "sex", "suspect", "rings"]
PREDICTED = ["row", "predicted_rings"]
COLOURS = {"F": "tab:red", "I": "tab:gray", "M": "tab:blue"}
YEARS_BEFORE_FIRST_RING = 1.5
ADULT_YEARS, OLD_YEARS = 9, 13


def join(measured: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """Put the predicted rings beside the measurements of each animal.

    Raises:
        ValueError: the two are not about the same animals.
    """
    animals = measured.merge(predicted, on="row", validate="one_to_one")
    if not len(animals) == len(measured) == len(predicted):
        message = f"{len(predicted)} predictions for {len(measured)} animals, of which {len(animals)} match"
        raise ValueError(message)
    return animals


def estimate_ages(animals: pd.DataFrame) -> pd.DataFrame:
    """Add the age in years and its group to animals with predicted rings."""
    aged = animals.copy()
    aged["age"] = (aged["predicted_rings"] + YEARS_BEFORE_FIRST_RING).round(1)
    aged["age_group"] = "adult"
    aged.loc[aged["age"] < ADULT_YEARS, "age_group"] = "young"
    aged.loc[aged["age"] >= OLD_YEARS, "age_group"] = "old"
    return aged


def draw(aged: pd.DataFrame) -> bytes:
    """Plot the predicted age over the counted one, as PNG."""
    figure = Figure(figsize=(6, 6))
    axes = figure.subplots()
    for sex, colour in COLOURS.items():
        chosen = aged[aged["sex"] == sex]
        axes.scatter(chosen["rings"] + YEARS_BEFORE_FIRST_RING, chosen["age"], s=6, c=colour, alpha=0.4, label=sex)
    axes.plot([0, 30], [0, 30], "k--", lw=1)
    axes.set_xlabel("age counted (years)")
    axes.set_ylabel("age predicted (years)")
    axes.legend(title="sex")
    figure.tight_layout()
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=120)
    return image.getvalue()


def summarise(aged: pd.DataFrame) -> str:
    """Return what the stock report quotes."""
    by_sex = aged.groupby("sex")["age"].agg(["count", "mean", "min", "max"]).round(1)
    error = (aged["predicted_rings"] - aged["rings"]).abs().mean()
    return f"{by_sex}\n\n{aged['age_group'].value_counts()}\n\nmean error {error:.2f} years"


def postprocess(input_dir: Path, output_dir: Path, preprocessing_dir: Path) -> None:
    """Write one file of ages for each file of predictions, under the same name, and its plot beside it."""
    names = list_files(input_dir)
    if not names:
        sys.exit(f"{input_dir} holds no file: postprocessing needs the predictions.")
    outputs = {}
    for name in names:
        try:
            measured = read_table(preprocessing_dir / name, MEASURED)
            aged = estimate_ages(join(measured, read_table(input_dir / name, PREDICTED)))
        except (FileNotFoundError, ValueError) as error:
            sys.exit(f"{name} does not hold predictions for what preprocessing left: {error}")
        print(f"{name}:\n\n{summarise(aged)}")
        outputs[name] = aged.to_csv(index=False).encode()
        outputs[name.with_suffix(".png")] = draw(aged)
    write_files(output_dir, outputs)


def main() -> None:
    """Parse the arguments that every postprocessing job is called with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input-dir", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--preprocessing-dir", type=Path, required=True)
    arguments = parser.parse_args()
    postprocess(arguments.input_dir, arguments.output_dir, arguments.preprocessing_dir)


if __name__ == "__main__":
    main()
