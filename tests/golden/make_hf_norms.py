"""Makes hf-norms.json: python3 -m venv V && V/bin/pip install torch==2.13.0 transformers==5.17.0 && V/bin/python make_hf_norms.py

What Hugging Face's VideoMAE gives where layer_norm_eps is not the epsilon of its two norms that have 1e-5. Weights and
clips are drawn by xorshift32, tensor by tensor in the order of their names; heads are large, so that epsilons matter.
"""
import json
import pathlib

import torch
from transformers import VideoMAEConfig, VideoMAEForPreTraining, VideoMAEForVideoClassification

CONFIG = dict(
    image_size=8, patch_size=4, num_frames=4, tubelet_size=2, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
    intermediate_size=96, decoder_hidden_size=12, decoder_num_hidden_layers=1, decoder_num_attention_heads=2,
    decoder_intermediate_size=48, layer_norm_eps=1e-12,
)
MASKED = [1, 2, 4, 5, 7]


def xorshift32(state):
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state / 2**32


def fill(model, seed):
    draw = xorshift32(seed)
    for name, tensor in sorted(model.state_dict().items()):
        one = 1 if tensor.ndim == 1 and "norm" in name and name.endswith("weight") else 0
        scale = 4 if name.startswith(("classifier.", "decoder.head.")) else 0.02
        values = torch.tensor([(next(draw) - 0.5) * scale + one for _ in range(tensor.numel())], dtype=torch.float64)
        tensor.copy_(values.float().double().reshape(tensor.shape))


draw = xorshift32(5)
pixels = torch.tensor([int(next(draw) * 256) for _ in range(4 * 8 * 8 * 3)], dtype=torch.float64).reshape(1, 4, 8, 8, 3)
clip = (pixels / 255 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
clip = clip.permute(0, 1, 4, 2, 3)

with torch.no_grad():
    classifier = VideoMAEForVideoClassification(VideoMAEConfig(**CONFIG, num_labels=3)).double().eval()
    fill(classifier, 1)
    pretrain = VideoMAEForPreTraining(VideoMAEConfig(**CONFIG, use_mean_pooling=False)).double().eval()
    fill(pretrain, 2)
    mask = torch.zeros(1, 8, dtype=torch.bool)
    mask[0, MASKED] = True
    golden = {
        "transformers": "5.17.0",
        "config": {"model_type": "videomae", **CONFIG},
        "masked": MASKED,
        "tensors": {
            name: {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
            for name, model in (("classifier", classifier), ("pretrain", pretrain))
        },
        "logits": classifier(pixel_values=clip).logits.flatten().tolist(),
        # Of each masked token every eighth value.
        "predicted": pretrain(pixel_values=clip, bool_masked_pos=mask).logits[0, :, ::8].flatten().tolist(),
    }
pathlib.Path(__file__).with_name("hf-norms.json").write_text(json.dumps(golden) + "\n")
