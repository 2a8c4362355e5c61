"""Makes the tiny models of these tests. Needs the package `onnx`, which the tests themselves don't.

    python tests/inference/models/make.py

`window.onnx`: column 0 is the sum of the ids, column 1 how many there are, column 2 how long the row is with padding.
`token.onnx`: each token's logits are five columns, of which that of its id modulo five is its id; the
word's shape is added to each.
`step.onnx`: the state adds up the ids, and every column is its sum. Id 7 answers with NaN, and ids above 99 fail.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save
from onnx.onnx_ml_pb2 import GraphProto

HERE = Path(__file__).resolve().parent
IDS, STATE, COLUMNS, LABELS = 100, 4, 15, 5


def window() -> GraphProto:
    table = np.arange(IDS, dtype=np.float32)
    table[7] = np.nan
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["values"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["values", "mask"], ["masked"]),
        helper.make_node("ReduceSum", ["masked", "axis"], ["sum"], keepdims=1),
        helper.make_node("ReduceSum", ["mask", "axis"], ["count"], keepdims=1),
        helper.make_node("Add", ["mask", "one"], ["ones"]),
        helper.make_node("Sub", ["ones", "mask"], ["each"]),
        helper.make_node("ReduceSum", ["each", "axis"], ["length"], keepdims=1),
        helper.make_node("Concat", ["sum", "count", "length"], ["logits"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "t"]) for n in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", 3])]
    constants = {"table": table, "axis": np.array([1]), "one": np.array([1], dtype=np.float32)}
    return helper.make_graph(nodes, "window", inputs, outputs, _tensors(constants))


def token() -> GraphProto:
    table = np.zeros((IDS, LABELS), dtype=np.float32)
    table[np.arange(IDS), np.arange(IDS) % LABELS] = np.arange(IDS)
    table[7] = np.nan
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["values"]),
        helper.make_node("Unsqueeze", ["attention_mask", "axis"], ["column"]),
        helper.make_node("Cast", ["column"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["values", "mask"], ["masked"]),
        helper.make_node("Unsqueeze", ["shapes", "axis"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["added"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["masked", "added"], ["logits"]),
    ]
    names = ("input_ids", "attention_mask", "shapes")
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["b", "t"]) for n in names]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "t", LABELS])]
    return helper.make_graph(nodes, "token", inputs, outputs, _tensors({"table": table, "axis": np.array([2])}))


def step() -> GraphProto:
    table = np.arange(IDS, dtype=np.float32).reshape(IDS, 1)
    table[7] = np.nan
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["value"]),
        helper.make_node("Add", ["state", "value"], ["state_out"]),
        helper.make_node("ReduceSum", ["state_out", "axis"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "columns"], ["logits"]),
    ]
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["b"]),
        helper.make_tensor_value_info("state", TensorProto.FLOAT, ["b", STATE]),
    ]
    outputs = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", COLUMNS]),
        helper.make_tensor_value_info("state_out", TensorProto.FLOAT, ["b", STATE]),
    ]
    constants = {"table": table, "axis": np.array([1]), "columns": np.ones((1, COLUMNS), dtype=np.float32)}
    return helper.make_graph(nodes, "step", inputs, outputs, _tensors(constants))


def _tensors(constants: dict[str, np.ndarray]) -> list[TensorProto]:
    return [numpy_helper.from_array(value, name) for name, value in constants.items()]


if __name__ == "__main__":
    for graph in (window(), token(), step()):
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        checker.check_model(model)
        save(model, HERE / f"{graph.name}.onnx")
