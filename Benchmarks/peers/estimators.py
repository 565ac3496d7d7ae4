"""Runs the peers' estimators of trace and density on a dense Hessian and prints one JSON line.

What is compared is how many products an estimator needs, so the product is a matrix-vector product with the dense
float32 matrix. PyHessian's class gets that product in place of its own; its density calls torch.eig, which PyTorch
removed, and gets torch.linalg.eig in its place.

python estimators.py DENSE trace|density PEER [--budgets 10,20] [--seeds 20]
"""
import argparse
import json

import numpy as np
import torch

parser = argparse.ArgumentParser()
parser.add_argument("dense")
parser.add_argument("task", choices=["trace", "density"])
parser.add_argument("peer")
parser.add_argument("--budgets", default="100")
parser.add_argument("--seeds", type=int, default=20)
arguments = parser.parse_args()

torch.set_num_threads(2)
values = np.fromfile(arguments.dense)
size = round(len(values) ** 0.5)
matrix = torch.from_numpy(values.reshape(size, size)).float()
budgets = [int(b) for b in arguments.budgets.split(",")]


def pyhessian_computer():
    from pyhessian import hessian

    computer = hessian.__new__(hessian)
    computer.device, computer.full_dataset = "cpu", True
    computer.params = [torch.zeros(size)]
    computer.model = torch.nn.Module()
    computer.dataloader_hv_product = lambda v: (None, [matrix @ v[0]])
    return computer


def eigenthings_operator():
    from hessian_eigenthings.operators.base import LambdaOperator

    return LambdaOperator(lambda v: matrix @ v, size)


def trace(budget, seed):
    torch.manual_seed(seed)
    if arguments.peer == "pyhessian":
        return float(np.mean(pyhessian_computer().trace(maxIter=budget, tol=0)))
    if arguments.peer == "hessian-eigenthings-hutch++":
        from hessian_eigenthings.algorithms.trace import trace as estimate

        return estimate(eigenthings_operator(), num_matvecs=budget, method="hutch++", seed=seed).estimate
    import curvlinops

    estimate = {
        "curvlinops-hutchinson": curvlinops.hutchinson_trace, "curvlinops-hutch++": curvlinops.hutchpp_trace,
        "curvlinops-xtrace": curvlinops.xtrace,
    }[arguments.peer]
    return float(estimate(matrix, budget))


def density(budget, seed):
    """Nodes, weights and the bandwidth of the peer's own smoothing."""
    torch.manual_seed(seed)
    if arguments.peer == "pyhessian":
        def eig(m, eigenvectors=True):
            w, v = torch.linalg.eig(m)
            return torch.stack([w.real, w.imag], 1), v.real

        torch.eig = eig
        nodes, weights = pyhessian_computer().density(iter=100, n_v=budget // 100)
        flat = np.concatenate([np.asarray(n) for n in nodes])
        # density_plot.py: sigma_squared = 1e-5 * max(1, range)
        bandwidth = float(np.sqrt(1e-5 * max(1.0, flat.max() - flat.min())))
        return [[float(x) for x in n] for n in nodes], [[float(x) for x in w] for w in weights], bandwidth
    from hessian_eigenthings.algorithms.spectral_density import spectral_density

    # The default is 10 runs of 80 steps; a smaller budget keeps the steps.
    result = spectral_density(eigenthings_operator(), num_runs=max(1, budget // 80), lanczos_steps=80, seed=100 * seed)
    return result.raw_eigenvalues.tolist(), result.raw_weights.tolist(), result.sigma


if arguments.task == "trace":
    output = {"estimates": {str(b): [trace(b, s) for s in range(arguments.seeds)] for b in budgets}}
else:
    runs = []
    for seed in range(arguments.seeds):
        nodes, weights, bandwidth = density(budgets[0], seed)
        runs.append({"nodes": nodes, "weights": weights, "bandwidth": bandwidth, "products": sum(map(len, nodes))})
    output = {"runs": runs}
print(json.dumps({"task": arguments.task, "peer": arguments.peer, **output}))
