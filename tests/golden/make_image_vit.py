"""Makes image-vit.json: python3 -m venv V && V/bin/pip install torch==2.13.0 numpy transformers==5.17.0 && V/bin/python make_image_vit.py

What Hugging Face's DINO v2 with registers makes of an image. Weights and image are drawn by xorshift32, tensor by tensor
in the order of their names.
"""
import json
import pathlib

import torch
from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel

CONFIG = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=4, image_size=16, patch_size=4,
              num_register_tokens=2, use_swiglu_ffn=True, layer_norm_eps=1e-6)


def xorshift32(state):
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state / 2**32


with torch.no_grad():
    model = Dinov2WithRegistersModel(Dinov2WithRegistersConfig(**CONFIG)).double().eval()
    draw = xorshift32(1)
    for name, tensor in sorted(model.state_dict().items()):
        one = 1 if tensor.ndim == 1 and ("norm" in name and name.endswith("weight") or "lambda" in name) else 0
        values = torch.tensor([(next(draw) - 0.5) * 0.4 + one for _ in range(tensor.numel())], dtype=torch.float64)
        tensor.copy_(values.float().double().reshape(tensor.shape))
    draw = xorshift32(2)
    pixels = torch.tensor([int(next(draw) * 256) for _ in range(16 * 16 * 3)], dtype=torch.float64).reshape(1, 16, 16, 3)
    image = (pixels / 255 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    states = model(pixel_values=image.permute(0, 3, 1, 2)).last_hidden_state[0]
    golden = {
        "transformers": "5.17.0",
        "config": CONFIG,
        "tensors": {name: list(tensor.shape) for name, tensor in model.state_dict().items()},
        "classToken": [round(value, 7) for value in states[0].tolist()],
        # Of the tokens of patches, which follow the registers.
        "tokens": [round(value, 7) for value in states[3:].flatten().tolist()],
    }

path = pathlib.Path(__file__).parent / "image-vit.json"
path.write_text(json.dumps(golden) + "\n")
