"""The pattern engine's memory of one channel: what is still in doubt, and how far the verdict reaches.

Text that can't be part of a match any more is forgotten at once. When the matcher reports a match, the exact pattern
and the validator confirm it on the text in doubt, as soon as nothing that follows can change it. A region (a key block)
is redacted piece by piece as it flows and is never held.
"""

import sys
from collections.abc import Iterable
from typing import Final

import hyperscan

from guard.core.channel import Channel
from guard.core.event import Inspected
from guard.core.finding import Finding
from guard.errors import EngineError, InvariantError
from guard.scan.automaton import Automaton
from guard.scan.encoded import Encoded
from guard.scan.fold import CharTable, Fold, Folded
from guard.scan.judged import JudgedRule
from guard.scan.overlap import Overlap
from guard.scan.received import Before, Received
from guard.scan.rule import ConfirmedMatch, Rule
from guard.scan.window import Window

PIECE_CHARS: Final = 512
MOST_DEEP: Final = 2
"""Encodings in encodings that are read."""
FOOTER_CHARS: Final = 128
"""How much of a region is kept to find its end in, when that comes in pieces."""


class Scanner:
    """Implements `ports.ChannelEngine`."""

    def __init__(
        self, automaton: Automaton, table: CharTable, channel: Channel, version: str = "", depth: int = 0
    ) -> None:
        """`depth`: in how many encodings the text stood."""
        self._automaton = automaton
        self._table = table
        self._channel = channel
        self._version = version
        self._fold = Fold(table, json=channel.is_json)
        self._window = Window()
        self._region: Rule | None = None
        self._regions: list[tuple[int, int]] = []
        """Where regions stand that may reach into what is encoded and in doubt."""
        self._covered = 0
        """Inside a region: how far the received text is covered."""
        self._told: dict[int, int] = {}
        """Where each rule's last value ends, in characters read; what ends inside it is no finding of its own."""
        self._read = 0
        """Characters of normal form that the matcher has read since it was opened."""
        self._received = Received() if automaton.judges else None
        self._overlap = Overlap()
        self._guesses: set[int] = set()
        """Rules whose judge took too long once: it is not asked again."""
        self._matcher = automaton.open()
        self._viable = automaton.reader()
        self._encoded = Encoded(lambda: self._inner(depth + 1)) if depth < MOST_DEEP else None

    def _inner(self, depth: int) -> "Scanner":
        """A scanner for a text that stands encoded in this one."""
        return Scanner(self._automaton, self._table, Channel(0, "encoded"), self._version, depth)

    def feed(self, text: str, final: bool) -> Inspected:
        """The verdict after `text`. See `ports.ChannelEngine`.

        A long text is read in pieces: the result is the same, and the work stays in proportion to its length.
        """
        if len(text) <= PIECE_CHARS:
            return self._feed(text, final)
        findings: list[Finding] = []
        verdict = Inspected(self._channel, "pattern", 0)
        for at in range(0, len(text), PIECE_CHARS):
            verdict = self._feed(text[at : at + PIECE_CHARS], final and at + PIECE_CHARS >= len(text))
            findings += verdict.findings
        return Inspected(self._channel, "pattern", verdict.upto, tuple(findings))

    def _feed(self, text: str, final: bool) -> Inspected:
        if self._received is not None and self._received.append(text):
            self._received.forget(self._window.received_start(0))
        if self._region is None and not final and self._window.straight:
            plain = self._fold.plain(text)
            if plain is not None:
                return self._feed_plain(plain)
        folded = self._fold.feed(text, final)
        findings: list[Finding] = list(folded.hidden)
        self._window.extend(folded, self._fold.settled)
        if self._region is None:
            self._scan(folded.text)
        upto = self._settle(findings, final)
        if self._encoded is not None:
            upto = min(upto, self._decode(self._encoded, folded, findings, final))
        return Inspected(self._channel, "pattern", upto, tuple(findings))

    def _decode(self, encoded: Encoded, folded: Folded, findings: list[Finding], final: bool) -> int:
        """Reads what is encoded in a stretch of normal form. Returns how far it has its verdict."""
        settled, starts, ends = self._fold.settled, folded.starts, folded.ends
        if starts is None or ends is None:
            first = settled - len(folded.text)
            safe = encoded.feed(folded.text, range(first, settled), range(first + 1, settled + 1), settled, final)
        else:
            safe = encoded.feed(folded.text, starts, ends, settled, final)
        findings += self._outside(encoded.take())
        self._regions = [region for region in self._regions if region[1] > safe]
        return safe

    def _outside(self, findings: list[Finding]) -> list[Finding]:
        """Those of what is encoded that do not begin in a region: there everything is covered."""
        return [f for f in findings if not any(start <= f.start < end for start, end in self._regions)]

    def _feed_plain(self, plain: str) -> Inspected:
        """The short way of most text: it maps one to one, and usually there is no match in it."""
        window, encoded = self._window, self._encoded
        self._scan(plain)
        safe = self._fold.received if encoded is None else encoded.pass_by(plain, self._fold.received)
        if not (self._matcher.ended or (encoded is not None and encoded.found)):
            upto = window.advance(plain, self._viable)
            return Inspected(self._channel, "pattern", upto if upto < safe else safe)
        window.append(plain)
        findings: list[Finding] = []
        upto = min(safe, self._settle(findings, final=False))
        if encoded is not None:
            findings += self._outside(encoded.take())
        return Inspected(self._channel, "pattern", upto, tuple(findings))

    def close(self) -> None:
        """Frees the native matchers."""
        self._matcher.close()
        if self._encoded is not None:
            self._encoded.close()
            self._encoded = None  # It leads back here: what is over is not to wait for the garbage collector.

    def _scan(self, text: str) -> None:
        if not text:
            return
        try:
            self._matcher.scan(text.encode("latin-1"))
        except hyperscan.error as error:
            raise EngineError("The pattern engine failed on this text.") from error
        self._read += len(text)

    def _settle(self, findings: list[Finding], final: bool) -> int:
        """Confirms what can't change any more, and forgets it. Returns the received position that is settled."""
        window = self._window
        footer_from = 1
        while True:
            if self._region is not None:
                upto = self._flow(self._region, findings, footer_from)
                if self._region is not None:
                    return upto
            settled = len(window.text) if final else self._viable(window.text)
            # No match begins before position 1, so until the safe point has moved there is nothing to confirm.
            opening = self._confirm(findings, settled) if self._matcher.ended and settled > 1 else None
            if opening is None:
                upto = window.received_at(settled)
                window.forget(settled)
                return upto
            self._region = opening.rule
            findings.append(self._match_finding(opening))
            self._covered, footer_from = findings[-1].end, opening.end
            self._regions.append((findings[-1].start, sys.maxsize))

    def _confirm(self, findings: list[Finding], settled: int) -> ConfirmedMatch | None:
        """Adds the confirmed findings; stops at the first region, which is returned."""
        matches: list[ConfirmedMatch] = []
        origin = self._read - len(self._window.text)
        ended = self._matcher.ended
        for number in tuple(ended):
            rule = self._automaton.rules[number]
            for match in self._matches(number, rule, settled, self._told.get(number, 0) - origin):
                self._told[number] = origin + match.end
                matches.append(match)
            if ended[number] <= origin + settled:
                del ended[number]
        matches.sort(key=lambda m: (m.start, -m.end))
        return self._add(findings, matches)

    def _matches(self, number: int, rule: Rule, settled: int, end: int) -> Iterable[ConfirmedMatch]:
        """What a rule confirms. A judge that took too long once in this channel is not asked again."""
        if not isinstance(rule, JudgedRule):
            return rule.confirm(self._window.text, settled, end)
        if number in self._guesses:
            return (ConfirmedMatch(rule, max(1, end), settled, guessed=True),) if max(1, end) < settled else ()
        text = self._window.text
        if rule.judge.letters and self._received is not None:
            text = self._window.letters(self._received)
        matches = tuple(rule.confirm(text, settled, end))
        if any(match.guessed for match in matches):
            self._guesses.add(number)
        return matches

    def _add(self, findings: list[Finding], matches: Iterable[ConfirmedMatch]) -> ConfirmedMatch | None:
        """Adds what was confirmed, in order; stops at a region."""
        sure: list[Finding] = []
        judged: list[Finding] = []
        befores: dict[int, Before] = {}
        opening = None
        for match in matches:
            if match.rule.until is not None:
                opening = match
                break
            if not isinstance(match.rule, JudgedRule):
                sure.append(self._match_finding(match))
            elif (finding := self._judged(match.rule, match, befores)) is not None:
                judged.append(finding)
        findings += sure if self._received is None else self._overlap.settle(sure, judged)
        return opening

    def _judged(self, rule: JudgedRule, match: ConfirmedMatch, befores: dict[int, Before]) -> Finding | None:
        """A match with the score that its judge gives it. `befores`: what stands in front of each place."""
        if match.guessed:
            return self._match_finding(match)
        before = befores.get(match.start)
        if before is None:
            received = self._received or Received()
            before = befores[match.start] = received.before(self._window.received_start(match.start))
        rating = rule.judge.rate(self._window.text[match.start : match.end], before)
        if rating is None:
            return None
        start, end, score = rating
        value = ConfirmedMatch(rule, match.start + start, match.start + end)
        return self._match_finding(value, score, rule.judge.threshold)

    def _flow(self, rule: Rule, findings: list[Finding], footer_from: int) -> int:
        """Inside a region: covers what is there without a gap, unseen characters included, and looks for the end.

        Returns how far the received text is covered. When the end is seen, what follows is read as if it were new.
        """
        window = self._window
        if rule.until is None:
            raise InvariantError("a region has a rule that says where it ends")
        footer = rule.until.search(window.text, footer_from)
        upto = window.received_at(len(window.text)) if footer is None else window.received_end(footer.end())
        if upto > self._covered:
            findings.append(self._finding(rule, self._covered, upto, continues=True))
            self._covered = upto
        if footer is None:
            window.keep_tail(FOOTER_CHARS)
            return upto
        self._region = None
        self._regions[-1] = self._regions[-1][0], upto
        window.forget(footer.end())
        self._matcher.close()
        self._matcher, self._read = self._automaton.open(), 0
        self._told.clear()
        self._scan(window.text[1:])
        return upto

    def _match_finding(self, match: ConfirmedMatch, score: float | None = None, threshold: float = 0.0) -> Finding:
        start, end = self._window.received_start(match.start), self._window.received_end(match.end)
        quote = self._quote(match.start)
        return self._finding(match.rule, start, end, score=score, threshold=threshold, quote=quote)

    def _quote(self, position: int) -> str:
        """The quote that a value outside a JSON string needs. In what only looks like JSON, numbers alone need one."""
        quote = self._window.quote_at(position)
        sure = quote == '"' and self._channel.is_json
        return quote if sure or self._window.text[position : position + 1].isdigit() else ""

    def _finding(
        self,
        rule: Rule,
        start: int,
        end: int,
        *,
        score: float | None = None,
        threshold: float = 0.0,
        quote: str = "",
        continues: bool = False,
    ) -> Finding:
        return Finding(
            type=rule.pattern.type,
            start=start,
            end=end,
            score=rule.pattern.score if score is None else score,
            engine="pattern",
            rule=rule.pattern.rule,
            version=self._version,
            continues=continues,
            bare=bool(quote),
            quote=quote or '"',
            threshold=threshold,
        )
