"""Headings are told from other comments, and name functions."""

import libcst as cst
import pytest

from sagelift.legacy import headings


def find(comments: str) -> headings.Heading | None:
    """Return the heading above a statement."""
    statement = cst.parse_module(f"x = 1\n{comments}\ny = 2\n").body[1]
    assert isinstance(statement, cst.SimpleStatementLine)
    return headings.find(statement.leading_lines)


@pytest.mark.parametrize(
    ("comments", "title", "name"),
    [
        ("# # Load the Data", "Load the Data", "load_data"),
        ("# ### 4.6.5 K-Nearest Neighbors", "K-Nearest Neighbors", "do_k_nearest_neighbors"),
        ("# ---- read -------", "Read", "read_it"),
        ("# =====\n# STEP 2: CLEANING THE TEXTS\n# =====", "Cleaning the texts", "clean_texts"),
        ("# **Feature engineering**", "Feature engineering", "engineer_features"),
        ("# <h3 style='color:blue'>Data Visualization</h3>", "Data Visualization", "visualize_data"),
        ("# 1. Load [the data](https://data.example)", "Load the data", "load_data"),
        ("#%% Plot it", "Plot it", "plot_it"),
        ("# ## How does DBSCAN perform?", "How does DBSCAN perform?", "do_dbscan_perform"),
        ("# ## Classification example", "Classification example", "do_classification_example"),
        ("# ## A data set for classification", "A data set for classification", "do_data_set_for_classification"),
        ("# ## Figure 3.2 - The costs", "The costs", "do_costs"),
        ("\n# Comparison of the models (all of them)", "Comparison of the models (all of them)", "compare_models"),
        ("\n# Previsão dos preços", "Previsão dos preços", "do_previsao_dos_precos"),
        ('# ## The "best" \\ model', "The 'best' model", "do_best_model"),
    ],
)
def test_a_heading_says_what_a_function_does(comments: str, title: str, name: str) -> None:
    found = find(comments)

    assert found is not None
    assert (found.title, found.names("do", "it")[0]) == (title, name)


@pytest.mark.parametrize(
    "comments",
    [
        "",
        "# about the next line, not a section",
        "\n# x = 3",
        "\n# print the results",
        "# %matplotlib inline",
        "\n# This explains at length why the columns are dropped here, and in what order it happens.",
        "\n# It is text. Convert it",
        "\n# Two lines\n# of a comment",
        "\n# Plot\n\n# plt.plot(x)\n# plt.show()",
        "# ------",
        "# In[5]:",
        "\n# https://data.example/set",
    ],
)
def test_other_comments_are_no_headings(comments: str) -> None:
    assert find(comments) is None


def test_the_last_marked_heading_counts_and_the_rest_stays() -> None:
    found = find("\n# # Part one\n\n# ## Scale the data\n# All of it.\n\n# now")

    assert found is not None
    assert found.title == "Scale the data"
    rest = [line.comment.value for line in found.rest if line.comment]
    assert rest == ["# # Part one", "# All of it.", "# now"]


def test_a_title_in_another_script_names_nothing() -> None:
    found = find("# ## 데이터 로드하기")

    assert found is not None
    assert found.names("load", "data") == []


def test_the_name_of_a_method_is_no_verb_where_a_model_is_trained() -> None:
    found = find("# ## Linear Discriminant Analysis")

    assert found is not None
    assert found.names("train", "model") == ["train_linear_discriminant_analysis"]
    assert found.names("show", "data") == ["analyze_linear_discriminant"]


def test_a_long_name_ends_before_its_last_preposition() -> None:
    found = find("# ## Boosted trees of few leaves on real data")

    assert found is not None
    assert found.names("train", "model")[0] == "train_boosted_trees_of_few_leaves"


def test_a_shorter_name_comes_first() -> None:
    found = find("# ## Decision tree - low bias")

    assert found is not None
    assert found.names("train", "model") == ["train_decision_tree", "train_decision_tree_low_bias"]
