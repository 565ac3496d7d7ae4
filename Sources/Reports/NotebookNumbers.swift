import Archive

// Numbers of each variant, and what there is to see of the Hessian's spectrum.
extension NotebookCell {
    static func numbers(_ record: RunRecord) -> [NotebookCell] {
        guard record.variants.contains(where: { !$0.scalars.isEmpty }) else { return [] }
        return [
            .markdown(
                "numbers-text",
                """
                ## Numbers

                Value ± one standard error: over windows, random probes or draws, as each number says in its attributes.
                Windows that overlap make the error of a loss too small. Two numbers that differ by less than about two
                of their errors are not shown to differ; for sharpness the paired differences below say more.
                """),
            .code("numbers", numbersTable),
        ]
    }

    private static let numbersTable = #"""
        names = {}
        with h5py.File(path) as file:
            for key in GROUPS.values():
                for item, dataset in walk(file["variants"][key]):
                    if is_scalar(dataset):
                        names.setdefault(item, str(dataset.attrs["units"]))
        # The Hessian's before those of other matrices and of blocks.
        names = dict(sorted(names.items(), key=lambda item: item[0].count("/") > 1))


        def text(variant, name):
            found = scalar(variant, name)
            if found is None:
                return ""
            if found["status"] != DONE:
                return {PENDING: "pending", FAILED: "failed"}[int(found["status"])]
            reason = int(found.get("undefined", 0))
            if reason > 0:
                meanings = np.atleast_1d(found.get("undefined_meanings", []))
                return f"not defined: {meanings[reason - 1]}" if reason <= len(meanings) else "not defined"
            error = float(found["standard_error"])
            assert not error < 0, (variant, name, error)
            note = " (not converged)" if int(np.nan_to_num(found.get("converged", 1), nan=1)) == 0 else ""
            return number(found["value"], error) + note


        for variant in VARIANTS:
            # The mean eigenvalue is the trace over the number of parameters.
            trace, mean = scalar(variant, "curvature/trace"), scalar(variant, "curvature/trace_per_parameter")
            if trace and mean and trace["status"] == mean["status"] == DONE:
                with h5py.File(path) as file:
                    parameters = int(file["variants"][GROUPS[variant]].attrs["parameters"])
                assert np.isclose(mean["value"] * parameters, trace["value"], rtol=1e-9, equal_nan=True)

        Table(["number", "unit", *VARIANTS],
              [[name, unit, *(text(variant, name) for variant in VARIANTS)] for name, unit in names.items()])
        """#

    /// Whether a group of curvature numbers is of a diagonal block.
    private static func isBlock(_ group: String) -> Bool { group.split(separator: "/").contains("blocks") }

    private static func isKnown(_ record: RunRecord, _ path: String) -> Bool {
        record.variants.contains { variant in
            variant.array(path).map { $0.status == .done && $0.values.contains(where: \.isFinite) } ?? false
        }
    }

    /// Matrices over all parameters of which one of these arrays is known.
    private static func matrices(_ record: RunRecord, _ arrays: [String]) -> [(group: String, id: String)] {
        Summary.groups(record).filter { group in
            !isBlock(group) && arrays.contains { isKnown(record, "\(group)/\($0)") }
        }.map { ($0, $0.split(separator: "/").dropFirst().map { "-\($0)" }.joined()) }
    }

    static func eigenvalues(_ record: RunRecord) -> [NotebookCell] {
        let found = matrices(record, ["eigenvalues", "eigenvalues_smallest"])
        guard !found.isEmpty else { return [] }
        return [
            .markdown(
                "eigenvalues-text",
                """
                ## Eigenvalues

                Both ends of the spectrum. Large ones are the directions in which the loss bends most; negative ones are
                directions in which it falls away, so the weights are no minimum. Bars are residuals, which bound the
                distance to a true eigenvalue; they are often too small to see, and the right panel shows them. Open
                symbols did not converge: such a value is not a result. Eigenvalues change when weights are rescaled
                without changing what the model computes, so a smaller one is not by itself a better model.
                """),
            .code("eigenvalues-functions", eigenvaluesFunctions),
        ] + found.map { .code("eigenvalues\($0.id)", "show_eigenvalues(\(NotebookText.python($0.group)))") }
    }

    private static let eigenvaluesFunctions = #"""
        TOLERANCES = set()


