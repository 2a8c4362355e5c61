"""What the backend sends, on its way into the inspection: bytes become frames, and what the end of an answer means."""

from collections.abc import Callable, Sequence

from guard.core.event import Finished
from guard.core.frame import Frame
from guard.core.stream import StreamGuard
from guard.errors import BackendBroken
from guard.ports import AnswerReader, BackendAnswer
from guard.runtime.inspection import Inspection


class Intake:
    """One answer's way in."""

    def __init__(
        self,
        reader: AnswerReader,
        answer: BackendAnswer,
        inspection: Inspection,
        note: Callable[[StreamGuard], None],
    ) -> None:
        """`note` is told after each chunk how far the stream machine has come."""
        self.reader = reader
        self._note = note
        self.failure = False
        """Whether the backend reported an error in place of the rest."""
        self._answer = answer
        self._inspection = inspection

    def take(self, data: bytes) -> None:
        """Takes the next bytes. Raises BackendMalformed."""
        self._see(self.reader.feed(data))

    def end(self) -> None:
        """The backend has closed. Raises BackendBroken when the answer is not whole."""
        try:
            self._see(self.reader.end())
        except BackendBroken:
            # After an error of its own a backend owes no end mark.
            if not self.failure:
                raise

    def finish(self) -> None:
        """Every verdict is there: the answer is over."""
        self._inspection.handle(Finished(complete=not self.failure))

    def _see(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if frame.failure:
                self.failure = True
            self._inspection.see(frame)
            if self._inspection.halt is not None:
                self._answer.close()
                break
        self._note(self._inspection.guard)
