"""Runs one peer on the benchmark workload and prints one JSON line: python run.py FOLDER TASK PEER [OPTIONS]."""
import argparse
import json
import resource
import sys
import time

import numpy as np
import torch

import timer

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("task", choices=["hvp", "eigen", "slice", "train"])
parser.add_argument("peer")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--directions")
parser.add_argument("--points", type=int, default=7)
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
model, inputs, targets = timer.load(arguments.folder)
parameters = [p for p in model.parameters()]
size = sum(p.numel() for p in parameters)
criterion = torch.nn.MSELoss()
batches = list(zip(inputs.split(arguments.batch), targets.split(arguments.batch)))
products = 0


def rebuilt_product(vector):
    """H v as everybody writes it: the graph of the gradient anew for every product."""
    global products
    products += 1
    parts = torch.split(vector, [p.numel() for p in parameters])
    parts = [v.view_as(p) for v, p in zip(parts, parameters)]
    total = torch.zeros(size)
    for x, y in batches:
        loss = criterion(model(x), y) * (len(x) / len(inputs))
        gradients = torch.autograd.grad(loss, parameters, create_graph=True)
        product = torch.autograd.grad(gradients, parameters, grad_outputs=parts)
        total += torch.cat([p.reshape(-1) for p in product])
    return total


def curvlinops_operator():
    from curvlinops import HessianLinearOperator

    return HessianLinearOperator(model, criterion, list(model.parameters()), batches, check_deterministic=False)


def median_time(body):
    body()
    times = []
    for _ in range(arguments.repeats):
        begun = time.perf_counter()
        body()
        times.append(time.perf_counter() - begun)
    return float(np.median(times))


def hvp():
    vectors = torch.randn(size, 4)
    if arguments.peer == "pytorch":
        return {"seconds_per_product": median_time(lambda: rebuilt_product(vectors[:, 0]))}
    if arguments.peer == "curvlinops":
        operator = curvlinops_operator()
        return {"seconds_per_product": median_time(lambda: operator @ vectors) / 4}
    sys.exit(f"{arguments.peer} has no separate product")


def eigen():
    global products
    begun = time.perf_counter()
    if arguments.peer in ("pyhessian", "pyhessian-one-batch"):
        from pyhessian import hessian

        # Counted from outside; the package does not count.
        def counted(inner):
            def body(*a):
                global products
                products += 1
                return inner(*a)

            return body

        if arguments.peer == "pyhessian":
            computer = hessian(model, criterion, dataloader=batches, cuda=False)
            computer.dataloader_hv_product = counted(computer.dataloader_hv_product)
        else:
            # With one batch it keeps the graph of the gradient: its fastest way.
            namespace = hessian.eigenvalues.__globals__
            namespace["hessian_vector_product"] = counted(namespace["hessian_vector_product"])
            computer = hessian(model, criterion, data=(inputs, targets), cuda=False)
        values, _ = computer.eigenvalues(maxIter=100, tol=1e-3, top_n=5)
    elif arguments.peer.startswith("hessian-eigenthings"):
        from hessian_eigenthings import HessianOperator, lanczos, supervised_loss

        operator = HessianOperator(model, batches, supervised_loss(criterion))
        iterations = 40 if arguments.peer.endswith("-40") else None
        result = lanczos(operator, k=5, which="LA", seed=0, **({"max_iter": iterations} if iterations else {}))
        values, products = result.eigenvalues.tolist(), result.iterations
    elif arguments.peer == "scipy-eigsh":
        from scipy.sparse.linalg import LinearOperator, eigsh

        operator = LinearOperator(
            (size, size), dtype=np.float32,
            matvec=lambda v: rebuilt_product(torch.from_numpy(np.asarray(v, dtype=np.float32).reshape(-1))).numpy())
        values = eigsh(operator, k=5, which="LA", tol=1e-3, v0=torch.randn(size).numpy(), return_eigenvectors=False)
    elif arguments.peer == "curvlinops-eigsh":
        from scipy.sparse.linalg import eigsh

        operator = curvlinops_operator()
        values = eigsh(operator.to_scipy(), k=5, which="LA", tol=1e-3, return_eigenvectors=False)
    else:
        sys.exit(f"no peer {arguments.peer}")
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "products": int(products), "values": sorted(map(float, values), reverse=True)}


def slice_plane():
    """The loop of tomgoldstein/loss-landscape: weights set by whole tensors, then the loader evaluated, for every point."""
    from safetensors.torch import load_file

    if arguments.peer == "loss-landscapes":
        import loss_landscapes

        class WholeLoss(loss_landscapes.metrics.Metric):
            def __call__(self, wrapper):
                with torch.no_grad():
                    return criterion(wrapper.forward(inputs), targets).item()

        def plane():
            return loss_landscapes.random_plane(
                model, WholeLoss(), distance=10, steps=arguments.points, normalization="model", deepcopy_model=True)

        return {"seconds_per_point": median_time(plane) / arguments.points**2}

    saved = load_file(arguments.directions)
    names = [n for n, _ in model.named_parameters()]
    dx, dy = ([saved[f"{k}/{n}"] for n in names] for k in (0, 1))
    weights = [p.data.clone() for p in parameters]
    coordinates = np.linspace(-1, 1, arguments.points)
    losses = []

    def evaluate():
        losses.clear()
        for y in coordinates:
            for x in coordinates:
                changes = [a * x + b * y for a, b in zip(dx, dy)]
                for p, w, d in zip(parameters, weights, changes):
                    p.data = w + d.type(type(w))
                total = 0.0
                with torch.no_grad():
                    for inputs_, targets_ in batches:
                        total += criterion(model(inputs_), targets_).item() * len(inputs_)
                losses.append(total / len(inputs))

    seconds = median_time(evaluate) / arguments.points**2
    return {"seconds_per_point": seconds, "losses": losses}


def train():
    """Steps of Adam over batches in their order, as every training loop has them; eager mode."""
    start = [p.detach().clone() for p in parameters]
    losses = []

    def steps():
        losses.clear()
        with torch.no_grad():
            for p, s in zip(parameters, start):
                p.copy_(s)
        optimizer = torch.optim.Adam(parameters, lr=1e-4, fused=arguments.peer == "pytorch-fused")
        for number in range(12):
            chosen = torch.arange(number * arguments.batch, (number + 1) * arguments.batch) % len(inputs)
            optimizer.zero_grad()
            loss = criterion(model(inputs[chosen]), targets[chosen])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

    return {"seconds_per_step": median_time(steps) / 12, "losses": losses}


result = {"hvp": hvp, "eigen": eigen, "slice": slice_plane, "train": train}[arguments.task]()
result.update(
    task=arguments.task, peer=arguments.peer, batch=arguments.batch, torch=torch.__version__,
    peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
print(json.dumps(result))
