"""Trace and density: how many products each estimator needs, against the dense Hessian of a small trained Timer."""
import math

import numpy as np

TRACE_BUDGETS = [12, 24, 48, 96, 192, 384]
SEEDS = 20
TARGET = 0.01


def distribution_error(nodes, weights, exact, bandwidth=0.0):
    """Integral of |F - G| for the exact eigenvalues and quadratures, the latter smoothed by a Gaussian or not."""
    flat = np.concatenate([np.asarray(n, dtype=float) for n in nodes])
    mass = np.concatenate([np.asarray(w, dtype=float) for w in weights])
    kept = np.isfinite(flat)
    flat, mass = flat[kept], mass[kept] / mass[kept].sum()
    low, high = min(flat.min(), exact[0]), max(flat.max(), exact[-1])
    if bandwidth == 0:
        points = np.unique(np.concatenate([flat, exact]))
        order = np.argsort(flat)
        total = np.concatenate([[0], np.cumsum(mass[order])])
        found = total[np.searchsorted(flat[order], points, side="right")]
        truth = np.searchsorted(exact, points, side="right") / len(exact)
        return float(np.sum(np.abs(found - truth)[:-1] * np.diff(points)))
    # Fine near 0, where the bulk is, and everywhere finer than the bandwidth.
    points = np.unique(np.concatenate([
        np.linspace(low - 5 * bandwidth, high + 5 * bandwidth, 20001), exact,
        np.linspace(-20 * bandwidth, 20 * bandwidth, 4001)]))
    error = np.vectorize(math.erf)
    found = np.zeros(len(points))
    for node, weight in zip(flat, mass):
        found += weight * 0.5 * (1 + error((points - node) / (bandwidth * math.sqrt(2))))
    truth = np.searchsorted(exact, points, side="right") / len(exact)
    return float(np.sum(np.abs(found - truth)[:-1] * np.diff(points)))


def budget_for(errors):
    """The products at which the error falls to the target, on a straight line between budgets in logarithms."""
    known = sorted((int(b), e) for b, e in errors.items())
    for (b0, e0), (b1, e1) in zip(known, known[1:]):
        if e0 > TARGET >= e1:
            share = math.log(e0 / TARGET) / math.log(e0 / e1)
            return b0 * (b1 / b0) ** share
    # None within the budgets: infinity, which JSON cannot hold, becomes null in the results.
    return known[0][0] if known[0][1] <= TARGET else math.inf


def compare(folder, run_ours, run_peer):
    """Prints both tables and returns the numbers."""
    dense = folder / "dense.f64"
    parameters = run_ours("dense", folder, "--precision", "float64", "--output", dense)["parameters"]
    matrix = np.fromfile(dense).reshape(parameters, parameters)
    exact = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    trace = exact.sum()

    budgets = ",".join(map(str, TRACE_BUDGETS))
    results = {}
    for name in ["deflated", "xtrace", "hutch++"]:
        results[f"landscape, {name}"] = run_ours("trace", dense, "--method", name, "--budgets", budgets, "--seeds", SEEDS)
    for name in ["pyhessian", "curvlinops-hutchinson", "hessian-eigenthings-hutch++", "curvlinops-hutch++", "curvlinops-xtrace"]:
        results[name] = run_peer(dense, "trace", name, "--budgets", budgets, "--seeds", SEEDS)
    print(f"\ntrace of the Hessian of a Timer with {parameters} parameters: Tr = {trace:.4g}, "
          f"Tr/F = {trace / np.sqrt((exact ** 2).sum()):.2f}; root mean square error over {SEEDS} seeds")
    print(f"{'estimator':34}" + "".join(f"{b:>9}" for b in TRACE_BUDGETS) + f"{'to 1 %':>9}")
    traces = {}
    for name, result in results.items():
        if "failed" in result:
            print(f"{name:34}  failed: {result['failed']}")
            continue
        errors = {
            b: float(np.sqrt(np.mean((np.array(v) / trace - 1) ** 2))) for b, v in result["estimates"].items()}
        traces[name] = {"rms": errors, "products_to_1_percent": budget_for(errors)}
        shown = "".join(f"{errors[str(b)]:9.2%}" for b in TRACE_BUDGETS)
        needed = traces[name]["products_to_1_percent"]
        print(f"{name:34}{shown}" + (f"{needed:9.0f}" if math.isfinite(needed) else f"{'> ' + str(TRACE_BUDGETS[-1]):>9}"))

    print(f"\ndistribution of the eigenvalues, range {exact[0]:.3g} to {exact[-1]:.3g}: mean over 5 seeds of the integral of |F - exact|")
    print(f"{'estimator':34}{'HVPs':>7}{'quadrature':>13}{'as published':>14}")
    densities = {}
    for budget, ours, peers in [(100, (1, 100), ["pyhessian"]), (800, (10, 80), ["pyhessian", "hessian-eigenthings"])]:
        rows = {"landscape": run_ours("density", dense, "--probes", ours[0], "--steps", ours[1], "--seeds", 5)}
        for name in peers:
            rows[name] = run_peer(dense, "density", name, "--budgets", budget, "--seeds", 5)
        for name, result in rows.items():
            if "failed" in result:
                print(f"{name:34}  failed: {result['failed']}")
                continue
            plain = [distribution_error(r["nodes"], r["weights"], exact) for r in result["runs"]]
            smooth = [
                distribution_error(r["nodes"], r["weights"], exact, r["bandwidth"])
                for r in result["runs"] if "bandwidth" in r]
            entry = {
                "products": result["runs"][0]["products"], "quadrature": float(np.mean(plain)),
                "published": float(np.mean(smooth)) if smooth else float(np.mean(plain))}
            densities[f"{name}, {budget}"] = entry
            print(f"{name:34}{entry['products']:7d}{entry['quadrature']:13.3g}{entry['published']:14.3g}")
    for entry in traces.values():
        if not math.isfinite(entry["products_to_1_percent"]):
            entry["products_to_1_percent"] = None
    return {"parameters": parameters, "trace": float(trace), "traces": traces, "densities": densities}
