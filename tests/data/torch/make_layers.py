#!/usr/bin/env python3
"""Writes lenet.safetensors, a state_dict as a PyTorch user saves it, and layers.safetensors: for LeNet and for single layers the state,
an input, the output and the input's gradient of sum(output * output) / 2, float32; for layers with running statistics the state after
the step as well. Made with PyTorch 1.13 (Debian python3-torch). Run it in this folder; no option."""
import json
import struct

import torch
from torch import nn

DTYPES = {torch.float32: "F32", torch.int64: "I64"}


def save(path, tensors):
    """The safetensors format: length of the header, header (JSON), numbers."""
    header, parts, at = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(data)]}
        parts.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))


CASES = {
    "conv1d": (lambda: nn.Conv1d(2, 4, 3, stride=2, padding=2, dilation=2, groups=2), (2, 2, 9)),
    "conv1d_same": (lambda: nn.Conv1d(2, 3, 4, padding="same", padding_mode="replicate"), (2, 2, 7)),
    "conv2d": (lambda: nn.Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(2, 1), dilation=(2, 1), groups=2), (2, 4, 6, 5)),
    "conv2d_reflect": (lambda: nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect", bias=False), (1, 2, 4, 5)),
    "conv2d_circular": (lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"), (1, 2, 4, 3)),
    "conv3d": (lambda: nn.Conv3d(2, 3, (1, 2, 3), stride=(1, 2, 1), padding=1), (1, 2, 3, 4, 3)),
    "conv_transpose1d": (lambda: nn.ConvTranspose1d(4, 6, 3, stride=2, groups=2, dilation=2), (2, 4, 5)),
    "conv_transpose2d": (lambda: nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1), (2, 3, 3, 4)),
    "conv_transpose3d": (lambda: nn.ConvTranspose3d(2, 2, 2, stride=(2, 1, 2), padding=(0, 1, 0), output_padding=(1, 0, 0)), (1, 2, 2, 3, 2)),
    "max_pool1d": (lambda: nn.MaxPool1d(3, stride=2, padding=1), (1, 2, 8)),
    "max_pool2d": (lambda: nn.MaxPool2d((3, 2), stride=2, ceil_mode=True, dilation=(1, 2)), (2, 2, 6, 7)),
    "max_pool3d": (lambda: nn.MaxPool3d(2), (1, 2, 4, 4, 5)),
    "avg_pool1d": (lambda: nn.AvgPool1d(3, padding=1), (1, 2, 8)),
    "avg_pool2d": (lambda: nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False, ceil_mode=True), (2, 2, 6, 5)),
    "avg_pool3d": (lambda: nn.AvgPool3d((1, 2, 2)), (1, 2, 3, 4, 4)),
    "adaptive_avg_pool1d": (lambda: nn.AdaptiveAvgPool1d(3), (1, 2, 7)),
    "adaptive_avg_pool2d": (lambda: nn.AdaptiveAvgPool2d((2, 3)), (2, 2, 5, 7)),
    "adaptive_avg_pool3d": (lambda: nn.AdaptiveAvgPool3d(2), (1, 1, 3, 4, 5)),
    "adaptive_max_pool1d": (lambda: nn.AdaptiveMaxPool1d(3), (1, 2, 7)),
    "adaptive_max_pool2d": (lambda: nn.AdaptiveMaxPool2d((2, 3)), (2, 2, 5, 7)),
    "adaptive_max_pool3d": (lambda: nn.AdaptiveMaxPool3d(2), (1, 1, 3, 4, 5)),
    "batch_norm1d": (lambda: nn.BatchNorm1d(3, momentum=None), (5, 3)),
    "batch_norm2d": (lambda: nn.BatchNorm2d(3, eps=1e-3, momentum=0.2), (4, 3, 2, 3)),
    "batch_norm2d_eval": (lambda: nn.BatchNorm2d(3), (2, 3, 2, 2)),
    "batch_norm3d": (lambda: nn.BatchNorm3d(2, affine=False), (2, 2, 2, 1, 3)),
    "layer_norm": (lambda: nn.LayerNorm((2, 5)), (3, 2, 5)),
    "group_norm": (lambda: nn.GroupNorm(2, 6), (2, 6, 3)),
    "instance_norm1d": (lambda: nn.InstanceNorm1d(3), (2, 3, 5)),
    "instance_norm2d": (lambda: nn.InstanceNorm2d(3, affine=True), (2, 3, 4, 2)),
    "local_response_norm": (lambda: nn.LocalResponseNorm(3, alpha=0.3, beta=0.6, k=2), (2, 5, 2, 3)),
    "local_response_norm_even": (lambda: nn.LocalResponseNorm(4), (2, 6, 3)),
    "bilinear": (lambda: nn.Bilinear(3, 4, 2), (5, 7)),
    "bilinear_no_bias": (lambda: nn.Bilinear(3, 4, 2, bias=False), (2, 3, 7)),
    "prelu": (lambda: nn.PReLU(), (3, 4)),
    "prelu_channels": (lambda: nn.PReLU(3, init=0.1), (2, 3, 2, 2)),
    "upsample_nearest": (lambda: nn.Upsample(scale_factor=2), (1, 2, 3, 2)),
    "upsample_linear": (lambda: nn.Upsample(size=7, mode="linear"), (1, 2, 4)),
    "upsample_bilinear": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (1, 2, 3, 4)),
    "upsample_bilinear_corners": (lambda: nn.Upsample(size=(5, 3), mode="bilinear", align_corners=True), (1, 2, 3, 4)),
    "upsample_trilinear": (lambda: nn.Upsample(size=(2, 5, 3), mode="trilinear"), (1, 1, 3, 2, 2)),
    "relu6": (lambda: nn.ReLU6(), (4, 6)),
    "leaky_relu": (lambda: nn.LeakyReLU(0.2), (4, 6)),
    "elu": (lambda: nn.ELU(0.7), (4, 6)),
    "celu": (lambda: nn.CELU(0.7), (4, 6)),
    "selu": (lambda: nn.SELU(), (4, 6)),
    "gelu": (lambda: nn.GELU(), (4, 6)),
    "gelu_tanh": (lambda: nn.GELU(approximate="tanh"), (4, 6)),
    "silu": (lambda: nn.SiLU(), (4, 6)),
    "mish": (lambda: nn.Mish(), (4, 6)),
    "softplus": (lambda: nn.Softplus(beta=2), (4, 6)),
    "softsign": (lambda: nn.Softsign(), (4, 6)),
    "log_sigmoid": (lambda: nn.LogSigmoid(), (4, 6)),
    "tanhshrink": (lambda: nn.Tanhshrink(), (4, 6)),
    "hardtanh": (lambda: nn.Hardtanh(-0.5, 0.8), (4, 6)),
    "hardsigmoid": (lambda: nn.Hardsigmoid(), (4, 6)),
    "hardswish": (lambda: nn.Hardswish(), (4, 6)),
    "hardshrink": (lambda: nn.Hardshrink(0.4), (4, 6)),
    "softshrink": (lambda: nn.Softshrink(0.4), (4, 6)),
    "threshold": (lambda: nn.Threshold(0.1, 20), (4, 6)),
    "softmax": (lambda: nn.Softmax(1), (2, 3, 4)),
    "log_softmax": (lambda: nn.LogSoftmax(-1), (2, 3, 4)),
    "softmin": (lambda: nn.Softmin(0), (2, 3, 4)),
    "glu": (lambda: nn.GLU(1), (2, 4, 3)),
    "unflatten": (lambda: nn.Unflatten(1, (2, 3)), (2, 6, 2)),
}


