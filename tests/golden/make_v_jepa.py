"""Makes v-jepa.json: python3 -m venv V && V/bin/pip install torch==2.13.0 numpy transformers==5.17.0 && V/bin/python make_v_jepa.py

Features that Hugging Face's V-JEPA 2 gives, of two sizes and two numbers of frames. Weights and clips are drawn by
xorshift32, tensor by tensor in the order of their names.
"""
import json
import pathlib

import torch
from transformers import VJEPA2Config, VJEPA2Model

SIZES = {
    "small": dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=2),
    "wide": dict(hidden_size=48, num_hidden_layers=3, num_attention_heads=3, mlp_ratio=2.0),
}
COMMON = dict(patch_size=4, crop_size=16, tubelet_size=2, pred_hidden_size=24, pred_num_hidden_layers=1,
              pred_num_attention_heads=2, pred_num_mask_tokens=2)
FRAMES = [4, 8]
# Of each clip's features, row-major, every so many values.
EVERY = 5


def xorshift32(state):
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state / 2**32


def fill(model, seed):
    draw = xorshift32(seed)
    for name, tensor in sorted(model.encoder.state_dict().items()):
        one = 1 if tensor.ndim == 1 and "norm" in name and name.endswith("weight") else 0
        values = torch.tensor([(next(draw) - 0.5) * 0.4 + one for _ in range(tensor.numel())], dtype=torch.float64)
        tensor.copy_(values.float().double().reshape(tensor.shape))


golden = {"transformers": "5.17.0", "every": EVERY, "models": {}}
with torch.no_grad():
    for name, size in SIZES.items():
        of_size = {}
        for frames in FRAMES:
            config = VJEPA2Config(**COMMON, **size, frames_per_clip=frames)
            model = VJEPA2Model(config).double().eval()
            fill(model, 1)
            draw = xorshift32(frames)
            pixels = [int(next(draw) * 256) for _ in range(frames * 16 * 16 * 3)]
            pixels = torch.tensor(pixels, dtype=torch.float64).reshape(1, frames, 16, 16, 3)
            clip = (pixels / 255 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
            features = model(pixel_values_videos=clip.permute(0, 1, 4, 2, 3), skip_predictor=True).last_hidden_state
            of_size[frames] = [round(value, 7) for value in features.flatten()[::EVERY].tolist()]
        shapes = {key: list(tensor.shape) for key, tensor in model.encoder.state_dict().items()}
        golden["models"][name] = {"config": {"model_type": "vjepa2", **COMMON, **size}, "tensors": shapes,
                                  "features": of_size}

path = pathlib.Path(__file__).parent / "v-jepa.json"
path.write_text(json.dumps(golden) + "\n")
