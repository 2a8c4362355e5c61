"""The models that the backends serve and a caller may use, as one list, inspected like an answer."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from guard.core.action import Action
from guard.core.call import BackendCall
from guard.core.event import FrameSeen
from guard.core.frame import Frame
from guard.core.plan import Plan
from guard.core.prompt import Prompt
from guard.errors import BackendMalformed, BackendTimeout, UpstreamError
from guard.ports import Backend, Dialect, Engine
from guard.runtime.inspection import Engines, Inspection


class _List(msgspec.Struct):
    data: list[msgspec.Raw]
    object: str = "list"


class _Model(msgspec.Struct):
    id: str = ""


class Catalogue:
    """Asks every backend and joins the lists."""

    def __init__(self, backends: Sequence[Backend], dialect: Dialect, engine: Engine) -> None:
        self._backends = backends
        self._dialect = dialect
        self._engine = engine

    async def models(self, may_use: Callable[[str], bool]) -> bytes:
        """The joined list of those that may be used, or all in the backend's own bytes where every one may.

        A backend that can't answer is left out; raises UpstreamError when none can.
        """
        found = await asyncio.gather(*(self._ask(backend) for backend in self._backends), return_exceptions=True)
        lists = [body for body in found if isinstance(body, bytes)]
        errors = [error for error in found if isinstance(error, BaseException)]
        if not lists and errors:
            raise errors[0]
        return _chosen(lists, may_use)

    async def _ask(self, backend: Backend) -> bytes:
        answer = await backend.call(BackendCall("GET", "/models", (("accept", "application/json"),), streamed=True))
        try:
            if answer.status != 200:
                raise BackendMalformed("The backend does not list its models.")
            reader = self._dialect.whole(_NO_PROMPT)
            async with asyncio.timeout(backend.idle_s):
                while data := await answer.read():
                    reader.feed(data)
            return self._inspected(reader.end())
        except TimeoutError:
            raise BackendTimeout("The backend fell silent in the middle of its answer; try again later.") from None
        finally:
            answer.close()

    def _inspected(self, frames: Sequence[Frame]) -> bytes:
        """Whatever is found in a list of models is masked: there is no policy decision without a request."""
        inspection = Inspection(Plan(actions={"*": Action.REDACT}), Engines((self._engine,)), self._dialect.render)
        try:
            for frame in frames:
                inspection.handle(FrameSeen(frame))
            if inspection.halt is not None:
                raise UpstreamError("The backend's list of models could not be inspected.")
            return inspection.take()
        finally:
            inspection.close()


_NO_PROMPT = Prompt(Frame(b""), "", False, 1, None, (), (), ())


def _chosen(bodies: Sequence[bytes], may_use: Callable[[str], bool]) -> bytes:
    try:
        models = [model for body in bodies for model in msgspec.json.decode(body, type=_List).data]
        chosen = [model for model in models if may_use(msgspec.json.decode(model, type=_Model).id)]
    except msgspec.DecodeError:
        raise BackendMalformed("A backend's list of models is not one.") from None
    if len(bodies) == 1 and len(chosen) == len(models):
        return bodies[0]
    return msgspec.json.encode(_List(chosen))
