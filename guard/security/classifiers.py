"""The classifiers that one configuration asks for: models opened, batches and steps running, from start to stop."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from guard.errors import ConfigError
from guard.inference.batcher import Batcher, BatchReport
from guard.inference.device import Device
from guard.inference.linear import Linear
from guard.inference.manifest import ModelSpec, read_manifest
from guard.inference.opened import Opened
from guard.inference.remote_wire import Remote
from guard.inference.schedule import Limits
from guard.inference.stepper import StepLimits, Stepper, TurnReport
from guard.inference.token import Tokeniser
from guard.inference.vocabulary import Vocabulary
from guard.security.answer_classifier import AnswerClassifier, Opinion
from guard.security.text_classifier import TextClassifier, WindowModel

Observe = Callable[[str, BatchReport | TurnReport], None]
"""Takes a model's name and what one of its runs was like."""


class ClassifierOptions(msgspec.Struct, frozen=True):
    """What the operator chose.

    `directory` holds the manifest. `names` are the scores that are wanted, `trusted_roles` the roles whose text is not
    scored. `lanes` batches of one window model run at once. `patience_s` bounds the wait for one text's verdict.
    `remote` runs the models elsewhere.
    """

    directory: Path
    names: tuple[str, ...]
    trusted_roles: tuple[str, ...]
    patience_s: float
    device: Device
    batch: Limits
    step: StepLimits
    lanes: int = 1
    remote: Remote | None = None


class Classifiers:
    """Opened at construction; raises ConfigError. `start` and `stop` them on the event loop."""

    def __init__(self, options: ClassifierOptions, observe: Observe) -> None:
        self._options = options
        self._observe = observe
        self._opened = Opened(options.directory, options.device, options.remote)
        self._batchers: list[Batcher] = []
        self._tokeniser = Tokeniser()
        specs = read_manifest(options.directory)
        windows = [(spec, name) for name in options.names for spec in specs if _gives(spec, "window", name)]
        missing = [name for name in options.names if name not in [found for _, found in windows]]
        if missing:
            raise ConfigError(f"{options.directory}: no window model gives the score {missing[0]}; name others")
        self.thresholds = {name: spec.score(name).threshold for spec, name in windows}
        """The score from which each classifier would count a finding."""
        self.text = TextClassifier(
            self._tokeniser,
            self._opened.tokens(windows[0][0]),
            [self._window(spec, name) for spec, name in windows],
            options.trusted_roles,
            options.patience_s,
        )
        streams = (spec for spec in specs if all(_gives(spec, "stream", name) for name in options.names))
        stream = next(streams, None)
        if stream is None:
            raise ConfigError(
                f"{options.directory}: no stream model gives the scores {', '.join(options.names)}, so answers would "
                "go unread; add one, or ask for less"
            )
        self.answers = self._answers(stream)

    @property
    def statements(self) -> tuple[str, ...]:
        """What serves each model, in a line each."""
        return self._opened.statements

    def start(self) -> None:
        """Starts the threads that run the models. Raises ConfigError when an inference server is not ready."""
        self._opened.ready()
        for batcher in self._batchers:
            batcher.start()
        self.answers.stepper.start()

    async def stop(self) -> None:
        """Ends them. What waits fails."""
        for batcher in self._batchers:
            await batcher.stop()
        self.answers.stepper.stop()
        self._tokeniser.stop()
        self._opened.close()

    def _window(self, spec: ModelSpec, name: str) -> WindowModel:
        runner = self._opened.window(spec)

        def observe(report: BatchReport) -> None:
            self._observe(spec.name, report)

        batcher = Batcher(runner, self._options.batch, observe, lanes=self._options.lanes)
        self._batchers.append(batcher)
        return WindowModel(spec, spec.score(name), self._linear(spec), batcher)

    def _linear(self, spec: ModelSpec) -> Linear | None:
        stage = spec.linear
        if stage is None:
            return None
        return Linear(self._opened.file(stage.file, stage.sha256), stage)

    def _answers(self, spec: ModelSpec) -> AnswerClassifier:
        runner = self._opened.step(spec)
        stepper = Stepper(runner, spec.state, self._options.step, lambda report: self._observe(spec.name, report))
        tokens = self._opened.tokens(spec)
        vocabulary = Vocabulary(tokens.words, tokens.unknown)
        wanted = [score for score in spec.scores if score.name in self._options.names]
        return AnswerClassifier(msgspec.structs.replace(spec, scores=tuple(wanted)), stepper, vocabulary, self._judge)

    async def _judge(self, name: str, text: str) -> Opinion:
        judged = await self.text.judge(name, text)
        return Opinion(judged.score, judged.tokens)


def _gives(spec: ModelSpec, kind: str, name: str) -> bool:
    return spec.kind == kind and any(score.name == name for score in spec.scores)
