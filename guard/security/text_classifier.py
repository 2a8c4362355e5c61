"""The classifiers of whole texts: prompts, documents, tool results. In the order of what it costs:

remembered scores, then the normal form and what encodings hide, then the linear stage on each window, then the
transformer for the windows that are not clear. A text's score is the highest of its windows', so that an attack buried
in a document counts as much as one that stands alone. It can't see policies; it scores whatever the threshold is.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from guard.core.assessment import Assessment, Passage
from guard.core.event import EngineStatus
from guard.core.finding import Finding
from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.inference.batcher import Batcher
from guard.inference.calibration import calibrate, leading_type
from guard.inference.linear import Linear
from guard.inference.manifest import ModelSpec, ScoreSpec
from guard.inference.remembered import Remembered
from guard.inference.runner import Floats
from guard.inference.token import MOST_CHARS, Tokeniser, Tokens, Window
from guard.security.decoding import View, decoded_views
from guard.security.normal_form import NormalForm, normal_form

_REMEMBERED: Final = 65_536
"""Texts whose scores are remembered: some 10 MB."""

_SOON_CHARS: Final = 2_048
"""Longer texts are read on a thread of their own: the event loop has streams to serve."""

AT_ONCE: Final = 32
"""Windows of one text that stand in the queue together: a long document must not keep a short question waiting."""

_CLEAR: Final = 0.01
"""The highest score that the linear stage gives."""

_OBFUSCATED: Final = "INJECTION_OBFUSCATED"
_INDIRECT: Final = "INJECTION_INDIRECT"
_RETRIEVED: Final = frozenset({"tool", "function"})
"""Roles whose text nobody in the conversation wrote."""


class Judgement(msgspec.Struct, frozen=True):
    """One classifier's score of a text, the finding type that it names, and the window that has the score.

    `shares` are the finding types' parts of the score, in the model's order; none for a case that was clear. `tokens`
    are what the model read for it.
    """

    score: float = 0.0
    type: str = ""
    start: int = 0
    end: int = 0
    shares: tuple[float, ...] = ()
    tokens: int = 0


class Stretch(msgspec.Struct, frozen=True):
    """One window of one view, where it stands in the received text, and whether it was decoded."""

    window: Window
    start: int
    end: int
    decoded: bool

    def __repr__(self) -> str:
        return f"Stretch(start={self.start}, end={self.end})"


class WindowModel:
    """One window model: stretches in, a judgement out."""

    def __init__(self, spec: ModelSpec, score: ScoreSpec, linear: Linear | None, batcher: Batcher) -> None:
        self.spec = score
        self.rule = f"{spec.name}-{spec.version}"
        self.key = f"{self.rule}/{score.name}"
        """What its judgements are remembered by: a model may give several scores."""
        self._linear = linear
        self._batcher = batcher

    async def judge(self, stretches: Sequence[Stretch], deadline: float) -> Judgement:
        """The judgement on a text by its stretches. Raises EngineError."""
        best = Judgement()
        doubtful: list[Stretch] = []
        for stretch in stretches:
            clear = self._clear(stretch.window)
            if clear is None:
                doubtful.append(stretch)
            elif clear > best.score:
                best = Judgement(clear, self.types[0], stretch.start, stretch.end)
        for at in range(0, len(doubtful), AT_ONCE):
            part = doubtful[at : at + AT_ONCE]
            rows = await self._batcher.score([stretch.window for stretch in part], deadline)
            for stretch, row in zip(part, rows, strict=True):
                score = float(calibrate(self.spec, float(row[self.spec.column])))
                if score > best.score:
                    best = self._judgement(score, row, stretch)
        read = sum(len(stretch.window.ids) for stretch in doubtful)
        return msgspec.structs.replace(best, tokens=read) if read else best

    def _clear(self, window: Window) -> float | None:
        """The linear stage's score of a window that is clearly harmless to it: close to 0, whatever its logit."""
        if self._linear is None:
            return None
        logit = self._linear.logit(window.body)
        if logit >= 0 or not self._linear.settles(logit):
            return None
        return min(0.5 + 0.5 * math.tanh(0.5 * logit), _CLEAR)

    @property
    def types(self) -> tuple[str, ...]:
        """The finding types that it tells apart."""
        return self.spec.kinds.types if self.spec.kinds is not None else (self.spec.name.upper(),)

    def _judgement(self, score: float, row: Floats, stretch: Stretch) -> Judgement:
        type_, shares = self.types[0], (score,)
        if self.spec.kinds is not None:
            type_ = leading_type(self.spec.kinds, row)
            first = self.spec.kinds.first
            weights = np.exp(row[first : first + len(self.types)] - row[first : first + len(self.types)].max())
            shares = tuple((score * weights / weights.sum()).tolist())
        hidden = stretch.decoded and self.spec.name == "injection"
        return Judgement(score, _OBFUSCATED if hidden else type_, stretch.start, stretch.end, shares)


