"""Writes a window model as ONNX: fused transformer ops, int8 weights, int8 activations with a scale a row.

    python -m models.training.export injection --weights weights.pt --out models/injection

The graph is written by hand rather than traced, so that the fusions are certain: one attention node a layer, skip and
normalisation in one node, bias and GELU in one node.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto

from models.training.graph import FUSED, Graph, rows_int8
from models.training.network import base_folder
from models.training.quantised import Rows
from models.training.train import KINDS
from models.training.windows import open_tokenizer

LAYERS, HEADS = 6, 12
EPSILON = 1e-12
Weights = dict[str, NDArray[np.float32]]


def weights_of(path: Path) -> Weights:
    """Weights by name, without the encoder's prefix."""
    state = torch.load(path)
    return {
        name.removeprefix("encoder."): value.float().numpy()
        for name, value in state.items()
        if value.is_floating_point()
    }


def _embedded(graph: Graph, weights: Weights) -> str:
    table, scale = rows_int8(weights["embeddings.word_embeddings.weight"])
    rows = graph.op("Gather", [graph.weight("word_table", table), "input_ids"], axis=0)
    scales = graph.op("Gather", [graph.weight("word_scale", scale), "input_ids"], axis=0)
    words = graph.op("Mul", [graph.op("Cast", [rows], to=TensorProto.FLOAT), scales])
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    shape = graph.op("Shape", ["input_ids"], start=1, end=2)
    zero = graph.weight("zero", np.zeros(1, np.int64))
    near = graph.op("Slice", [graph.weight("places", places[:512]), zero, shape])
    summed = graph.op("Add", [words, near])
    return graph.op(
        "LayerNormalization", [summed, *norm_of(graph, weights, "embeddings.LayerNorm")], axis=-1, epsilon=EPSILON
    )


def norm_of(graph: Graph, weights: Weights, name: str) -> list[str]:
    """A normalisation's weight and bias."""
    return [graph.weight(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")]


class Layers:
    """Writes transformer layers: in float to compare with, in int8 to serve."""

    def __init__(self, graph: Graph, weights: Weights, int8: bool) -> None:
        self._graph, self._weights, self._int8 = graph, weights, int8
        self._shape = graph.op("Shape", ["input_ids"])
        self._mask = graph.op("Cast", ["attention_mask"], to=TensorProto.INT32)

    def add(self, hidden: str, index: int) -> str:
        """One layer on top of ``hidden``."""
        graph, prefix = self._graph, f"encoder.layer.{index}."
        own = {name.removeprefix(prefix): value for name, value in self._weights.items() if name.startswith(prefix)}
        parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
        bias = graph.weight(f"l{index}_qkv_bias", np.concatenate([own[f"{part}.bias"] for part in parts]))
        joined = self._products(hidden, own, parts, index)
        heard = graph.op("MultiHeadAttention", [*joined, bias, self._mask], domain=FUSED, num_heads=HEADS)
        (heard,) = self._products(heard, own, ["attention.output.dense"], index)
        hidden = _skip(graph, own, heard, hidden, "attention.output", index)
        (wide,) = self._products(hidden, own, ["intermediate.dense"], index)
        bias = graph.weight(f"l{index}_wide_bias", own["intermediate.dense.bias"])
        (narrow,) = self._products(graph.op("BiasGelu", [wide, bias], domain=FUSED), own, ["output.dense"], index)
        return _skip(graph, own, narrow, hidden, "output", index)

    def _products(self, value: str, own: Weights, names: list[str], index: int) -> list[str]:
        """Products of one value with several matrices."""
        matrices = {f"l{index}_{name}": own[f"{name}.weight"].T for name in names}
        if self._int8:
            width = next(iter(matrices.values())).shape[0]
            rows = Rows(self._graph, value, width)
            return [rows.times(name, matrix, self._shape) for name, matrix in matrices.items()]
        return [
            self._graph.op("MatMul", [value, self._graph.weight(name, matrix)]) for name, matrix in matrices.items()
        ]


def _skip(graph: Graph, own: Weights, value: str, skip: str, name: str, index: int) -> str:
    norm = [
        graph.weight(f"l{index}_{name}_norm_{part}", own[f"{name}.LayerNorm.{part}"]) for part in ("weight", "bias")
    ]
    bias = graph.weight(f"l{index}_{name}_bias", own[f"{name}.dense.bias"])
    return graph.op("SkipLayerNormalization", [value, skip, *norm, bias], domain=FUSED, epsilon=EPSILON)


def _pooled(graph: Graph, hidden: str) -> str:
    axis = graph.weight("axis_tokens", np.array([1], np.int64))
    last = graph.weight("axis_last", np.array([-1], np.int64))
    seen = graph.op("Unsqueeze", [graph.op("Cast", ["attention_mask"], to=TensorProto.FLOAT), last])
    total = graph.op("ReduceSum", [graph.op("Mul", [hidden, seen]), axis], keepdims=0)
    mean = graph.op("Div", [total, graph.op("ReduceSum", [seen, axis], keepdims=0)])
    unseen = graph.op("Sub", [graph.weight("one", np.float32(1)), seen])
    pushed = graph.op("Sub", [hidden, graph.op("Mul", [unseen, graph.weight("far", np.float32(1e4))])])
    return graph.op("Concat", [mean, graph.op("ReduceMax", [pushed, axis], keepdims=0)], axis=-1)


def window_graph(weights: Weights, int8: bool) -> onnx.ModelProto:
    """The whole model; word embeddings are int8 with a scale a row in both forms."""
    graph = Graph()
    hidden = _embedded(graph, weights)
    layers = Layers(graph, weights, int8)
    for index in range(LAYERS):
        hidden = layers.add(hidden, index)
    head = [graph.weight("head", weights["dense.weight"]), graph.weight("head_bias", weights["dense.bias"])]
    active = graph.op("Gelu", [graph.op("Gemm", [_pooled(graph, hidden), *head], transB=1)], domain=FUSED)
    out = [graph.weight("out", weights["out.weight"]), graph.weight("out_bias", weights["out.bias"])]
    graph.op("Gemm", [active, *out], transB=1, name="logits")
    both: list[str | int] = ["windows", "tokens"]
    inputs = [("input_ids", TensorProto.INT64, both), ("attention_mask", TensorProto.INT64, both)]
    return graph.model(inputs, [("logits", ["windows", len(weights["out.bias"])])])


def export(weights: Weights, out: Path, float_out: Path | None = None) -> None:
    """Writes ``model.onnx`` (int8) and the tokenizer and, if wanted, the float model."""
    if float_out is not None:
        onnx.save(window_graph(weights, int8=False), float_out)
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(window_graph(weights, int8=True), out / "model.onnx.new")
    open_tokenizer(str(base_folder() / "tokenizer.json")).save(str(out / "tokenizer.json"), pretty=False)
    (out / "model.onnx.new").replace(out / "model.onnx")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=sorted(KINDS))
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--float-out", type=Path)
    options = parser.parse_args()
    export(weights_of(options.weights), options.out, options.float_out)


if __name__ == "__main__":
    main()
