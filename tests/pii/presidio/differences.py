"""Where Guard differs from Presidio on purpose: a text of each kind, and why. Any other difference fails the tests."""

import re

PHRASE = "a context phrase of several words counts; Presidio compares it with single words, so it never does"
PERCENT = "a percent sign and two hexadecimal digits are read as the character that they spell"
AHEAD = "PAN (Low) looks for its letter and digits in all of the text to come; Guard looks in the match"
GLUED = "where a word ends that signs glue to others, spaCy has many more rules"

DIFFERENCES: dict[tuple[str, str], str] = {
    ("MacAddressRecognizer", "Hardware address: AA-BB-CC-DD-EE-FF"): PHRASE,
    ("MacAddressRecognizer", "Physical address is aabb.ccdd.eeff"): PHRASE,
    ("MacAddressRecognizer", "The hardware address is AA-BB-CC-DD-EE-FF"): PHRASE,
    ("PhTinRecognizer", "Tax ID: 000-123-456-001"): PHRASE,
    ("UkNinoRecognizer", "Here is my National Insurance Number YZ 61 48 68 B"): PHRASE,
    ("UsBankRecognizer", "account:945456787654"): GLUED,
    ("UsBankRecognizer", '{"account":"945456787654"}'): GLUED,
    ("IpRecognizer", "fe80::1%25"): PERCENT,
    ("InPanRecognizer", "abcdefghij and 1234"): AHEAD,
}
"""By recognizer and text."""


def reason(recognizer: str, text: str) -> str | None:
    """Why the two may differ on a text; None if they may not."""
    listed = DIFFERENCES.get((recognizer, text))
    if listed is None and recognizer == "IpRecognizer" and re.search("%[0-9A-Fa-f]", text):
        return PERCENT
    return listed
