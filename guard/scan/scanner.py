"""The pattern engine's memory of one channel: what is still in doubt, and how far the verdict reaches.

Text that can't be part of a match any more is forgotten at once. When the matcher reports a match, the exact pattern
and the validator confirm it on the text in doubt, as soon as nothing that follows can change it. A region (a key block)
is redacted piece by piece as it flows and is never held.
"""

import hyperscan

from guard.core.channel import Channel
from guard.core.event import Inspected
from guard.core.finding import Finding
from guard.errors import EngineError, InvariantError
from guard.scan.automaton import Automaton, ConfirmedMatch, Rule
from guard.scan.fold import CharTable, Fold
from guard.scan.window import Window

FOOTER_CHARS = 128
"""How much of a region is kept to find its end in, when that comes in pieces."""


class Scanner:
    """Implements `ports.ChannelEngine`."""

    def __init__(self, automaton: Automaton, table: CharTable, channel: Channel, version: str = "") -> None:
        self._automaton = automaton
        self._channel = channel
        self._version = version
        self._fold = Fold(table, json=channel.is_json)
        self._window = Window()
        self._region: Rule | None = None
        self._covered = 0
        """Inside a region: how far the received text is covered."""
        self._told: dict[int, int] = {}
        """Where each rule's last value ends, in characters read; what ends inside it is no finding of its own."""
        self._read = 0
        """Characters of normal form that the matcher has read since it was opened."""
        self._matcher = automaton.open()

    def feed(self, text: str, final: bool) -> Inspected:
        """The verdict after `text`. See `ports.ChannelEngine`."""
        if self._region is None and not final and self._window.straight:
            plain = self._fold.plain(text)
            if plain is not None:
                return self._feed_plain(plain)
        folded = self._fold.feed(text, final)
        findings: list[Finding] = list(folded.hidden)
        self._window.extend(folded, self._fold.settled)
        if self._region is not None:
            upto = self._flow(findings, final)
        else:
            self._scan(folded.text)
            upto = self._settle(findings, final)
        return Inspected(self._channel, "pattern", upto, tuple(findings))

    def _feed_plain(self, plain: str) -> Inspected:
        """The short way of most text: it maps one to one, and usually there is no match in it."""
        window = self._window
        self._scan(plain)
        window.append(plain)
        if not self._matcher.ended:
            settled = self._automaton.viable(window.text)
            return Inspected(self._channel, "pattern", window.drop(settled))
        findings: list[Finding] = []
        upto = self._settle(findings, final=False)
        return Inspected(self._channel, "pattern", upto, tuple(findings))

    def close(self) -> None:
        """Frees the native matcher."""
        self._matcher.close()

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
        text = window.text
        settled = len(text) if final else self._automaton.viable(text)
        if self._matcher.ended:
            region = self._confirm(findings, settled)
            if region is not None:
                return self._enter(region, findings, final)
        upto = window.received_at(settled)
        window.forget(settled)
        return upto

    def _confirm(self, findings: list[Finding], settled: int) -> ConfirmedMatch | None:
        """Adds the confirmed findings; stops at the first region, which is returned."""
        matches: list[ConfirmedMatch] = []
        origin = self._read - len(self._window.text)
        ended = self._matcher.ended
        for number in tuple(ended):
            rule = self._automaton.rules[number]
            for match in rule.confirm(self._window.text, settled, self._told.get(number, 0) - origin):
                self._told[number] = origin + match.end
                matches.append(match)
            if ended[number] <= origin + settled:
                del ended[number]
        matches.sort(key=lambda m: (m.start, -m.end))
        for match in matches:
            if match.rule.until is not None:
                return match
            findings.append(self._match_finding(match))
        return None

    def _enter(self, opening: ConfirmedMatch, findings: list[Finding], final: bool) -> int:
        """A region begins: everything from here on is one finding, until its end is seen."""
        self._region = opening.rule
        findings.append(self._match_finding(opening))
        self._covered = findings[-1].end
        return self._flow(findings, final, footer_from=opening.end)

    def _flow(self, findings: list[Finding], final: bool, footer_from: int = 1) -> int:
        """Inside a region: covers what is there without a gap, unseen characters included, and looks for the end."""
        rule, window = self._region, self._window
        if rule is None or rule.until is None:
            raise InvariantError("a region has a rule that says where it ends")
        footer = rule.until.search(window.text, footer_from)
        upto = window.received_at(len(window.text)) if footer is None else window.received_end(footer.end())
        if upto > self._covered:
            findings.append(self._finding(rule, self._covered, upto, continues=True))
            self._covered = upto
        if footer is None:
            window.keep_tail(FOOTER_CHARS)
            return upto
        return self._leave(footer.end(), findings, final)

    def _leave(self, stop: int, findings: list[Finding], final: bool) -> int:
        """A region has ended: what follows is read as if it were new."""
        self._region = None
        self._window.forget(stop)
        self._matcher.close()
        self._matcher, self._read = self._automaton.open(), 0
        self._told.clear()
        self._scan(self._window.text[1:])
        return self._settle(findings, final)

    def _match_finding(self, match: ConfirmedMatch) -> Finding:
        start, end = self._window.received_start(match.start), self._window.received_end(match.end)
        return self._finding(match.rule, start, end, bare=self._window.is_bare(match.start))

    def _finding(self, rule: Rule, start: int, end: int, *, bare: bool = False, continues: bool = False) -> Finding:
        return Finding(
            type=rule.pattern.type,
            start=start,
            end=end,
            score=rule.pattern.score,
            engine="pattern",
            rule=rule.pattern.rule,
            version=self._version,
            continues=continues,
            bare=bare,
        )
