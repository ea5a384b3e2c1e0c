"""The headings in the comments of legacy code: what they say, and the names that they give to functions."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import libcst as cst

MOST_WORDS = 9
"""Up to how many words a comment may have that is taken for a heading; what is longer explains something."""
MOST_CHARACTERS = 120
MOST_WORDS_OF_NAME = 6
NUMBERED = "example|fig|figure|method|part|phase|plot|question|section|step|table|task"
NUMBER = rf"(?:\(?(?:{NUMBERED})\s*\d+(?:\.\d+)*\b\s*[.):-]*|\(?\d+(?:\.\d+)*\s*[.):](?!\d)|\d+(?:\.\d+)+\s)\s*"
MARKED = re.compile(
    r"#+\s*(?:"
    r"#{1,6}\s+\S"  # Markdown, as a notebook's cells have it: `# ## Load data`
    r"|\*\*[^*]+\*\*:?\s*$"  # a line in bold
    r"|<h\d\b"
    r"|[-=*~_#+]{3,}\s*\w"  # ---- load ----
    rf"|{NUMBER}\w"  # 1. Load data
    r"|%%)",
    re.IGNORECASE,
)
RULE = re.compile(r"#(?=\s*[-=*~_#+])[-=*~_#+\s]{3,}$")
# Where a cell of a notebook that is kept as a script begins.
CELL = re.compile(r"#\s*(?:%%|<(?:code|markdown)cell>)\s*$")
# Code that is out of use, magics, and more than one sentence.
NO_TITLE = re.compile(r"=|\w[(\[]|^[%!]\w|^(?:import|from|print|return|plt\.|df)\b|[.!?]\s+\w|://")
ORNAMENTS = re.compile(rf"<[^>]+>|\*\*|`|^[\s#*=~_+§-]+|^%%|[\s#*=~_+:.-]+$|^{NUMBER}", re.IGNORECASE)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# Where a name ends, though the heading goes on.
END_OF_NAME = re.compile(
    r"[:;,(\[|?!.]|\s[-\u2013\u2014>]+\s|\b(?:because|if|since|so|that|when|where|which|while)\b", re.IGNORECASE
)
SILENT_WORDS = {
    "a", "all", "also", "an", "any", "are", "be", "can", "do", "does", "finally", "first", "has", "have", "how",
    "is", "it", "its", "let", "lets", "ll", "my", "next", "now", "our", "re", "s", "some", "the", "their", "then",
    "there", "these", "this", "us", "was", "we", "were", "what", "why", "will", "you", "your",
}  # fmt: skip
LAST_WORDS = {
    "and", "as", "at", "between", "by", "for", "from", "in", "into", "of", "on", "or", "over", "per", "to", "using",
    "vs", "with",
}  # fmt: skip
# Verbs that functions are named by, and the other forms in which headings have them.
_VERBS = """
    add adding addition, aggregate aggregating aggregation, analyze analysis analyse analysing analyzing,
    append appending, apply applying, arrange arranging, assign assigning, balance balancing, bin binning,
    binarize binarizing, build building, calculate calculating calculation, call calling, change changing,
    check checking, choose choosing, classify classifying classification, clean cleaning cleanup, cluster clustering,
    collect collecting collection, combine combining, compare comparing comparison, compile compiling,
    compute computing computation, concatenate concatenating, configure configuring, construct constructing,
    convert converting conversion, correct correcting, correlate correlating, count counting,
    create creating creation, declare declaring, define defining, demonstrate demonstrating, derive deriving,
    describe describing, detect detecting detection, determine determining, discretize discretizing,
    display displaying, divide dividing, download downloading, draw drawing, drop dropping, encode encoding,
    engineer engineering, establish establishing, estimate estimating estimation, evaluate evaluating evaluation,
    examine examining, explore exploring exploration, export exporting, extract extracting extraction, fetch fetching,
    fill filling, filter filtering, find finding, fit fitting, fix fixing, flag flagging, forecast forecasting,
    format formatting, generalize generalizing, generate generating generation, get getting, group grouping,
    handle handling, identify identifying, ignore ignoring, illustrate illustrating, implement implementing,
    import importing, impute imputing imputation, initialize initialise initializing initialization,
    inspect inspecting, instantiate instantiating, interpret interpreting interpretation, introduce introducing,
    investigate investigating, join joining, label labelling labeling, limit limiting, list listing, load loading,
    look looking, make making, map mapping, match matching, measure measuring, merge merging,
    normalize normalise normalizing normalization, obtain obtaining, open opening,
    optimize optimise optimizing optimization, output outputting, parse parsing, perform performing, pick picking,
    plot plotting, predict predicting prediction predictions, prepare preparing preparation, preprocess preprocessing,
    print printing, process processing, query querying, rank ranking, read reading, rearrange rearranging,
    reduce reducing reduction, remove removing removal, rename renaming, reorder reordering, replace replacing,
    report reporting, resample resampling, rescale rescaling, reshape reshaping, restrict restricting,
    review reviewing, run running, sample sampling, save saving, scale scaling, score scoring, search searching,
    select selecting selection, separate separating, set setting, show showing, simulate simulating simulation,
    sort sorting, split splitting, standardize standardise standardizing standardization, store storing,
    submit submitting, summarize summarise summarizing summary, tackle tackling, test testing, tokenize tokenizing,
    train training, transform transforming transformation, treat treating, try trying, tune tuning, update updating,
    use using, validate validating validation, vectorize vectorizing, verify verifying, view viewing,
    visualize visualise visualising visualizing visualization visualisation, write writing
