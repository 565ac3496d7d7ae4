import Archive

// A file of `landscape experiment`: one group for each fine-tuning.
extension NotebookCell {
    static func experiment(_ record: RunRecord) -> [NotebookCell] {
        [
            .markdown(
                "experiment-text",
                """
                ## Fine-tunings

                Every number of every fine-tuning: `start/` before training, `tuned/` and `test/` after it. Those that
                diverged say failed. Below are means over seeds ± their standard deviation: with few seeds, small
                differences show nothing. `landscape experiment FILE` has the paired tests.
                """),
            .code("experiment", experimentTable), .code("experiment-means", experimentMeans),
            .code("experiment-figure", experimentFigure),
        ]
    }

    private static let experimentTable = #"""
        assert int(ROOT["experiment"]) == 1
        names, cells, about = [], {}, {}
        with h5py.File(path) as file:
            for variant, key in GROUPS.items():
                group, cells[variant] = file["variants"][key], {}
                about[variant] = {k: str(group.attrs.get(k, "")) for k in ("kind", "model", "data", "strategy")}
                for item, dataset in walk(group):
                    if is_scalar(dataset):
                        cells[variant][item] = (int(dataset.attrs["status"]), float(dataset[()]))
                        if item not in names:
                            names.append(item)


        def text(variant, name):
            status, value = cells[variant].get(name, (None, np.nan))
            return {None: "", PENDING: "pending", FAILED: "failed"}.get(status, number(value))


        finished = sum(all(s == DONE for s, _ in found.values()) for found in cells.values())
        print(f"{finished} of {len(VARIANTS)} groups have all their numbers")
        Table(["fine-tuning", *names], [[v, *(text(v, name) for name in names)] for v in VARIANTS])
        """#

    private static let experimentMeans = #"""
        settings = {}
        for variant, what in about.items():
            settings.setdefault((what["model"], what["data"], what["strategy"]), []).append(variant)


        def values(variants, name):
            found = [cells[v][name] for v in variants if name in cells[v]]
            return np.array([value for status, value in found if status == DONE and np.isfinite(value)])


        def summary(variants, name):
            found = values(variants, name)
            if not found.size:
                return "–"
            return number(found.mean(), found.std(ddof=1) if found.size > 1 else np.nan)


        assert sum(map(len, settings.values())) == len(VARIANTS)
        Table(["model", "data", "strategy", "fine-tunings", *names],
              [[*setting, str(len(found)), *(summary(found, name) for name in names)]
               for setting, found in settings.items()], caption="Mean ± standard deviation over those that are done.")
        """#

    private static let experimentFigure = #"""
        shown = [name for name in names if name.startswith("test/")] or names[:1]
        places = sorted({setting[:2] for setting in settings if about[settings[setting][0]]["kind"] != "baseline"})
        for model, series in places:
            found = {s: v for (m, d, s), v in settings.items() if d == series and m in (model, "")}
            chosen = [name for name in shown if any(values(v, name).size for v in found.values())]
            if not chosen:
                print(f"{clean(model)} on {clean(series)}: nothing is done yet")
                continue
            figure, axes = panels(len(chosen), columns=3, width=4.2, height=0.26 * len(found) + 1.1)
            for axis, name in zip(axes, chosen):
                for place, (strategy, variants) in enumerate(found.items()):
                    v = values(variants, name)
                    axis.plot(v, np.full(v.size, place), "o", color=COLOURS[0], alpha=0.5)
                    if v.size > 1:
                        axis.plot(v.mean(), place, "|", color="black", markersize=12, markeredgewidth=2)
                axis.set(xlabel=label(name), title=label(f"{model} on {series}"))
                axis.set_yticks(range(len(found)), [label(s) for s in found])
                axis.set_ylim(len(found) - 0.5, -0.5)
                axis.locator_params(axis="x", nbins=5)
            plt.show()
        print("dots: fine-tunings; bars: their means")
        """#
}
