"""What the backend sends, on its way into the inspection: bytes become frames, and what the end of an answer means."""

from collections.abc import Callable, Sequence

from guard.core.event import Finished
from guard.core.frame import Frame
from guard.core.stream import StreamGuard
from guard.errors import BackendBroken
from guard.ports import AnswerReader, BackendAnswer
from guard.runtime.answer_limit import AnswerLimit
from guard.runtime.inspection import Inspection


class Intake:
    """One answer's way in."""

    def __init__(
        self,
        reader: AnswerReader,
        answer: BackendAnswer,
        inspection: Inspection,
        note: Callable[[StreamGuard], None],
        limit: AnswerLimit | None = None,
        cut: Callable[[AnswerLimit], Sequence[Frame]] | None = None,
    ) -> None:
        """`note` is told after each chunk how far the stream machine has come.

        `limit`: how much it may be; `cut` makes the frames that end what is longer.
        """
        self.reader = reader
        self.cut = False
        """Whether it was longer than it may be, and ends at its limit."""
        self._note = note
        self._limit = limit
        self._make_cut = cut
        self.failure = False
        """Whether the backend reported an error in place of the rest."""
        self._answer = answer
        self._inspection = inspection

    def take(self, data: bytes) -> None:
        """Takes the next bytes. Raises BackendMalformed."""
        self._see(self.reader.feed(data))

    def end(self) -> None:
        """The backend has closed. Raises BackendBroken when the answer is not whole."""
        if self.cut:
            return
        try:
            self._see(self.reader.end())
        except BackendBroken:
            # After an error of its own a backend owes no end mark.
            if not self.failure:
                raise

    def close(self) -> None:
        """Lets go of whom it tells, who has it: what is over is not to wait for the garbage collector."""
        del self._note, self._make_cut

    def finish(self) -> None:
        """Every verdict is there: the answer is over."""
        self._inspection.handle(Finished(complete=not self.failure))

    def _see(self, frames: Sequence[Frame]) -> None:
        limit = self._limit
        for frame in frames:
            if frame.failure:
                self.failure = True
            if limit is not None and not limit.admits(frame):
                self._end_at(limit)
                break
            self._inspection.see(frame)
            if self._inspection.halt is not None:
                self._answer.close()
                break
        self._note(self._inspection.guard)

    def _end_at(self, limit: AnswerLimit) -> None:
        """Ends the answer where the limit is: what came before leaves as if the backend had ended there itself."""
        self.cut = True
        self._answer.close()
        for frame in self._make_cut(limit) if self._make_cut is not None else ():
            self._inspection.see(frame)
