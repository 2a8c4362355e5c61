"""The tiny models of these tests as a manifest names them, and as servers of good and bad health serve them."""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from guard.inference.manifest import EntitySpec, KindSpec, ModelSpec, ScoreSpec, TokenizerSpec
from tests.inference.inference_server import MODELS, Served

_KINDS: Final = ("VIOLENCE", "SEXUAL", "SEXUAL_MINORS", "HATE", "HARASSMENT", "SELF_HARM", "WEAPONS", "DRUGS", "CYBER")
_TYPES: Final = tuple(f"UNSAFE_{kind}" for kind in (*_KINDS, "FRAUD", "CRIMINAL", "PRIVACY", "PROFANITY"))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


WINDOW: Final = ModelSpec(
    name="injection",
    kind="window",
    file="window.onnx",
    sha256=_digest(MODELS / "window.onnx"),
    tokenizer=TokenizerSpec("tokenizer.json", "0" * 64),
    license="Apache-2.0",
    version="1",
    scores=(ScoreSpec("injection", 0, kinds=KindSpec(1, ("INJECTION_OVERRIDE", "INJECTION_PERSONA"))),),
)
TOKEN: Final = msgspec.structs.replace(
    WINDOW,
    name="pii-ner",
    kind="token",
    file="token.onnx",
    sha256=_digest(MODELS / "token.onnx"),
    scores=(),
    labels=("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION"),
    entities=(EntitySpec("PERSON"), EntitySpec("LOCATION")),
)
STREAM: Final = ModelSpec(
    name="stream",
    kind="stream",
    file="step.onnx",
    sha256=_digest(MODELS / "step.onnx"),
    tokenizer=TokenizerSpec("tokenizer.json", "0" * 64),
    license="Apache-2.0",
    version="1",
    scores=(ScoreSpec("injection", 0), ScoreSpec("unsafe", 1, kinds=KindSpec(2, _TYPES))),
    state=4,
)

ANY_TOKENS: Final = ("INT64", [-1, -1])
WINDOW_SERVED: Final = Served(
    name="injection",
    file="window.onnx",
    inputs={"input_ids": ANY_TOKENS, "attention_mask": ANY_TOKENS},
    outputs={"logits": ("FP32", [-1, 3])},
)
TOKEN_SERVED: Final = Served(
    name="pii-ner",
    file="token.onnx",
    inputs={"input_ids": ANY_TOKENS, "attention_mask": ANY_TOKENS, "shapes": ANY_TOKENS},
    outputs={"logits": ("FP32", [-1, -1, 5])},
)
STREAM_SERVED: Final = Served(
    name="stream",
    file="step.onnx",
    inputs={"ids": ("INT64", [-1]), "state": ("FP32", [-1, 4])},
    outputs={"logits": ("FP32", [-1, 15]), "state_out": ("FP32", [-1, 4])},
)
UPRIGHT: Final = msgspec.structs.replace(
    STREAM_SERVED,
    name="upright",
    inputs={"state": ("FP32", [-1, 4]), "ids": ("INT64", [-1, 1])},
    extra={"upright": True},
)
LOCKED: Final = msgspec.structs.replace(WINDOW_SERVED, name="locked", extra={"token": "sesame"})

FAULTS: Final = {
    "rows": "type and shape",
    "columns": "type and shape",
    "flat": "type and shape",
    "double": "type and shape",
    "whole": "type and shape",
    "renamed": "exactly the outputs",
    "more": "exactly the outputs",
    "infinite": None,
    "huge": None,
    "error": "its log says why",
}
"""What is wrong with an answer, and what is said of it (None: HTTP and gRPC notice it differently)."""

MISFITS: Final = {
    "silent": (Served("silent", "window.onnx", {}, {}), "takes other inputs than input_ids, attention_mask"),
    "other_inputs": (
        msgspec.structs.replace(WINDOW_SERVED, name="other_inputs", inputs={"tokens": ANY_TOKENS}),
        "takes other inputs than input_ids, attention_mask",
    ),
    "narrow_inputs": (
        msgspec.structs.replace(
            WINDOW_SERVED,
            name="narrow_inputs",
            inputs={"input_ids": ("INT32", [-1, -1]), "attention_mask": ANY_TOKENS},
        ),
        "takes another type or shape than input_ids INT64[-1,-1]",
    ),
    "short": (
        msgspec.structs.replace(
            WINDOW_SERVED,
            name="short",
            inputs={"input_ids": ("INT64", [-1, 128]), "attention_mask": ("INT64", [-1, 128])},
        ),
        "takes another type or shape than input_ids INT64[-1,-1]",
    ),
    "other_columns": (
        msgspec.structs.replace(WINDOW_SERVED, name="other_columns", outputs={"logits": ("FP32", [-1, 6])}),
        "does not give logits FP32[-1,3]",
    ),
    "half": (
        msgspec.structs.replace(WINDOW_SERVED, name="half", outputs={"logits": ("FP16", [-1, 3])}),
        "does not give logits FP32[-1,3]",
    ),
}
"""What a server says of a model that does not fit, and what is said of it."""

SERVED: Final = (
    WINDOW_SERVED,
    TOKEN_SERVED,
    STREAM_SERVED,
    UPRIGHT,
    LOCKED,
    *(msgspec.structs.replace(WINDOW_SERVED, name=fault, extra={"fault": fault}) for fault in (*FAULTS, "slow")),
    msgspec.structs.replace(STREAM_SERVED, name="missing", extra={"fault": "missing"}),
    *(served for served, _ in MISFITS.values()),
)


def named(spec: ModelSpec, name: str) -> ModelSpec:
    """The same model under another name."""
    return msgspec.structs.replace(spec, name=name)