        def spectrum(variant, group):
            """Both ends that are done: value, relative residual, converged; descending."""
            rows = []
            for end in ("", "_smallest"):
                data = array(variant, f"{group}/eigenvalues{end}")
                if data is None:
                    continue
                value, residual, converged = data["value"], data[f"residuals{end}"], data[f"converged{end}"] == 1
                assert value.ndim == 1
                found = np.isfinite(value)
                size = np.abs(value[found]).max(initial=0)
                # Ordered, up to what the residuals leave open.
                slack = np.nan_to_num(np.abs(residual * value)) + 1e-9 * size
                steps = np.diff(value[found]) * (1 if end else -1)
                assert (steps >= -(slack[found][1:] + slack[found][:-1])).all(), (variant, group, value)
                tolerance = data["attributes"].get("tolerance")
                if tolerance is not None:
                    TOLERANCES.add(float(tolerance))
                    small = np.abs(residual * value) <= 1e-9 * size
                    assert ((residual <= tolerance * (1 + 1e-9)) | small)[found & converged].all()
                part = list(zip(value[found], residual[found], converged[found]))
                rows += part[::-1] if end else part
            return rows


        def show_eigenvalues(group):
            ladders = {name: rows for name in VARIANTS if (rows := spectrum(name, group))}
            if not ladders:
                return print("nothing is done yet")
            figure, (left, right) = panels(2, width=max(3.6, 0.8 * len(ladders) + 1.6), height=3.6)
            for place, (name, rows) in enumerate(ladders.items()):
                value, residual, converged = (np.array(column) for column in zip(*rows))
                style = {"color": STYLE[name]["color"], "marker": STYLE[name]["marker"], "linestyle": "none"}
                shift = np.linspace(-0.25, 0.25, len(rows)) if len(rows) > 1 else np.zeros(1)
                for flag, face in ((True, style["color"]), (False, "white")):
                    chosen = (converged == flag) & np.isfinite(residual)
                    bar = np.abs(residual * value)[chosen]
                    left.errorbar(place + shift[chosen], value[chosen], bar, mfc=face, elinewidth=1, **style)
                    chosen &= residual > 0
                    right.plot(place + shift[chosen], residual[chosen], mfc=face, **style)
            left.axhline(0, color="0.4", linewidth=0.8)
            left.set(title=f"eigenvalues, {label(MATRICES.get(group, group))}", ylabel="eigenvalue (loss)")
            for tolerance in TOLERANCES:
                right.axhline(tolerance, color="0.4", linestyle="--", linewidth=1, label="tolerance")
            right.set(title="relative residuals", ylabel="residual / |eigenvalue|", yscale="log")
            for axis in (left, right):
                axis.set_xticks(range(len(ladders)), [label(n, 18) for n in ladders], rotation=30, ha="right")
                axis.set_xlim(-0.6, len(ladders) - 0.4)
            if TOLERANCES:
                right.legend()
            plt.show()
            return Table(["variant", "eigenvalues, descending", "relative residuals", "converged"],
                         [[name, ", ".join(number(r[0]) for r in rows), ", ".join(f"{r[1]:.1e}" for r in rows),
                           f"{sum(bool(r[2]) for r in rows)} of {len(rows)}"] for name, rows in ladders.items()])
        """#

    static func blocks(_ record: RunRecord) -> [NotebookCell] {
        let names = ["eigenvalues", "eigenvalues_smallest"]
        let groups = Summary.groups(record).filter(isBlock).filter { group in
            names.contains { isKnown(record, "\(group)/\($0)") }
                || record.variants.contains { $0.scalar("\(group)/trace")?.status == .done }
        }
        guard !groups.isEmpty else { return [] }
        let list = groups.map { "    \(NotebookText.python($0)),\n" }.joined()
        return [
            .markdown(
                "blocks-text",
                """
                ## Blocks

                Each block is the matrix for some of the parameters with the others held fixed. Its largest eigenvalue is
                at most that of the whole matrix. What happens between blocks is not in here.
                """),
            .code("blocks", "groups = [\n\(list)]\n\(blocksTable)"),
        ]
    }

    private static let blocksTable = #"""


        def end(variant, group, name):
            data = array(variant, f"{group}/{name}")
            if data is None:
                return ""
            is_converged = data[name.replace("eigenvalues", "converged")][0] == 1
            return number(data["value"][0]) + ("" if is_converged else " (not converged)")


        def trace(variant, group):
            found = scalar(variant, f"{group}/trace")
            if found is None:
                return ""
            if found["status"] != DONE:
                return "pending" if found["status"] == PENDING else "failed"
            return number(found["value"], float(found["standard_error"]))


        rows = []
        for group in groups:
            for variant in VARIANTS:
                row = [end(variant, group, "eigenvalues"), end(variant, group, "eigenvalues_smallest"),
                       trace(variant, group)]
                if any(row):
                    rows.append([group.removeprefix("curvature/"), variant, *row])
        Table(["block", "variant", "λ max", "λ min", "trace"], rows)
        """#

    static func densities(_ record: RunRecord) -> [NotebookCell] {
        let found = matrices(record, ["density/density", "density/tail_positive"])
        guard !found.isEmpty else { return [] }
        return [
            .markdown(
                "density-text",
                """
                ## Spectral density