class TextClassifier:
    """Implements `ports.Classifier`."""

    def __init__(
        self,
        tokeniser: Tokeniser,
        tokens: Tokens,
        models: Sequence[WindowModel],
        trusted_roles: Sequence[str],
        patience_s: float,
    ) -> None:
        """`trusted_roles` speak for the operator and are not scored; `patience_s` bounds the wait for a verdict."""
        self.names = tuple(model.spec.name for model in models)
        self._tokeniser = tokeniser
        self._tokens = tokens
        self._models = tuple(models)
        self._trusted = frozenset(trusted_roles)
        self._patience_s = patience_s
        self._remembered = Remembered[Judgement](_REMEMBERED)

    async def assess(self, passages: Sequence[Passage]) -> Sequence[Assessment]:
        """One assessment for each passage: see `ports.Classifier`."""
        return await asyncio.gather(*(self._assess(passage) for passage in passages))

    async def judge(self, name: str, text: str) -> Judgement:
        """One classifier's judgement on a text. Raises EngineError, and KeyError for a classifier there is not."""
        model = next((model for model in self._models if model.spec.name == name), None)
        if model is None:
            raise KeyError(name)
        # Text that a client is reading waits for this: it goes before prompts that came at the same time.
        return (await self._judged(text, (model,), self._patience_s / 2))[0]

    async def _assess(self, passage: Passage) -> Assessment:
        if passage.role in self._trusted or not passage.text.strip():
            status = EngineStatus.SKIPPED if passage.role in self._trusted else EngineStatus.OK
            return Assessment(
                scores={} if passage.role in self._trusted else dict.fromkeys(self.names, 0.0),
                status=dict.fromkeys(self.names, status),
            )
        try:
            judged = await self._judged(passage.text, self._models, self._patience_s)
        except EngineError as error:
            failed = EngineStatus.TIMEOUT if isinstance(error, EngineTimeout) else EngineStatus.ERROR
            return Assessment(status=dict.fromkeys(self.names, failed))
        pairs = tuple(zip(self._models, judged, strict=True))
        return Assessment(
            scores={model.spec.name: one.score for model, one in pairs},
            findings=tuple(_finding(model, one, passage) for model, one in pairs if one.score >= model.spec.doubt[0]),
            status=dict.fromkeys(self.names, EngineStatus.OK),
            types={type_: share for model, one in pairs for type_, share in zip(model.types, one.shares, strict=False)},
            tokens=sum(one.tokens for one in judged),
        )

    async def _judged(self, text: str, models: Sequence[WindowModel], patience_s: float) -> list[Judgement]:
        known = [self._remembered.get(model.key, text) for model in models]
        missing = [model for model, one in zip(models, known, strict=True) if one is None]
        if missing:
            deadline = asyncio.get_running_loop().time() + patience_s
            stretches = await self._stretches(text)
            new = iter(await asyncio.gather(*(model.judge(stretches, deadline) for model in missing)))
            for index, one in enumerate(known):
                if one is None:
                    known[index] = found = next(new)
                    # Who asks again makes nobody read.
                    self._remembered.put(models[index].key, text, msgspec.structs.replace(found, tokens=0))
        return [one for one in known if one is not None]

    async def _windows(self, text: str) -> tuple[Window, ...]:
        return await self._tokeniser.windows(self._tokens, text)

    async def _stretches(self, text: str) -> list[Stretch]:
        if len(text) > MOST_CHARS:
            raise EngineBusy(f"a text is longer than {MOST_CHARS} characters, which is more than is scored")
        normal, views = _read(text) if len(text) <= _SOON_CHARS else await asyncio.to_thread(_read, text)
        stretches = [
            Stretch(window, *normal.span(window.start, window.end), decoded=False)
            for window in await self._windows(normal.text)
        ]
        for view in views:
            windows = await self._windows(view.text)
            stretches += [Stretch(window, view.start, view.end, decoded=True) for window in windows]
        return stretches


def _read(text: str) -> tuple[NormalForm, Sequence[View]]:
    """The normal form, and what encodings hide in the text and in its normal form, in normal form and once each."""
    normal = normal_form(text)
    views = {normal_form(view.text).text: view for view in reversed(decoded_views(text))}
    if normal.text != text:
        for view in decoded_views(normal.text):
            start, end = normal.span(view.start, view.end)
            views.setdefault(normal_form(view.text).text, View(view.text, start, end))
    views.pop(normal.text, None)
    return normal, [View(said, view.start, view.end) for said, view in views.items()]


def _finding(model: WindowModel, one: Judgement, passage: Passage) -> Finding:
    retrieved = model.spec.name == "injection" and passage.role in _RETRIEVED and one.type != _OBFUSCATED
    return Finding(
        type=_INDIRECT if retrieved else one.type,
        start=one.start,
        end=one.end,
        score=one.score,
        engine=model.spec.name,
        rule=model.rule,
        threshold=model.spec.threshold,
    )
