"""Trains the Timer of a folder in PyTorch as specifications say: python finetune.py FOLDER.

The folder holds model.safetensors, config.json, windows.safetensors and specifications.json: for each training the windows of every
step, the optimiser and the schedule. Written for training i: the loss at every step and the final weights, out-i.safetensors.
Float64, one thread.
"""
import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Benchmarks" / "peers"))
import timer  # noqa: E402

torch.set_num_threads(1)
folder = pathlib.Path(sys.argv[1])


def rate(spec, epoch, step, total):
    name = spec["schedule"]
    if name == "sff":
        # adjust_learning_rate(epoch + 1) after epoch `epoch` (from 0) sets lr 0.5 ** (epoch + 1 - 1) for the next one.
        value = 1.0
        for ended in range(epoch):
            value = 0.5 ** ((ended + 1) - 1)
        return value
    if name == "timer":
        # schedule_epoch(epoch) after epoch `epoch`.
        value = 1.0
        for ended in range(epoch):
            value = 1.0 if ended < 3 else 0.9 ** (ended - 3)
        return value
    if name.startswith("cosine"):
        warmup = int(name.split(":")[1])
        if step < warmup:
            return (step + 1) / warmup
        progress = (step - warmup) / (total - 1 - warmup)
        return 0.02 + 0.98 * (1 + math.cos(math.pi * progress)) / 2
    return 1.0


def train(spec, out):
    model, inputs, targets = timer.load(folder, torch.float64)
    parameters = dict(model.named_parameters())
    for name, parameter in parameters.items():
        parameter.requires_grad_(spec["train"] == "all" or name.startswith(spec["train"]))
    trained = [p for p in parameters.values() if p.requires_grad]
    start = [p.detach().clone() for p in trained]
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[spec["optimizer"]]
    optimizer = kind(trained, lr=spec["rate"], weight_decay=spec["decay"])
    criterion = torch.nn.MSELoss()
    total = sum(len(epoch) for epoch in spec["steps"])
    losses, norms, step = [], [], 0
    for epoch, batches in enumerate(spec["steps"]):
        for indices in batches:
            for group in optimizer.param_groups:
                group["lr"] = spec["rate"] * rate(spec, epoch, step, total)
            x, y = inputs[indices], targets[indices]

            def objective():
                loss = criterion(model(x), y)
                if spec["l2sp"]:
                    loss = loss + spec["l2sp"] / 2 * sum(((p - s) ** 2).sum() for p, s in zip(trained, start))
                return loss

            optimizer.zero_grad()
            losses.append(criterion(model(x), y).item())
            if spec["sam"]:
                gradients = torch.autograd.grad(criterion(model(x), y), trained)
                norm = torch.sqrt(sum((g**2).sum() for g in gradients))
                with torch.no_grad():
                    moves = [g * (spec["sam"] / norm) for g in gradients]
                    for p, move in zip(trained, moves):
                        p.add_(move)
                objective().backward()
                with torch.no_grad():
                    for p, move in zip(trained, moves):
                        p.sub_(move)
            else:
                objective().backward()
            norms.append(
                torch.nn.utils.clip_grad_norm_(trained, spec["clip"] if spec["clip"] else math.inf).item())
            optimizer.step()
            step += 1
    tensors = {name: p.detach().contiguous() for name, p in parameters.items()}
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    tensors["norms"] = torch.tensor(norms, dtype=torch.float64)
    save_file(tensors, out)


for number, specification in enumerate(json.loads((folder / "specifications.json").read_text())):
    train(specification, folder / f"out-{number}.safetensors")
