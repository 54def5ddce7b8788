"""Makes torch-kinds*.pth and torch-kinds.safetensors: python3 make_torch_kinds.py

Every kind of tensor that torch.save writes, in its two formats and in protocol 4. The files here were made with PyTorch 1.13.1.
"""
import argparse
import collections
import json
import pathlib
import struct

import torch

TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}
NAMES = {type: name for name, type in TYPES.items()}

state = collections.OrderedDict()
for name, type in TYPES.items():
    values = torch.arange(6).reshape(2, 3)
    state[f"all.{name}"] = values.to(type) if name in ("U8", "BOOL") else (values - 2).to(type)
    state[f"turned.{name}"] = state[f"all.{name}"].t()
base = torch.arange(120, dtype=torch.float32).reshape(4, 5, 6) / 7
state["base"] = base
state["permuted"] = base.permute(2, 0, 1)
state["every_second"] = base[:, ::2, 1::3]
state["from_the_middle"] = base[2, 1:4]
state["one_value"] = base[3, 4, 5]
state["repeated_side"] = base[:, :1, :1].expand(4, 1, 1)
state["scalar"] = torch.tensor(7, dtype=torch.int64)
state["empty"] = torch.zeros(0, 4)
state["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.5]))
state["tied"] = state["parameter"]
state["not_numbers"] = torch.tensor([float("nan"), float("inf"), -0.0])

root = {
    "model": {"state_dict": state},
    "args": argparse.Namespace(folder=pathlib.PurePosixPath("out"), sizes={1, 2}, type=torch.float16, size=torch.Size([2])),
    "optimizer": {"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"lr": 0.1}, {"lr": 0.2}]},
    "epoch": 3, "loss": None, "big": 2**70, "bytes": b"12",
}

folder = pathlib.Path(__file__).parent
torch.save(root, folder / "torch-kinds.pth")
torch.save(root, folder / "torch-kinds-protocol4.pth", pickle_protocol=4)
torch.save(root, folder / "torch-kinds-legacy.pth", _use_new_zipfile_serialization=False)

header, data = {}, b""
for name, tensor in state.items():
    flat = tensor.detach().contiguous().reshape(-1)
    raw = flat.view(torch.uint8) if flat.dtype != torch.bool else flat.to(torch.uint8)
    part = bytes(raw.tolist())
    header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(part)]}
    data += part
text = json.dumps(header).encode()
(folder / "torch-kinds.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
