// The cells after the last section: what else can be done with the file.
extension NotebookCell {
    /// - Parameter report: the folder of the report's figures, as the notebook sees it; `nil` where there are none.
    static func closing(report: String?) -> [NotebookCell] {
        var cells: [NotebookCell] = []
        if let report {
            cells = [
                .markdown(
                    "redraw-text",
                    """
                    ## Drawing a figure of the report again

                    The report's folder has a gnuplot script beside every picture, with the data in it. Change fonts, colours
                    or sizes there, and run `gnuplot NAME.gp` in that folder.
                    """),
                .code("redraw", "report = \(NotebookText.python(report))\n\(redraw)"),
            ]
        }
        return cells + [
            .markdown(
                "compare-text",
                """
                ## Comparing with another run

                Put another result file in place of `path`. Numbers are comparable where model, data, windows, loss and
                precision are the same; errors of the difference are those of independent runs, far too large where both
                saw the same windows.
                """),
            .code("compare", compare),
            .markdown(
                "csv-text",
                """
                ## Numbers as CSV

                Give `target` a file name to write all single numbers. A plane is a table as well:
                `load(VARIANTS[0], "planes/random").to_dataframe().to_csv("plane.csv")`. `landscape export FILE --format csv`
                writes everything.
                """),
            .code("csv", csv),
        ]
    }

    private static let redraw = #"""
        if os.path.isdir(report):
            for script in sorted(name for name in os.listdir(report) if name.endswith(".gp")):
                print("gnuplot", clean(script))
        else:
            print("no such folder:", clean(report))
        """#

    private static let compare = #"""
        other = path


        def numbers(path):
            """What a file is about, and its single numbers that are done: (variant, name) → (value, error)."""
            found = {}
            with h5py.File(path) as file:
                for group in file["variants"].values():
                    variant = str(group.attrs["name"])
                    for item, dataset in walk(group):
                        if is_scalar(dataset) and dataset.attrs["status"] == DONE:
                            found[variant, item] = (float(dataset[()]), float(dataset.attrs["standard_error"]))
                return dict(file.attrs), found


        (root, mine), (other_root, theirs) = numbers(path), numbers(other)
        for name in ["architecture", "source", "windows", "task", "loss", "precision", "seed"]:
            if str(root.get(name)) != str(other_root.get(name)):
                print(f"{name} differs: {clean(root.get(name))}, {clean(other_root.get(name))}")
        rows = []
        for variant, name in mine:
            if (variant, name) in theirs:
                (a, e), (b, f) = mine[variant, name], theirs[variant, name]
                difference = a - b if np.isfinite(a) and np.isfinite(b) else np.nan
                assert other != path or np.isnan(difference) or difference == 0, "a file equals itself"
                rows.append([variant, name, number(a), number(b), number(difference, np.hypot(e, f))])
        if other == path:
            print(f"put another file in place of path; all {len(rows)} numbers equal themselves")
        Table(["variant", "number", "this file", "other file", "difference"], rows if other != path else rows[:3])
        """#

    private static let csv = #"""
        import csv
        import io

        target = None  # for example "numbers.csv"
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["variant", "number", "value", "standard_error"])
        for (variant, name), (value, error) in mine.items():
            writer.writerow([variant, name, repr(value), repr(error)])
        if target:
            with open(target, "w", newline="", encoding="utf-8") as file:
                file.write(text.getvalue())
        lines = text.getvalue().splitlines()
        again = list(csv.reader(io.StringIO(text.getvalue())))
        assert len(again) == len(mine) + 1
        assert all(repr(float(row[2])) == row[2] for row in again[1:]), "every bit is kept"
        print(*map(clean, lines[:8]), f"... {len(mine)} numbers", sep="\n")
        """#
}
