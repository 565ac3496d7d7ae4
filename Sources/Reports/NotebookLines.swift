import Archive

// Lines along axes, the path of smoothing, and its theory.
extension NotebookCell {
    /// Whether a slice has a number to draw.
    static func isKnown(_ grid: GridRecord, _ column: String = "loss") -> Bool {
        guard let values = grid.column(column) else { return false }
        return zip(values, grid.status).contains { $0.isFinite && ($1 == .done || $1 == .interpolated) }
    }

    /// Slices of a kind with something to draw, each once: group in the file and whether they surround each variant.
    static func known(_ record: RunRecord, _ kind: GridKind) -> [GridRecord] {
        var found: [GridRecord] = []
        for grid in record.variants.flatMap(\.grids) where grid.kind == kind && isKnown(grid) {
            if !found.contains(where: { $0.groupName == grid.groupName }) { found.append(grid) }
        }
        return found
    }

    /// The arguments of a cell's function: the group's name, and that the slice is one for all variants.
    static func arguments(_ grid: GridRecord) -> String {
        NotebookText.python(grid.groupName)
            + (FigureSelection.isThroughWeights(grid.name) ? ", through_weights=True" : "")
    }

    static func lines(_ record: RunRecord) -> [NotebookCell] {
        let found = known(record, .line).filter { $0.name != "path" && !$0.name.hasPrefix("theory_") }
        guard !found.isEmpty else { return [] }
        return [
            .markdown(
                "lines-text",
                """
                ## Lines

                The loss along one direction, the same for all variants. Bands are one standard error over the windows,
                or, where several random directions were drawn, one standard deviation over them around their mean.
                Differences from the first variant are paired by windows, and their errors far smaller than those of the
                losses. One line is one direction of very many: a random one shows the mean curvature, not the largest.
                """),
            .code("lines-functions", linesFunctions),
        ] + found.map { .code("lines-\($0.groupName)", "show_line(\(arguments($0)))") }
    }

    private static let linesFunctions = #"""
        LINE_LABELS = {
            "random": "distance along a random direction", "eigen": "distance along the leading eigenvector",
            "gradient": "distance along steepest descent", "variants": "share of the way between two weights",
            "directions": "distance along the given direction", "trajectory": "first principal component",
        }


        def show_line(group, through_weights=False):
            lines = slices(f"lines/{group}")
            text = LINE_LABELS.get(group, f"distance along {label(group)}")
            shown = [("loss", "loss", None)]
            for column, error, title in [("difference", "difference_error", f"difference from {label(VARIANTS[0], 18)}"),
                                         ("gradient_norm", None, "gradient norm"), ("slope", None, "slope"),
                                         ("curvature", None, "second derivative")]:
                if any(column in data and np.isfinite(known(data, column)).any() for data in lines.values()):
                    shown.append((column, title, error))
            figure, axes = panels(len(shown), columns=3, width=4.0, height=3.2)
            rows = []
            for name, data in lines.items():
                axis_is_own = not through_weights
                check_slice(name, data, ("t",), axis_is_own or group == "variants")
                style = {**STYLE[name], "label": label(name) if axis_is_own else "loss"}
                for axis, (column, _, error) in zip(axes, shown):
                    if column not in data:
                        continue
                    if column == "loss" and "directions_mean" in data:
                        values, band = known(data, "directions_mean"), known(data, "directions_deviation")
                    else:
                        error = "standard_error" if column == "loss" else error
                        values, band = known(data, column), known(data, error) if error in data else None
                    curve(axis, data.t, values, band, **style)
                done = int((data.status == DONE).sum())
                loss = known(data).values
                low = ("", "")
                if np.isfinite(loss).any():
                    place = np.nanargmin(np.where(np.isfinite(loss), loss, np.nan))
                    low = (number(loss[place]), number(float(data.t[place])))
                rows.append([name, f"{done} of {data.t.size}", str(int(np.isinf(loss).sum())), *low])
                for axis in axes[:1]:
                    marks = zip(np.atleast_1d(data.attrs.get("marks", [])), np.atleast_1d(data.attrs.get("marks_x", [])))
                    for mark, t in marks:
                        axis.axvline(t, color="0.5", linestyle=":", linewidth=1)
                        axis.annotate(label(mark, 18), (t, 1), xycoords=("data", "axes fraction"), rotation=90,
                                      va="top", ha="right", fontsize=8)
                    for t in np.atleast_1d(data.attrs.get("trajectory_x", [])):
                        axis.axvline(t, ymax=0.04, color="#D55E00", linewidth=1)
            for axis, (column, title, _) in zip(axes, shown):
                unit = "loss" if column == "loss" else f"{title.split(' from ')[0]} (loss)"
                axis.set(title=title if column != "loss" else label(f"loss, line {group}"), xlabel=text, ylabel=unit)
            axes[0].set_yscale("log" if is_logarithmic(*(known(data) for data in lines.values())) else "linear")
            for axis, (column, _, _) in zip(axes, shown):
                if column in ("difference", "slope", "curvature"):
                    axis.axhline(0, color="0.4", linewidth=0.8)
            legend(figure, axes)
            plt.show()
            directions = {clean(data.attrs["axis"]) for data in lines.values() if "axis" in data.attrs}
            return Table(["variant", "points done", "infinite", "smallest loss", "at t"], rows,
                         caption="; ".join(sorted(directions)))
        """#

    static func path(_ record: RunRecord) -> [NotebookCell] {
        guard let path = known(record, .line).first(where: { $0.name == "path" }) else { return [] }
        return [
            .markdown(
                "path-text",
                """
                ## The path of smoothing

