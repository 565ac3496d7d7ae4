import Archive

// Measures of sharpness, and the chains behind one of them.
extension NotebookCell {
    static func sharpness(_ record: RunRecord) -> [NotebookCell] {
        let hasAny = record.variants.contains { variant in
            variant.scalars.contains { $0.path.hasPrefix("sharpness/") && $0.status == .done && $0.value.isFinite }
        }
        guard hasAny else { return [] }
        return [
            .markdown(
                "sharpness-text",
                """
                ## Sharpness

                Each measure in a panel of its own, since their units differ; bars are 95 % intervals (Student) from the
                windows or draws that the measure is a mean of, and measures without an error have none. Intervals of one
                variant overlap more than they should for a comparison: the table has the paired differences from the
                first variant, with * where the 95 % interval leaves out 0. With many measures some will do so by chance.
                Measures disagree, and none of them alone predicts how well fine-tuned weights generalise.
                """),
            .code("sharpness", sharpnessFigure), .code("sharpness-differences", sharpnessDifferences),
        ]
    }

    private static let sharpnessFigure = #"""
        measures = []
        with h5py.File(path) as file:
            for key in GROUPS.values():
                for name, item in file["variants"][key].get("sharpness", {}).items():
                    if is_scalar(item) and name not in measures:
                        measures.append(name)


        def student(n):
            """The 97.5 % quantile of Student's distribution for n samples, within 1 %."""
            if n < 2:
                return np.nan
            if n < 4:
                return [12.7062, 4.30265][n - 2]
            z, v = 1.959964, n - 1
            return (z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
                    + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3))


        figure, axes = panels(len(measures), columns=5, width=2.3, height=2.2)
        for axis, name in zip(axes, measures):
            unit = "1"
            for place, variant in enumerate(VARIANTS):
                found = scalar(variant, f"sharpness/{name}")
                style = {"color": STYLE[variant]["color"], "marker": STYLE[variant]["marker"], "linestyle": "none"}
                if found is not None:
                    unit = str(found["units"])
                if found is None or found["status"] != DONE or not np.isfinite(found["value"]):
                    axis.plot([], [], label=label(variant), **style)
                    axis.annotate("×", (place, 0.02), xycoords=("data", "axes fraction"), color="0.4", ha="center")
                    continue
                width = np.nan_to_num(student(int(found["samples"])) * float(found["standard_error"]), posinf=0)
                axis.errorbar(place, found["value"], width, capsize=2, elinewidth=1, label=label(variant), **style)
            axis.set(title=label(name, 24), ylabel=label(unit), xlim=(-0.7, len(VARIANTS) - 0.3), xticks=[])
            axis.margins(y=0.15)
        legend(figure, axes)
        plt.show()
        print("× : pending, failed, or not defined at these weights")
        """#

    private static let sharpnessDifferences = #"""
        rows = []
        for name in measures:
            cells = []
            for variant in VARIANTS[1:]:
                found = scalar(variant, f"sharpness/{name}")
                difference = float(found.get("difference", np.nan)) if found and found["status"] == DONE else np.nan
                if not np.isfinite(difference):
                    cells.append("–")
                    continue
                # The difference is the mean of the samples' differences.
                own, first = (array(v, f"sharpness/{name}_samples") for v in (variant, VARIANTS[0]))
                if own is not None and first is not None:
                    paired = own["value"] - first["value"]
                    size = np.abs([own["value"], first["value"]]).max()
                    assert abs(paired.mean() - difference) <= 1e-9 * size, (variant, name)
                width = student(int(found["samples"])) * float(found["difference_error"])
                text = number(difference)
                if np.isfinite(width):
                    star = " *" if abs(difference) > width else ""
                    text += f" [{number(difference - width)}, {number(difference + width)}]{star}"
                cells.append(text)
            what = next((f for v in VARIANTS if (f := scalar(v, f"sharpness/{name}")) is not None), {})
            rows.append([name, *cells, str(what.get("error_source", "")).removeprefix("over ")])
        head = [f"{variant} less {VARIANTS[0]}" for variant in VARIANTS[1:]]
        Table(["measure", *head, "error over"], rows)
        """#

    static func chains(_ record: RunRecord) -> [NotebookCell] {
        var paths: [String] = []
        for array in record.variants.flatMap(\.arrays)
        where array.path.hasSuffix("_chains") && array.shape.count == 2 && array.status == .done
            && array.values.contains(where: \.isFinite) && !paths.contains(array.path)
        {
            paths.append(array.path)
        }
        guard !paths.isEmpty else { return [] }
        return [
            .markdown(
                "chains-text",
                """
                ## Chains

                Thin: what each chain saw at each step, from one random batch. Thick: its running mean after the burn-in,
                which is grey. Dotted: the mean of all, which is the number. Chains have settled where R-hat is at most
                1.01; else the number is not to be quoted. Chains that have not left their common start agree for the
                wrong reason, and a trend shows that.
                """),
            .code("chains-functions", chainsFunctions),
        ]
            + paths.map {
                .code("chains-\($0.split(separator: "/").last ?? "")", "show_chains(\(NotebookText.python($0)))")
            }
    }

    private static let chainsFunctions = #"""
        def show_chains(name):
            group, _, base = name.rpartition("/")
            owner = base.removesuffix("_chains")
            found = {}
            for variant in VARIANTS:
                data = array(variant, name)
                if data is not None and np.isfinite(data["value"]).any():
                    found[variant] = (data, scalar(variant, f"{group}/{owner}"))
            if not found:
                return print("nothing is done yet")
            figure, axes = panels(len(found), columns=3, width=3.8, height=2.8)
            rows = []
            for axis, (variant, (data, value)) in zip(axes, found.items()):
                chains, burn_in = data["value"], int(data["attributes"].get("burn_in", 0))
                means = chains[:, burn_in:].mean(axis=1)
                steps = np.arange(chains.shape[1])
                axis.axvspan(-0.5, burn_in - 0.5, color="0.9", zorder=0)
                for i, chain in enumerate(chains):
                    colour = COLOURS[i % 8]
                    axis.plot(steps, chain, color=colour, linewidth=0.5, alpha=0.5)
                    running = np.cumsum(chain[burn_in:]) / np.arange(1, chain.size - burn_in + 1)
                    axis.plot(steps[burn_in:], running, color=colour, linewidth=2)
                note = ""
                if value is not None and value["status"] == DONE and np.isfinite(value["value"]):
                    axis.axhline(value["value"], color="black", linestyle=":")
                    # The number is the mean of what the chains saw after the burn-in.
                    assert np.isclose(means.mean(), value["value"], rtol=1e-6, atol=1e-9), (variant, means)
                    r_hat = float(value.get("r_hat", np.nan))
                    settled = int(np.nan_to_num(value.get("converged", 0))) == 1
                    note = f"\nR-hat {number(r_hat)}{'' if settled else ', not settled'}"
                    rows.append([variant, number(value["value"], float(value["standard_error"])), number(r_hat),
                                 number(float(value.get("effective_draws", np.nan))), "yes" if settled else "no",
                                 ", ".join(number(m) for m in means)])
                axis.set(title=label(variant) + note, xlabel="step", ylabel=label(owner))
            plt.show()
            return Table(["variant", "value", "R-hat", "effective draws", "settled", "means of the chains"], rows)
        """#
}
