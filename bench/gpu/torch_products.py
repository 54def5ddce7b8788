"""Times matrix products in PyTorch on the GPU.

Reads one argument, a JSON list of products with form, m, n and k, and prints a line of JSON for each product and
arithmetic: plain float32, TF32 and float16.
"""

import json
import sys

import torch

RUNS = 20


def milliseconds(multiply):
    for _ in range(3):
        multiply()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    best = float("inf")
    for _ in range(3):
        start.record()
        for _ in range(RUNS):
            multiply()
        end.record()
        torch.cuda.synchronize()
        best = min(best, start.elapsed_time(end) / RUNS)
    return best


def main():
    for product in json.loads(sys.argv[1]):
        form, m, n, k = (product[name] for name in ("form", "m", "n", "k"))
        for arithmetic in ("f16", "f32", "tf32"):
            torch.backends.cuda.matmul.allow_tf32 = arithmetic == "tf32"
            kind = torch.float16 if arithmetic == "f16" else torch.float32
            a = torch.randn((k, m) if form == "tn" else (m, k), device="cuda", dtype=kind)
            b = torch.randn((n, k) if form == "nt" else (k, n), device="cuda", dtype=kind)
            left = a.T if form == "tn" else a
            right = b.T if form == "nt" else b
            ms = milliseconds(lambda: left @ right)
            print(json.dumps({**product, "arithmetic": arithmetic, "ms": ms}), flush=True)


main()
