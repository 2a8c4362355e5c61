"""Groups of digits in a matched text: what card and phone validators have in common.

Pure text; it does not know what the digits mean.
"""


def group_ends(text: str) -> list[int]:
    """Where the groups of digits end, last first."""
    return [i for i in range(len(text), 0, -1) if text[i - 1].isdigit() and not text[i : i + 1].isdigit()]


def only_digits(text: str) -> str:
    """The digits of `text`."""
    return "".join(filter(str.isdigit, text))