                How the eigenvalues are distributed, smoothed by a Gaussian and estimated with random vectors; bands are
                one standard error over them. Almost all eigenvalues are near 0, so the left panel shows little but the
                peak; the right one has the same curves on a logarithmic axis. Peaks far out are single eigenvalues, as
                wide as the Gaussian and not wider. Below the tails: how many eigenvalues lie beyond a magnitude. Near 0
                no single values are resolved.
                """),
            .code("density-functions", densityFunctions),
        ] + found.map { .code("density\($0.id)", "show_density(\(NotebookText.python($0.group)))") }
    }

    private static let densityFunctions = #"""
        def integral(y, x):
            """By trapezoids."""
            return float(np.sum((y[1:] + y[:-1]) / 2 * np.diff(x)))


        def show_density(group):
            found = {name: data for name in VARIANTS if (data := load(name, f"{group}/density")) is not None}
            known = {n: d for n, d in found.items() if "density" in d and d.density.attrs["status"] == DONE}
            rows = []
            if known:
                figure, (left, right) = panels(2, width=4.6, height=3.2)
                floors = []
                for name, data in known.items():
                    assert data.density.dims == ("eigenvalue",)
                    x, y, width = data.eigenvalue.values, data.density.values, float(data.density.attrs["bandwidth"])
                    assert (np.diff(x) > 0).all() and not (y < -1e-12 * y.max()).any()
                    area = integral(y, x)
                    if np.diff(x).max() <= 1.5 * width:  # else the curve is finer than its points
                        assert abs(area - 1) < 0.01, (name, area)
                    if "cumulative" in data:
                        assert abs(float(data["cumulative"][-1]) - 1) < 1e-6
                    error = data.density_error.values if "density_error" in data else None
                    style = {"color": STYLE[name]["color"], "linestyle": STYLE[name]["linestyle"]}
                    for axis in (left, right):
                        curve(axis, x, y, error, marker="", label=label(name), **style)
                    # Half the height of a single eigenvalue.
                    floors.append(0.5 / (float(data.density.attrs.get("dimension", 1)) * width * np.sqrt(2 * np.pi)))
                    rows.append([name, number(width), f"{area:.4f}", number(x[0]), number(x[-1])])
                left.set(title=f"density, {label(MATRICES.get(group, group))}", xlabel="eigenvalue (loss)", ylabel="density (1/loss)")
                right.set(title="the same, logarithmic but near 0", xlabel="eigenvalue (loss)", yscale="log")
                # Linear near 0, as far as the widest Gaussian reaches.
                linear = 3 * max(float(d.density.attrs["bandwidth"]) for d in known.values())
                right.set_xscale("symlog", linthresh=linear)
                far = max(float(np.abs(d.eigenvalue).max()) for d in known.values())
                decades = 10.0 ** np.arange(np.ceil(np.log10(linear)), np.log10(far))
                right.set_xticks([*-decades[::-1], 0, *decades])
                top = max(float(d.density.max()) for d in known.values())
                if top > 0:
                    right.set_ylim(min(min(floors), top / 10), 2 * top)
                legend(figure, [left])
            tails = {n: d for n, d in found.items()
                     if "tail_positive" in d and d.tail_positive.attrs["status"] == DONE}
            sides = [side for side in ("negative", "positive")
                     if any((data[f"tail_{side}"] > 0).any() for data in tails.values())]
            if sides:
                figure, axes = panels(len(sides), width=4.6, height=3.2, sharey=True)
                for name, data in tails.items():
                    x = data.magnitude.values
                    dimension = float(data.density.attrs.get("dimension", 1)) if "density" in data else 1
                    for axis, side in zip(axes, sides):
                        share = data[f"tail_{side}"].values
                        assert (np.diff(share) <= 1e-9).all() and (share <= 1 + 1e-9).all()
                        error = data[f"tail_{side}_error"].values * dimension
                        style = {"color": STYLE[name]["color"], "linestyle": STYLE[name]["linestyle"]}
                        y = np.where(share > 0, share * dimension, np.nan)
                        few = "." if np.isfinite(y).sum() <= 15 else ""
                        axis.plot(x, y, marker=few, label=label(name), **style)
                        low = np.maximum(y - error, 1e-3)
                        axis.fill_between(x, low, y + error, color=style["color"], alpha=0.2, linewidth=0)
                for axis, side in zip(axes, sides):
                    axis.set(xscale="log", yscale="log", title=f"{side} tail, {label(MATRICES.get(group, group))}",
                             xlabel=f"magnitude of {side} eigenvalues (loss)")
                    if side == "negative":
                        axis.invert_xaxis()
                axes[0].set_ylabel("eigenvalues beyond the magnitude")
                axes[0].set_ylim(bottom=0.5)
                legend(figure, axes)
            if not (known or tails):
                return print("nothing is done yet")
            plt.show()
            return Table(["variant", "Gaussian's σ (loss)", "integral", "from", "to"], rows)
        """#
}
