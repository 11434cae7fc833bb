"""Writes training.json and training.safetensors: training runs beside those of ../training.json, by PyTorch 1.13 in float64.

Run in this folder. x, y and the starting weights are those of ../training.safetensors.
"""
import json
import struct

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
DTYPES = {"F64": np.float64, "F32": np.float32, "I64": np.int64}


def read(path):
    data = open(path, "rb").read()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    header.pop("__metadata__", None)
    result = {}
    for name, entry in header.items():
        begin, end = (8 + n + offset for offset in entry["data_offsets"])
        result[name] = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return result


def write(path, arrays):
    header, blobs, offset = {}, [], 0
    for name, array in sorted(arrays.items()):
        blob = np.ascontiguousarray(array).tobytes()
        kind = {"float64": "F64", "int64": "I64"}[str(array.dtype)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


source = read("../training.safetensors")
WEIGHTS = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(5, 7), torch.nn.Linear(7, 3)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


class Lion(torch.optim.Optimizer):
    """Chen et al. 2023, algorithm 2; PyTorch has none."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay, maximize=maximize))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                g = -p.grad if group["maximize"] else p.grad
                m = self.state[p].setdefault("exp_avg", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(group["lr"] * torch.sign(b1 * m + (1 - b1) * g))
                m.copy_(b2 * m + (1 - b2) * g)


def factors(values):
    return lambda t: values[min(t, len(values) - 1)]


def scheduler_of(description, optimizer):
    name, options = description
    options = dict(options)
    if "schedulers" in options:
        parts = [scheduler_of(part, optimizer) for part in options.pop("schedulers")]
        if name == "ChainedScheduler":
            return torch.optim.lr_scheduler.ChainedScheduler(parts)
        return torch.optim.lr_scheduler.SequentialLR(optimizer, parts, **options)
    if "lr_lambda" in options:
        options["lr_lambda"] = factors(options["lr_lambda"])
    kind = torch.optim.swa_utils.SWALR if name == "SWALR" else getattr(torch.optim.lr_scheduler, name)
    return kind(optimizer, **options)


CASES = []


def case(optimizer, options, scheduler=None, norm=None, value=None):
    CASES.append(
        {
            "id": f"{len(CASES):03}.{optimizer}",
            "optimizer": optimizer,
            "options": options,
            "scheduler": scheduler,
            "clip_grad_norm": norm,
            "clip_grad_value": value,
        }
    )


case("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.02})
case("SGD", {"lr": 0.001, "maximize": True})
case("Adam", {"lr": 0.001, "maximize": True, "weight_decay": 0.1, "foreach": False})
case("AdamW", {"lr": 0.01, "amsgrad": True, "betas": [0.7, 0.9], "eps": 1e-4})
case("AdamW", {"lr": 0.001, "maximize": True})
case("RMSprop", {"lr": 0.005, "alpha": 0.95, "eps": 1e-5, "weight_decay": 0.05, "centered": True})
case("RMSprop", {"lr": 0.002, "momentum": 0.8})
case("RMSprop", {"lr": 0.0005, "momentum": 0.3, "maximize": True})
case("Adagrad", {"lr": 0.2, "lr_decay": 0.05, "initial_accumulator_value": 0.3, "weight_decay": 0.01, "eps": 1e-7})
case("Adagrad", {"lr": 0.01, "maximize": True})
case("Adadelta", {"lr": 2.0, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.03})
case("Adadelta", {"lr": 0.1, "maximize": True})
case("Adamax", {"lr": 0.005, "betas": [0.6, 0.97], "eps": 1e-5, "weight_decay": 0.02})
case("Adamax", {"lr": 0.001, "maximize": True})
case("NAdam", {"lr": 0.005, "betas": [0.8, 0.98], "eps": 1e-6, "weight_decay": 0.03, "momentum_decay": 0.02})
case("RAdam", {"lr": 0.02})
case("RAdam", {"lr": 0.01, "betas": [0.8, 0.9], "eps": 1e-5, "weight_decay": 0.03})
case("Lion", {"lr": 0.001, "weight_decay": 0.1})
case("Lion", {"lr": 0.002, "betas": [0.8, 0.95]})
case("LBFGS", {"lr": 0.1, "max_iter": 4, "history_size": 3, "tolerance_grad": 0.01})
case("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 2, "history_size": 5})
case("LBFGS", {"lr": 0.5, "line_search_fn": "strong_wolfe", "max_iter": 1, "max_eval": 4, "tolerance_grad": 1e-5, "tolerance_change": 1e-8})
for norm, value in (({"max_norm": 0.1, "norm_type": "inf"}, None), ({"max_norm": 0.7, "norm_type": 1.0}, None),
                    ({"max_norm": 0.3, "norm_type": 3.5}, None), (None, 0.02), (0.2, 0.05)):
    case("SGD", {"lr": 0.1, "momentum": 0.9}, None, norm, value)

S = {"lr": 0.1, "momentum": 0.9}
LINEAR = ["LinearLR", {"start_factor": 0.1, "end_factor": 0.9, "total_iters": 7}]
COSINE = ["CosineAnnealingLR", {"T_max": 30, "eta_min": 0.01}]
for schedule in (
    ["MultiStepLR", {"milestones": [5, 5, 40]}],
    ["ConstantLR", {"factor": 0.25, "total_iters": 9}],
    LINEAR,
    ["LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 90}],
    ["PolynomialLR", {"total_iters": 60, "power": 2.5}],
    ["PolynomialLR", {}],
    COSINE,
    ["CosineAnnealingWarmRestarts", {"T_0": 11, "T_mult": 2, "eta_min": 0.002}],
    ["CosineAnnealingWarmRestarts", {"T_0": 9}],
    ["OneCycleLR", {"max_lr": 0.2, "total_steps": 100}],
    ["OneCycleLR", {"max_lr": 0.1, "epochs": 10, "steps_per_epoch": 11, "pct_start": 0.25, "anneal_strategy": "linear",
                    "base_momentum": 0.7, "max_momentum": 0.9, "div_factor": 10.0, "final_div_factor": 100.0, "three_phase": True}],
    ["OneCycleLR", {"max_lr": 0.1, "total_steps": 120, "cycle_momentum": False}],
    ["CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 8}],
    ["CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 7, "step_size_down": 12, "mode": "triangular2",
                  "base_momentum": 0.6, "max_momentum": 0.95}],
    ["CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 10, "mode": "exp_range", "gamma": 0.99, "cycle_momentum": False}],
    ["SWALR", {"swa_lr": 0.02, "anneal_epochs": 30}],
    ["SWALR", {"swa_lr": 0.3, "anneal_epochs": 8, "anneal_strategy": "linear"}],
    ["SWALR", {"swa_lr": 0.02, "anneal_epochs": 0}],
    ["LambdaLR", {"lr_lambda": [1.0, 0.5, 0.25, 2.0, 0.7]}],
    ["MultiplicativeLR", {"lr_lambda": [1.0, 0.5, 0.9, 1.3, 0.99]}],
    ["ReduceLROnPlateau", {"patience": 3, "factor": 0.5, "threshold": 0.02, "cooldown": 4}],
    ["ReduceLROnPlateau", {"mode": "max", "patience": 0, "factor": 0.8, "threshold": 0.1, "threshold_mode": "abs", "min_lr": 0.01}],
    ["ChainedScheduler", {"schedulers": [["ConstantLR", {"factor": 0.1, "total_iters": 12}], ["ExponentialLR", {"gamma": 0.95}]]}],
    ["ChainedScheduler", {"schedulers": [LINEAR, COSINE, ["StepLR", {"step_size": 20, "gamma": 0.5}]]}],
    ["SequentialLR", {"schedulers": [LINEAR, COSINE], "milestones": [7]}],
    ["SequentialLR", {"schedulers": [["ConstantLR", {"factor": 0.1, "total_iters": 5}], ["ExponentialLR", {"gamma": 0.9}],
                                     ["PolynomialLR", {"total_iters": 20, "power": 2.0}]], "milestones": [5, 50]}],
    ["SequentialLR", {"schedulers": [["CosineAnnealingWarmRestarts", {"T_0": 6}], ["MultiStepLR", {"milestones": [3, 9], "gamma": 0.5}]],
                      "milestones": [20]}],
    ["SequentialLR", {"schedulers": [LINEAR, ["CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 2}]], "milestones": [8]}],
):
    case("SGD", S, schedule)
case("Adam", {"lr": 0.01}, ["OneCycleLR", {"max_lr": 0.05, "total_steps": 100}])
case("RMSprop", {"lr": 0.01, "momentum": 0.5}, ["CyclicLR", {"base_lr": 0.001, "max_lr": 0.01, "step_size_up": 9}])
case("RAdam", {"lr": 0.02}, COSINE, 0.5)
case("LBFGS", {"lr": 0.5, "max_iter": 2}, ["ExponentialLR", {"gamma": 0.9}])


def run(one, arrays):
    net = Net()
    net.load_state_dict({name: torch.tensor(source[name]) for name in WEIGHTS})
    x, y = torch.tensor(source["x"]), torch.tensor(source["y"])
    kind = Lion if one["optimizer"] == "Lion" else getattr(torch.optim, one["optimizer"])
    optimizer = kind(net.parameters(), **one["options"])
    scheduler = one["scheduler"] and scheduler_of(one["scheduler"], optimizer)
    norm = one["clip_grad_norm"]
    if norm is not None and not isinstance(norm, dict):
        norm = {"max_norm": norm}

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(x), y)
        loss.backward()
        if norm is not None:
            torch.nn.utils.clip_grad_norm_(net.parameters(), norm["max_norm"], float(norm.get("norm_type", 2)))
        if one["clip_grad_value"] is not None:
            torch.nn.utils.clip_grad_value_(net.parameters(), one["clip_grad_value"])
        return loss

    losses, rates = [], []
    for step in range(1, 101):
        rates.append(optimizer.param_groups[0]["lr"])
        if one["optimizer"] == "LBFGS":
            loss = optimizer.step(closure)
        else:
            loss = closure()
            optimizer.step()
        losses.append(loss.item())
        if scheduler:
            scheduler.step(loss.item()) if "Plateau" in one["scheduler"][0] else scheduler.step()
        if step in (1, 10, 100):
            for name, weight in net.state_dict().items():
                arrays[f"{one['id']}.step{step}.{name}"] = weight.numpy().copy()
    arrays[one["id"] + ".losses"], arrays[one["id"] + ".lr"] = np.array(losses), np.array(rates)


results = {name: source[name] for name in WEIGHTS + ["x", "y"]}
for one in CASES:
    run(one, results)
write("training.safetensors", results)
with open("training.json", "w") as file:
    lines = ",\n".join("  " + json.dumps(one) for one in CASES)
    file.write('{\n "doc": "As ../training.json, by make.py.",\n "cases": [\n' + lines + "\n ]\n}\n")