def call(name, layer, x):
    return layer(x[..., :3].contiguous(), x[..., 3:].contiguous()) if name.startswith("bilinear") else layer(x)


def describe(name, layer, x, out):
    """Fills in what a case is compared by, and steps the layer once."""
    for key, tensor in layer.state_dict().items():
        if tensor.dtype == torch.float32 and name != "lenet":  # away from ones and zeros
            tensor.copy_(torch.rand_like(tensor) + 0.5 if "var" in key else tensor + 0.3 * torch.randn_like(tensor))
        out[f"{name}/state/{key}"] = tensor.clone()
    if name.endswith("_eval"):
        layer.eval()
    x = x.requires_grad_()
    y = call(name, layer, x)
    (y * y).sum().div(2).backward()
    out[f"{name}/input"], out[f"{name}/output"], out[f"{name}/gradient"] = x, y, x.grad
    for key, tensor in layer.state_dict().items():
        if "running" in key or "tracked" in key:
            out[f"{name}/after/{key}"] = tensor.clone()


def main():
    torch.manual_seed(1)
    torch.use_deterministic_algorithms(False)
    out = {}
    model = lenet()
    save("lenet.safetensors", model.state_dict())
    describe("lenet", model, torch.randn(4, 1, 28, 28), out)
    for key in model.state_dict():
        del out[f"lenet/state/{key}"]  # they are in a file of their own
    for name, (make, shape) in CASES.items():
        describe(name, make(), 2 * torch.randn(shape), out)
    save("layers.safetensors", out)


if __name__ == "__main__":
    main()
