"""Pre-training steps of the same masked autoencoder in PyTorch, on demand.

Reads one argument, a JSON description of model and step (see compare/torch_setting.ts). For each line of its
input it runs a step on the same made-up weights and pixels and answers with a line of JSON.
"""

import contextlib
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class Block(nn.Module):
    """A pre-norm transformer block; keys have no bias."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.query_bias = nn.Parameter(torch.zeros(width))
        self.value_bias = nn.Parameter(torch.zeros(width))
        self.output = nn.Linear(width, width)
        self.mlp_norm = nn.LayerNorm(width, eps=1e-6)
        self.expand = nn.Linear(width, 4 * width)
        self.contract = nn.Linear(4 * width, width)

    def attention(self, x):
        batch, tokens, width = x.shape
        bias = torch.cat((self.query_bias, torch.zeros_like(self.query_bias), self.value_bias))
        qkv = F.linear(x, self.qkv.weight, bias)
        qkv = qkv.reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        if x.is_cuda:
            mixed = F.scaled_dot_product_attention(q, k, v)
        else:
            mixed = (q * (width // self.heads) ** -0.5 @ k.transpose(-2, -1)).softmax(dim=-1) @ v
        return self.output(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.contract(F.gelu(self.expand(self.mlp_norm(x))))


def positions(tokens, width):
    """Sine-cosine table over the flattened token index."""
    j = np.arange(width)
    angle = np.arange(tokens)[:, None] / np.power(10000, 2 * (j // 2) / width)[None]
    angle[:, 0::2] = np.sin(angle[:, 0::2])
    angle[:, 1::2] = np.cos(angle[:, 1::2])
    return torch.tensor(angle, dtype=torch.float32)[None]


def rows_at(x, index):
    """Tokens that an index names: x [B or 1, N, D], index [B, K]."""
    x = x.expand(index.shape[0], -1, -1)
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[-1]))


class MaskedAutoencoder(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        width, inner = s["width"], s["decoderWidth"]
        self.embedding = nn.Linear(s["values"], width)
        self.encoder = nn.ModuleList(Block(width, s["heads"]) for _ in range(s["depth"]))
        self.encoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.bridge = nn.Linear(width, inner, bias=False)
        self.mask_token = nn.Parameter(torch.zeros(inner))
        self.decoder = nn.ModuleList(Block(inner, s["decoderHeads"]) for _ in range(s["decoderDepth"]))
        self.decoder_norm = nn.LayerNorm(inner, eps=1e-6)
        self.head = nn.Linear(inner, s["values"])
        self.register_buffer("places", positions(s["tokens"], width))
        self.register_buffer("decoder_places", positions(s["tokens"], inner))

    def forward(self, patches, visible, target):
        x = self.embedding(rows_at(patches, visible)) + rows_at(self.places, visible)
        for block in self.encoder:
            x = block(x)
        known = self.bridge(self.encoder_norm(x)) + rows_at(self.decoder_places, visible)
        hidden = self.mask_token + rows_at(self.decoder_places, target)
        x = torch.cat((known, hidden), dim=1)
        for block in self.decoder:
            x = block(x)
        return self.head(self.decoder_norm(x[:, visible.shape[1]:]))


def fill(model, tensors):
    """Weights by the shared formula; ours are stored [in, out], PyTorch's [out, in]."""
    modules = dict(model.named_parameters())

    def ours_to_torch(name):
        parts = name.split(".")
        if name == "maskToken":
            return "mask_token"
        if parts[1] == "patchEmbedding":
            return f"embedding.{parts[2]}"
        if parts[0] == "bridge":
            return "bridge.weight"
        if parts[1] == "norm":
            return f"{parts[0]}_norm.{parts[2]}"
        if parts[1] == "head":
            return f"head.{parts[2]}"
        stack, _, number, *rest = parts
        rest = ".".join(rest)
        rest = (
            rest.replace("attentionNorm", "attention_norm")
            .replace("mlpNorm", "mlp_norm")
            .replace("attention.queryBias", "query_bias")
            .replace("attention.valueBias", "value_bias")
            .replace("attention.qkvWeight", "qkv.weight")
            .replace("attention.output", "output")
            .replace("mlp.expand", "expand")
            .replace("mlp.contract", "contract")
        )
        return f"{stack}.{number}.{rest}"

    with torch.no_grad():
        for number, tensor in enumerate(tensors):
            name, shape = tensor["name"], tensor["shape"]
            size = math.prod(shape)
            scale = math.sqrt(3 / shape[0]) if len(shape) > 1 else 0.1
            offset = 1 if name.endswith(".scale") else 0
            noise = mix((np.arange(size) + number * 0x9E3779B9) % 2**32) / 2**31 - 1
            values = (offset + scale * noise).astype(np.float32)
            values = torch.from_numpy(values).reshape(shape)
            parameter = modules.pop(ours_to_torch(name))
            parameter.copy_(values.T if len(shape) > 1 else values)
    assert not modules, f"not filled: {sorted(modules)}"


