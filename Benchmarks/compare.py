"""Runs us and the peers on the same trained Timer and the same windows, one process after the other, and prints tables.

The model (d = 256, 4 layers, patch 96, context 672) is trained by `landscape pretrain` on generated series. The windows
come from --data, or from the generated downstream series when absent. Everything runs in float32 on 2 threads; errors are
against our own float64 run to a residual of 1e-9. Results: a table here and Benchmarks/results.json.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

import estimators

root = pathlib.Path(__file__).resolve().parent.parent
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--data", help="CSV to take 256 windows from")
parser.add_argument("--work", default=str(root / ".deps" / "bench-workload"))
parser.add_argument("--rounds", type=int, default=3, help="rounds of searches, each with all programs in turn")
parser.add_argument("--output", default=str(root / "Benchmarks" / "results.json"))
arguments = parser.parse_args()

release = root / ".build" / "release"
ours, tool = release / "LandscapeBenchmarks", release / "landscape"
environment = dict(os.environ, OMP_NUM_THREADS="2", MKL_NUM_THREADS="2")


def run(*command):
    """The JSON object on the last line of a command's output."""
    command = [str(part) for part in command]
    print("running", " ".join(pathlib.Path(c).name if "/" in c else c for c in command), file=sys.stderr, flush=True)
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        print("  failed:", reason, file=sys.stderr)
        return {"failed": reason}
    return json.loads(done.stdout.strip().splitlines()[-1])


def peer(task, name, batch):
    return run(sys.executable, "-W", "ignore", root / "Benchmarks/peers/run.py", work, task, name, "--batch", batch)


def pretrain(folder, *sizes):
    """Trains a Timer on generated series, once."""
    if not (folder / "model.safetensors").exists():
        subprocess.run(
            [tool, "pretrain", "--output", folder, "--tokens", "7", "--steps", "600", "--series", folder / "series.csv",
             "--series-length", "8000", "--quiet", "--overwrite", *sizes], check=True)


work = pathlib.Path(arguments.work)
small = work / "small"
pretrain(work, "--patch", "96", "--width", "256", "--feed-forward", "512", "--layers", "4", "--heads", "8")
pretrain(small, "--patch", "8", "--width", "16", "--feed-forward", "32", "--layers", "1", "--heads", "2")
series = work / "series.csv"


def needed(result):
    """A result that nothing can be compared without."""
    return result if "failed" not in result else sys.exit(1)


prepared = needed(run(ours, "prepare", work, arguments.data or series))
product = needed(run(ours, "hvp", work))
products = {"landscape": product}
for name, batch in [("pytorch", 64), ("pytorch", 256), ("curvlinops", 64), ("curvlinops", 256)]:
    products[f"{name}, batches of {batch}"] = peer("hvp", name, batch)

directions = work / "directions.safetensors"
slices = {
    "landscape": needed(run(ours, "slice", work, "--directions", directions)),
    "landscape, bfloat16": needed(run(ours, "slice", work, "--precision", "bfloat16"))}
for name, batch in [("plain loop", 64), ("plain loop", 256), ("loss-landscapes", 256)]:
    slices[f"{name}, batches of {batch}"] = run(
        sys.executable, "-W", "ignore", root / "Benchmarks/peers/run.py", work, "slice", name, "--batch", batch,
        "--directions", directions, "--repeats", 3)

training = {"landscape": needed(run(ours, "train", work))}
for name in ["pytorch", "pytorch-fused"]:
    training[name] = peer("train", name, 64)

reference = needed(run(ours, "eigen", work, "--precision", "float64", "--tolerance", "1e-9"))
searches = {"landscape": lambda: needed(run(ours, "eigen", work))}
for name, batch in [
    ("pyhessian", 64), ("pyhessian-one-batch", 256), ("hessian-eigenthings", 64), ("hessian-eigenthings-40", 64),
    ("hessian-eigenthings-40", 256), ("scipy-eigsh", 64), ("scipy-eigsh", 256),
]:
    searches[f"{name}, {batch}"] = lambda name=name, batch=batch: peer("eigen", name, batch)
# A machine's speed drifts within minutes: the programs take turns, and the middle of each one's times counts.
rounds = [{name: search() for name, search in searches.items()} for _ in range(arguments.rounds)]
eigen = {}
for name in searches:
    results = [results[name] for results in rounds]
    eigen[name] = next((result for result in results if "failed" in result), results[0])
    if "failed" not in eigen[name]:
        eigen[name]["rounds"] = [result["seconds"] for result in results]
        eigen[name]["seconds"] = statistics.median(eigen[name]["rounds"])

