"""The texts that are measured, written for the purpose: nobody's, with documentation and test values only."""

import re

PROSE = """
The morning shift starts the pumps one after another and reads the gauges, because a cold line leaks more often than a
warm one. Nobody hurries. When the pressure is steady they open the main valve by a quarter turn, write the figures
down and go round once more. By nine o'clock the hall is warm; the first 240 units leave at 9:40, ten minutes before
the plan asks for them, and the rest follow in batches of 24 until noon.

There were three things to note today. First, the filter on line two was changed after 1,180 hours, well within the
1,500 that the maker allows. Second, the humidity rose to 61.5 % in the afternoon, so drying took some 20 minutes
longer. Third, and this is good news, the new schedule saved about 7 % of the energy that a run like this one used in
2019. "We should have done this years ago," said the foreman - and most people in the room agreed.

What comes next? The team will repeat the test on Thursday with version 2.4.1 of the controller, at half the flow, and
compare both runs. If they agree to within 0.3 bar, the setting becomes the standard for all of the lines; if not, we
go back to the old one and look for the reason. Either way a short note follows by e-mail, and there's no need to call.
"""

FINDINGS = """
Please send the contract to maria.gomez@example.com and a copy to billing@example.org by Friday. Her direct line is
(555) 010-0142. The deposit was paid with the card 4111 1111 1111 1111, and the rest comes from the account
DE89 3704 0044 0532 0130 00 as agreed. The server answers on 192.0.2.44 for now; the key AKIAIOSFODNN7EXAMPLE is old
and has to go. If anything is unclear, write to support@example.net or call 555-010-0199 before noon.
"""

ARGUMENTS = (
    '{"to":["team@example.com","office@example.org"],"subject":"Report for line two","body":"Dear all,\\n\\nthe run '
    "ended at 16:05 with 1,180 units. Figures are in the sheet \\u201cline 2\\u201d. Questions to maria.gomez@example."
    'com or 555-010-0142.\\n\\nBest wishes","priority":3,"attachments":[{"name":"report.pdf","bytes":48211},{"name":'
    '"figures.csv","bytes":1902}],"send_at":"2030-01-15T08:00:00Z"}'
)

PIECE = re.compile(r"\s?[A-Za-z]{1,7}|\s?\d{1,3}|\s?[^\sA-Za-z0-9]+|\s+")


def tokens(text: str) -> tuple[str, ...]:
    """Cuts text much as a byte-pair tokenizer does: a space goes with the word behind it, long words and numbers break.

    A stand-in, so that no vocabulary has to be at hand. Joined again, the tokens are the text.
    """
    return tuple(PIECE.findall(" ".join(text.split())))


def words_after(text: str) -> tuple[str, ...]:
    """Whole words, each with the space behind it: a word's end is known when the word is."""
    return tuple(f"{word} " for word in text.split())
