"""Writes the .safetensors files beside it: state dicts of sequence layers as PyTorch has them, and what the layers compute.

/usr/bin/python3 sequence_layers.py, with PyTorch 1.13. NAME.safetensors is the state dict, NAME_calls.safetensors inputs and results.
"""
import json
import os
import struct

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}


def save(name, tensors):
    """The safetensors format by hand: the header's length, the header, padded to eight bytes, and the data."""
    order = sorted(tensors, key=lambda key: (-tensors[key].element_size(), key))
    header, data = {}, b""
    for key in order:
        t = tensors[key].detach().contiguous()
        raw = t.numpy().tobytes()
        header[key] = {"dtype": TYPES[t.dtype], "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name + ".safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def recurrent(name, layer):
    x = torch.randn(6, 3, 4)
    lengths = torch.tensor([6, 2, 4])
    calls = {"x": x, "lengths": lengths}
    output, state = layer(x)
    packed, packed_state = layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
    padded, _ = pad_packed_sequence(packed, total_length=6)
    calls |= {"output": output, "packed_output": padded}
    if isinstance(layer, nn.LSTM):
        calls |= {"h": state[0], "c": state[1], "packed_h": packed_state[0], "packed_c": packed_state[1]}
        state = (torch.randn_like(state[0]), torch.randn_like(state[1]))
        calls |= {"h0": state[0], "c0": state[1]}
        continued, (h, c) = layer(x, state)
        calls |= {"continued": continued, "continued_h": h, "continued_c": c}
    else:
        calls |= {"h": state, "packed_h": packed_state}
        calls["h0"] = torch.randn_like(state)
        calls["continued"], calls["continued_h"] = layer(x, calls["h0"])
    save(name, layer.state_dict())
    save(name + "_calls", calls)


def attention():
    layer = nn.MultiheadAttention(8, 2).eval()
    with torch.no_grad():
        layer.in_proj_bias.normal_()
        layer.out_proj.bias.normal_()
    q, k, v = torch.randn(4, 3, 8), torch.randn(5, 3, 8), torch.randn(5, 3, 8)
    padding = torch.tensor([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1], [0, 1, 0, 0, 1]]).bool()
    hidden = torch.rand(4, 5) < 0.3
    hidden[:, 0] = False
    added = torch.randn(3 * 2, 4, 5)
    causal = torch.triu(torch.ones(5, 5), 1).bool()
    calls = {"q": q, "k": k, "v": v, "padding": padding, "hidden": hidden, "added": added}
    calls["plain"], calls["plain_weights"] = layer(q, k, v)
    calls["masked"], calls["masked_weights"] = layer(q, k, v, key_padding_mask=padding, attn_mask=hidden, average_attn_weights=False)
    calls["biased"], calls["biased_weights"] = layer(q, k, v, key_padding_mask=padding, attn_mask=added)
    calls["causal"], calls["causal_weights"] = layer(k, k, k, attn_mask=causal)
    save("attention", layer.state_dict())
    save("attention_calls", calls)
    other = nn.MultiheadAttention(8, 4, kdim=3, vdim=5, batch_first=True).eval()
    calls = {"q": torch.randn(2, 4, 8), "k": torch.randn(2, 5, 3), "v": torch.randn(2, 5, 5)}
    calls["plain"], calls["plain_weights"] = other(calls["q"], calls["k"], calls["v"])
    save("attention_kdim", other.state_dict())
    save("attention_kdim_calls", calls)


def encoder(name, norm_first, **options):
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=12, norm_first=norm_first, **options)
    model = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(8) if norm_first else None)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    # Without the fast path of evaluation, which leaves padded places as 0.
    model.train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0
    x = torch.randn(2, 5, 8) if options.get("batch_first") else torch.randn(5, 2, 8)
    padding = torch.tensor([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]).bool()
    causal = torch.triu(torch.ones(5, 5), 1).bool()
    calls = {"x": x, "padding": padding, "causal": causal}
    calls["plain"] = model(x)
    calls["padded"] = model(x, src_key_padding_mask=padding)
    calls["masked"] = model(x, mask=causal)
    save(name, model.state_dict())
    save(name + "_calls", calls)


torch.manual_seed(0)
recurrent("lstm", nn.LSTM(4, 3, num_layers=2, bidirectional=True))
recurrent("gru", nn.GRU(4, 3, num_layers=2, bidirectional=True))
recurrent("rnn", nn.RNN(4, 3, nonlinearity="relu"))
attention()
encoder("encoder", norm_first=False)
encoder("encoder_norm_first", norm_first=True, activation="gelu", batch_first=True)