print(f"\n{prepared['windows']} windows of {prepared['length']} points, {product['parameters']} parameters, float32, "
      f"2 threads, {platform.processor() or platform.machine()}")
# Six products of the forward pass's size per linear layer, each 2 operations per parameter and token.
configuration = json.loads((work / "config.json").read_text())
tokens = prepared["windows"] * configuration["seq_len"] // configuration["patch_len"]
floor = 6 * 2 * product["parameters"] * tokens / product["gemm_peak_flops"]
product["fraction_of_gemm_peak"] = floor / product["seconds_per_product"]
print(f"measured GEMM peak {product['gemm_peak_flops'] / 1e9:.0f} GFLOP/s; our product reaches "
      f"{100 * product['fraction_of_gemm_peak']:.0f} % of it\n")
print(f"{'one Hessian-vector product':34}{'s':>8}{'ratio':>8}{'peak MB':>10}")
for name, result in products.items():
    if "failed" in result:
        print(f"{name:34}  failed: {result['failed']}")
        continue
    result["ratio"] = result["seconds_per_product"] / product["seconds_per_product"]
    print(f"{name:34}{result['seconds_per_product']:8.3f}{result['ratio']:8.2f}{result['peak_memory_bytes'] / 1e6:10.0f}")
print(f"\n{'five largest eigenvalues, batch':34}{'s':>8}{'ratio':>8}{'HVPs':>9}{'largest error':>15}{'peak MB':>10}")
for name, result in eigen.items():
    if "failed" in result:
        print(f"{name:34}  failed: {result['failed']}")
        continue
    result["ratio"] = result["seconds"] / eigen["landscape"]["seconds"]
    result["largest_relative_error"] = max(
        abs(a - b) / abs(b) for a, b in zip(result["values"], reference["values"]))
    # Differences of gradients cost half a product each.
    cost = f"{result['products']}+{result['differences']}" if result.get("differences") else str(result["products"])
    print(f"{name:34}{result['seconds']:8.2f}{result['ratio']:8.2f}{cost:>9}"
          f"{result['largest_relative_error']:15.1e}{result['peak_memory_bytes'] / 1e6:10.0f}")

print(f"\n{'one point of a plane':34}{'s':>8}{'ratio':>8}{'largest error':>15}{'peak MB':>10}")
plane = slices["landscape"]
# Two operations for each parameter and token.
plane["fraction_of_gemm_peak"] = floor / 6 / plane["seconds_per_point"]
for name, result in slices.items():
    if "failed" in result:
        print(f"{name:34}  failed: {result['failed']}")
        continue
    result["ratio"] = result["seconds_per_point"] / plane["seconds_per_point"]
    error = ""
    if "losses" in result:
        result["largest_relative_error"] = max(abs(a / b - 1) for a, b in zip(result["losses"], plane["losses"]))
        error = f"{result['largest_relative_error']:.1e}"
    print(f"{name:34}{result['seconds_per_point']:8.4f}{result['ratio']:8.2f}{error:>15}"
          f"{result['peak_memory_bytes'] / 1e6:10.0f}")
print(f"our points reach {100 * plane['fraction_of_gemm_peak']:.0f} % of the measured GEMM peak; errors are against our float32")

print(f"\n{'one step of training, 64 windows':34}{'s':>8}{'ratio':>8}{'loss error':>15}{'peak MB':>10}")
steps = training["landscape"]
for name, result in training.items():
    if "failed" in result:
        print(f"{name:34}  failed: {result['failed']}")
        continue
    result["ratio"] = result["seconds_per_step"] / steps["seconds_per_step"]
    error = max(abs(a / b - 1) for a, b in zip(result["losses"], steps["losses"]))
    print(f"{name:34}{result['seconds_per_step']:8.4f}{result['ratio']:8.2f}{error:15.1e}"
          f"{result['peak_memory_bytes'] / 1e6:10.0f}")

needed(run(ours, "prepare", small, arguments.data or small / "series.csv"))
estimates = estimators.compare(
    small, lambda *options: needed(run(ours, *options)),
    lambda *options: run(sys.executable, "-W", "ignore", root / "Benchmarks/peers/estimators.py", *options))
pathlib.Path(arguments.output).write_text(json.dumps(
    {"prepared": prepared, "hvp": products, "eigen": eigen, "slices": slices, "training": training, "reference": reference, "estimates": estimates}, indent=1,
    sort_keys=True))
print(f"\nresults: {arguments.output}")