def mix(x):
    """A number of 32 bits that looks like chance (the finaliser of MurmurHash3)."""
    x = x.astype(np.uint64)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor) & np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(16))


def made_up_pixels(s):
    frame = s["imageSize"] ** 2 * 3
    i = np.arange(frame)
    clips = []
    for clip in range(s["batch"]):
        for f in range(s["frames"]):
            at = (i + 12 * f) % frame
            clips.append((mix(at + frame * clip) >> np.uint64(24)).astype(np.uint8))
    shape = (s["batch"], s["frames"], s["imageSize"], s["imageSize"], 3)
    return torch.from_numpy(np.concatenate(clips).reshape(shape))


def even_roles(visible, count):
    """True for the places that are targets, spread evenly."""
    rank = np.arange(count)
    return torch.from_numpy((rank + 1) * visible // count <= rank * visible // count)


def cut_patches(pixels, s, mean, deviation):
    batch, frames, side = s["batch"], s["frames"], s["imageSize"]
    t, p = s["tubeletSize"], s["patchSize"]
    x = (pixels.float() / 255 - mean) / deviation
    x = x.reshape(batch, frames // t, t, side // p, p, side // p, p, 3).permute(0, 1, 3, 5, 2, 4, 6, 7)
    return x.reshape(batch, s["tokens"], s["values"])


def choose(model, patches, s, device):
    """Visible and target tokens, ascending."""
    batch, per = s["batch"], s["perTubelet"]
    if s["strategy"] == "tube":
        tubelets = s["tokens"] // per
        roles = even_roles(s["visible"] // tubelets, per).repeat(tubelets).to(device)
        index = torch.arange(s["tokens"], device=device)
        return index[~roles].expand(batch, -1), index[roles].expand(batch, -1)
    count = s["visible"] + s["target"]
    with torch.no_grad():
        embeddings = model.embedding(patches)
        moved = (embeddings[:, per:] - embeddings[:, :-per]).norm(dim=-1)
        importance = torch.cat((moved[:, :per], moved), dim=1)
        # Of equal values the first comes first, as in the original.
        order = importance.argsort(dim=1, descending=True, stable=True)[:, :count]
        chosen = order.sort(dim=1).values
        roles = even_roles(s["visible"], count).to(device)
        return chosen[:, ~roles], chosen[:, roles]


def targets_of(patches, target, mean, deviation):
    wanted = rows_at(patches, target)
    pixels = wanted.reshape(*wanted.shape[:2], -1, 3) * deviation + mean
    centred = pixels - pixels.mean(dim=2, keepdim=True)
    return (centred / (pixels.var(dim=2, unbiased=True, keepdim=True).sqrt() + 1e-6)).reshape(wanted.shape)


def main():
    s = json.loads(sys.argv[1])
    device = s["device"]
    if device == "cuda" and not torch.cuda.is_available():
        device = "cpu"
    torch.set_num_threads(s["threads"])
    half = s["arithmetic"] == "f16"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = s["arithmetic"] == "tf32"
    model = MaskedAutoencoder(s)
    fill(model, s["tensors"])
    model.to(device)
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": s["weightDecay"]}, {"params": vectors, "weight_decay": 0.0}],
        lr=s["learningRate"],
        betas=tuple(s["betas"]),
    )
    # Neither is touched unless it is asked for: older versions of PyTorch lack them on a CPU.
    scaler = torch.amp.GradScaler(device) if half else None
    autocast = torch.autocast(device, torch.float16) if half else contextlib.nullcontext()
    host_pixels = made_up_pixels(s)
    mean = torch.tensor(MEAN, device=device)
    deviation = torch.tensor(DEVIATION, device=device)
    where = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    print(json.dumps({"ready": f"PyTorch {torch.__version__}, {where}"}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        patches = cut_patches(host_pixels.to(device), s, mean, deviation)
        visible, target = choose(model, patches, s, device)
        with torch.no_grad():
            wanted = targets_of(patches, target, mean, deviation)
        with autocast:
            predicted = model(patches, visible, target)
        loss = F.mse_loss(predicted.float(), wanted)
        optimizer.zero_grad(set_to_none=True)
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()
        answer = {"loss": loss.item()}
        if device == "cuda":
            torch.cuda.synchronize()
            answer["gpuBytes"] = torch.cuda.max_memory_allocated()
        print(json.dumps({"ms": 1000 * (time.perf_counter() - start), **answer}), flush=True)


main()
