"""A compiled policy that can be asked: the one file that talks to the Rego engine.

It compiles a source for its entry points, refuses what the engine would get wrong, and evaluates. It does not know
what a decision looks like. What the engine prints about a failed decision may quote its input and goes nowhere.
"""

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from guard.errors import ConfigError, PolicyError
from guard.policy.engine import load_engine
from guard.policy.fault import refusal
from guard.policy.input_path import check_input
from guard.policy.inspection import check_plan, check_text
from guard.policy.mistake import check_beginning, check_rules
from guard.policy.plan import decode
from guard.policy.source import Source

_FAILED = "the policy engine gave no usable answer: ask the operator to run the policy's tests"


class Program:
    """A compiled policy. May be asked from several threads; they take turns, for the engine keeps the input itself."""

    def __init__(self, source: Source, entrypoints: Sequence[str], *, keep_plan: bool = False) -> None:
        """Compiles. Entry points are written `package/rule`. Raises ConfigError with file, line and cure.

        `plan` is the compiled plan as JSON, if it is to be kept: of a policy with many tests it has megabytes.
        """
        for module in source.modules:
            check_beginning(module)
            check_text(module)
        self._lock = threading.Lock()
        self._regopy = load_engine()
        self._engine = self._regopy.Interpreter()
        self._engine.log_level = self._regopy.LogLevel.NONE
        # A built-in that fails would otherwise be undefined, and a denial that uses it would quietly not fire.
        self._engine.strict_built_in_errors = True
        self._bundle: object = self._compile(source, entrypoints)
        check_rules(source.modules, source.data)
        document = self._saved_plan()
        self.plan = document if keep_plan else b""
        plan = decode(document, [module.name for module in source.modules])
        check_plan(plan, tuple(entrypoints), self._engine.is_builtin, source.modules)
        for module in source.modules:
            check_input(module)

    def evaluate(self, entrypoint: str, document: object | msgspec.UnsetType = msgspec.UNSET) -> object:
        """The value of an entry point for an input of JSON values; UNSET if undefined. Raises PolicyError.

        Strings of `document` must need no escape in JSON (see `document.py`): the engine does not escape them.
        """
        try:
            with self._lock:
                if document is not msgspec.UNSET:
                    self._engine.set_input(document)
                output = self._engine.query_bundle_entrypoint(self._bundle, entrypoint)
        except (self._regopy.RegoError, ValueError):  # ValueError: an error that the engine prints in JSON's place
            raise PolicyError(_FAILED) from None
        if not output.ok() or len(output) != 1:
            raise PolicyError(_FAILED)
        values: list[object] = output[0].expressions
        return values[0] if values else msgspec.UNSET

    def _compile(self, source: Source, entrypoints: Sequence[str]) -> object:
        """The engine's bundle."""
        try:
            self._engine.add_data_json(source.data)
            for number, module in enumerate(source.modules):
                # By number: the engine takes names for paths when it saves, and a folder it lacks ends the process.
                self._engine.add_module(str(number), module.text)
            bundle = self._engine.build(None, entrypoints)
        except self._regopy.RegoError as error:
            raise refusal(str(error), source.modules) from None
        if not bundle.ok():
            check_rules(source.modules, source.data)
            raise ConfigError("the policy does not compile and the engine does not say where: undo the last change")
        return bundle

    def _saved_plan(self) -> bytes:
        """The compiled plan, as JSON; the engine can only write it to files. Raises ConfigError."""
        try:
            with tempfile.TemporaryDirectory(prefix="guard-policy-") as directory:
                self._engine.save_bundle(directory, self._bundle)
                return (Path(directory) / "plan.json").read_bytes()
        except (OSError, self._regopy.RegoError):
            raise ConfigError("no room for temporary files: set TMPDIR to a directory that can be written") from None