                The loss of αθ₁ + (1 − α)θ₂, from the random draw θ₂ at α = 0 to the pre-trained weights θ₁ at α = 1.
                Symbols are variants that lie on it, at their own loss. A low loss on the path says nothing yet of the
                loss after fine-tuning from there.
                """),
            .code("path", "group = \(NotebookText.python("lines/" + path.groupName))\n\(pathFigure)"),
        ]
    }

    private static let pathFigure = #"""
        figure, (axis,) = panels(1, width=6.4, height=3.6)
        for name, data in slices(group).items():
            check_slice(name, data, ("t",), around_variant=False)
            error = known(data, "standard_error") if "standard_error" in data else None
            curve(axis, data.t, known(data), error, color="0.35", marker="")
            print(f"{int((data.status == DONE).sum())} of {data.t.size} points are done")
        with h5py.File(path) as file:
            positions = {n: file["variants"][key].attrs.get("position_on_path") for n, key in GROUPS.items()}
        for name, position in positions.items():
            own = scalar(name, "loss")
            if position is None or own is None or own["status"] != DONE or not np.isfinite(own["value"]):
                continue
            error = np.nan_to_num(float(own["standard_error"]))
            style = {"color": STYLE[name]["color"], "marker": STYLE[name]["marker"], "linestyle": "none"}
            axis.errorbar(float(position), own["value"], error, markersize=7, capsize=3, label=label(name), **style)
            print(f"{clean(name)}: α = {number(float(position))}, loss {number(own['value'], error)}")
        axis.set(title="loss on the path of smoothing", xlabel="α (0: random draw, 1: pre-trained)", ylabel="loss")
        if is_logarithmic(*(known(data) for data in slices(group).values())):
            axis.set_yscale("log")
        legend(figure, [axis])
        plt.show()
        """#

    static func theory(_ record: RunRecord) -> [NotebookCell] {
        let found = known(record, .line).filter { $0.name.hasPrefix("theory_") }
        guard !found.isEmpty else { return [] }
        let list = found.map { "    \(NotebookText.python($0.groupName)),\n" }.joined()
        return [
            .markdown(
                "theory-text",
                """
                ## The theory of smoothing

                Smoothing is said to lower the largest eigenvalue because the Hessian of the mix is about the mix of the
                Hessians. The last panel measures how far that is off: the defect is the norm of their difference over the
                norm of the mix, and the theory needs it to be much smaller than 1. Dotted: the largest eigenvalue may not
                exceed this bound where the defect is 0. The controls tell what does not need a random model: `shrink`
                only makes the weights smaller, `noise` adds noise of the same size. A fall that a control shows as well
                is not due to smoothing. Bands: residuals of eigenvalues, one standard error elsewhere.
                """),
            .code("theory", "groups = [\n\(list)]\n\(theoryFigure)"),
        ]
    }

    private static let theoryFigure = #"""
        CURVES = {"theory_sff": ("αθ₁ + (1−α)θ₂", COLOURS[0], "o"), "theory_shrink": ("shrink: αθ₁", COLOURS[1], "s"),
                  "theory_noise": ("noise of equal size", COLOURS[2], "D")}
        SHOWN = [("loss", "standard_error", "loss"), ("lambda_max", "lambda_max_residual", "λ max (loss)"),
                 ("lambda_min", "lambda_min_residual", "λ min (loss)"), ("trace", "trace_error", "trace (loss)"),
                 ("frobenius", "frobenius_error", "Frobenius norm (loss)"), ("defect", "defect_error", "defect")]
        figure, axes = panels(6, columns=3, width=3.6, height=2.7)
        for group in groups:
            text, colour, marker = CURVES.get(group, (label(group), "0.5", "^"))
            for name, data in slices(f"lines/{group}").items():
                check_slice(name, data, ("t",), around_variant=False)
                for axis, (column, error, _) in zip(axes, SHOWN):
                    if column not in data:
                        continue
                    values = known(data, column)
                    band = known(data, error) if error in data else None
                    if band is not None and error.endswith("_residual"):
                        band = np.abs(band * values)
                    assert column not in ("frobenius", "defect") or not (values < 0).any()
                    curve(axis, data.t, values, band, color=colour, marker=marker, label=text)
                if "bound" in data:
                    # Affine in α.
                    bound = known(data, "bound")
                    t, b = data.t.values[np.isfinite(bound)], bound.values[np.isfinite(bound)]
                    if t.size > 1:
                        chord = b[0] + (b[-1] - b[0]) * (t - t[0]) / (t[-1] - t[0])
                        assert np.allclose(b, chord, rtol=1e-9, atol=1e-9 * np.abs(b).max())
                        axes[1].plot(t, b, color="black", linestyle=":", label="affine bound")
                        largest = known(data, "lambda_max").values[np.isfinite(bound)]
                        # Beyond what residuals leave open.
                        slack = 2 * known(data, "lambda_max_residual").values[np.isfinite(bound)] + 1e-3
                        above = t[largest - b > slack * np.abs(largest)]
                        print("λ max is above the bound at α =", ", ".join(number(a) for a in above) or "no point")
                print(f"{clean(group)}: {int((data.status == DONE).sum())} of {data.t.size} points are done")
        for axis, (_, _, title) in zip(axes, SHOWN):
            axis.set(title=title.removesuffix(" (loss)"), xlabel="α (0: random draw, 1: pre-trained)", ylabel=title)
        for axis in axes[:5]:
            values = spread(*(line.get_ydata() for line in axis.lines))
            axis.set_yscale("log" if is_logarithmic(values) else "linear")
        axes[5].axhline(1, color="0.4", linestyle="--", linewidth=0.8, label="defect of 1")
        legend(figure, axes)
        plt.show()
        """#
}