"""
VERB_OF = {form: forms.split()[0] for forms in _VERBS.split(",") for form in forms.split()}
WHOLE = {
    "correlation matrix": "correlate",
    "data exploration": "explore data",
    "eda": "explore data",
    "exploratory data analysis": "explore data",
    "feature engineering": "engineer features",
    "feature importance": "rank features",
    "feature scaling": "scale features",
    "feature selection": "select features",
    "test train split": "split data",
    "train test split": "split data",
}


class Heading(NamedTuple):
    """A heading above a statement.

    Attributes:
        title: What it says, as a sentence without its full stop.
        is_marked: Whether it is marked as one, as by Markdown or a ruled line, and not just a comment.
        rest: The other comments above the statement.
    """

    title: str
    is_marked: bool
    rest: Sequence[cst.EmptyLine]

    def names(self, verb: str, thing: str) -> list[str]:
        """Return the names that it gives to a function, the best first; none if nothing in it can be part of a name.

        Args:
            verb: What the function does, where the heading does not say it.
            thing: What it does that to, likewise.
        """
        heads = dict.fromkeys([END_OF_NAME.split(self.title, maxsplit=1)[0], self.title])
        found = (_name(words, verb, thing) for head in heads for words in _words(head))
        return list(dict.fromkeys(filter(None, found)))


def find(lines: Sequence[cst.EmptyLine]) -> Heading | None:
    """Return the heading above a statement: the last comment that is marked as one, or else the last that may be."""
    candidates = [(begin, end, *_title(lines[begin:end])) for begin, end in _blocks(lines)]
    marked = [c for c in candidates if c[2] and c[3]]
    # A plain comment right behind other code is about its own line; one above other comments, about what they are.
    plain = [c for c in candidates[-1:] if c[2] and c[0]]
    if not marked and not plain:
        return None
    begin, end, title, is_marked, length = (marked or plain)[-1]
    return Heading(title, is_marked, [*lines[:begin], *lines[begin + length : end], *lines[end:]])


def _blocks(lines: Sequence[cst.EmptyLine]) -> list[tuple[int, int]]:
    """Return the index of the first line of each block of comments, and that after its last one."""
    found: list[tuple[int, int]] = []
    for index, line in enumerate(lines):
        if line.comment is None:
            continue
        if found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))
    return found


def _title(block: Sequence[cst.EmptyLine]) -> tuple[str, bool, int]:
    """Return what a block of comments has for a title, whether it is marked as one, and how many lines that takes."""
    texts = [line.comment.value for line in block if line.comment]
    is_ruled = False
    at = 0
    while at < len(texts) and (RULE.match(texts[at]) or CELL.match(texts[at])):
        is_ruled = True
        at += 1
    if at == len(texts) or len(texts[at]) > MOST_CHARACTERS:
        return "", is_ruled, 0
    text = texts[at]
    is_marked = is_ruled or bool(MARKED.match(text))
    at += 1
    while at < len(texts) and RULE.match(texts[at]):
        at += 1
    title = LINK.sub(r"\1", text.lstrip("#"))
    while (shorter := ORNAMENTS.sub("", title).strip()) != title:
        title = shorter
    words = re.findall(r"\w+", title)
    # A plain comment of several lines explains something; of one line it may be code.
    is_title = 0 < len(words) <= MOST_WORDS and (is_marked or len(texts) == 1) and not NO_TITLE.search(title)
    return (_sentence(title) if is_title else ""), is_marked, at


def _sentence(title: str) -> str:
    title = " ".join(title.replace("\\", "").replace('"', "'").split())
    if title.isupper() and " " in title:
        title = title.capitalize()
    return title[:1].upper() + title[1:]


def _words(text: str) -> list[list[str]]:
    """Return the words of a text that names may have: as few as make sense, then as many as there may be."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    # Of another script than Latin, what remains means nothing.
    if len(plain.replace(" ", "")) < len(text.replace(" ", "")) - 2:
        return []
    words = [word for word in re.findall(r"[a-z0-9]+", plain.lower()) if word not in SILENT_WORDS]
    words = WHOLE.get(" ".join(words), " ".join(words)).split()
    most = words[:MOST_WORDS_OF_NAME]
    prepositions = [at for at, word in enumerate(most) if at > 1 and word in LAST_WORDS]
    few = most[: prepositions[-1]] if prepositions and len(words) > len(most) else most
    return [_without_last(few), _without_last(most)]


def _without_last(words: list[str]) -> list[str]:
    """Return words without those that need another behind them."""
    rest = list(words)
    while rest and (rest[-1] in LAST_WORDS or rest[-1].isdigit() or len(rest[-1]) == 1):
        rest.pop()
    return rest


def _name(words: list[str], verb: str, thing: str) -> str:
    """Return the name of a function of these words, with a verb in front; empty if there are none."""
    if not words:
        return ""
    first, last = (VERB_OF.get(word, "") for word in (words[0], words[-1]))
    is_noun = first != words[0] and not words[0].endswith("ing")
    if first and len(words) == 1:
        words = [first, thing]
    elif first and is_noun and words[1] == "of":
        words = [first, *words[2:]]
    elif first and not is_noun:
        words = [first, *words[1:]]
    elif last not in {"", words[-1]} and verb != "train" and not set(words) & LAST_WORDS:
        words = [last, *words[:-1]]
    else:
        words = [verb, *words]
    return "_".join(words)
