import Archive

// The cells before the first section: what the file is, how it is read, what is in it.
extension NotebookCell {
    static func opening(_ record: RunRecord, path: String) -> [NotebookCell] {
        [
            .markdown(
                "title",
                """
                # \(NotebookText.markdown(record.title))

                This notebook reads a result file of `landscape` and draws what it holds. Every cell checks what it says
                of the file and stops where that does not hold, so a notebook that runs to its end has been checked. It
                needs numpy, h5py, xarray with h5netcdf, and matplotlib.

                `landscape report` writes it anew: keep what you change under another name. Sections are those of the
                file as it was then; more may come when the run goes on.
                """),
            .code("parameters", "path = \(NotebookText.python(path))", tags: ["parameters"]),
            .code("setup", setup),
            .code("tools", tools),
            .markdown(
                "overview-text",
                """
                ## What the file holds

                Compare numbers within this file: all variants saw the same windows, directions and random draws. Losses
                of other data, or of other windows, are not comparable.
                """),
            .code("overview", overview),
        ]
    }

    /// Imports, and how to read the file. It is closed after every look at it, so that a probe can go on writing.
    private static let setup = #"""
        import html
        import os
        import warnings

        import h5py
        import matplotlib.pyplot as plt
        import numpy as np
        import xarray as xr
        from matplotlib.colors import CenteredNorm, LogNorm, Normalize, SymLogNorm

        assert os.path.exists(path), f"{path} is not there; a relative path counts from the notebook's folder"
        PENDING, DONE, FAILED, INTERPOLATED = 0, 1, 2, 3

        with h5py.File(path) as file:
            ROOT = dict(file.attrs)
            GROUPS = {str(group.attrs["name"]): key for key, group in file["variants"].items()}
        VARIANTS = list(GROUPS)
        assert ROOT["schema"] == "landscape/1", ROOT["schema"]


        def walk(group, prefix=""):
            """All datasets below a group, in the order of the file: path, dataset."""
            for name, item in group.items():
                if isinstance(item, h5py.Group):
                    yield from walk(item, f"{prefix}{name}/")
                else:
                    yield prefix + name, item


        def is_scalar(item):
            """Whether a dataset is a single number with a status."""
            return isinstance(item, h5py.Dataset) and item.shape == () and "status" in item.attrs


        def scalar(variant, name):
            """A number with its attributes (status, standard_error, units ...), or None."""
            with h5py.File(path) as file:
                item = file["variants"][GROUPS[variant]].get(name)
                return {"value": float(item[()]), **item.attrs} if is_scalar(item) else None


        def array(variant, name):
            """An array that is done, with the datasets beside it that belong to it; or None."""
            with h5py.File(path) as file:
                item = file["variants"][GROUPS[variant]].get(name)
                if not isinstance(item, h5py.Dataset) or item.attrs.get("status") != DONE:
                    return None
                beside = str(item.attrs.get("ancillary_variables", "")).split()
                found = {"value": item[()], **{other: item.parent[other][()] for other in beside}}
                assert all(values.shape == item.shape for values in found.values()), name
                return {**found, "attributes": dict(item.attrs)}


        LOADED = {}


        def load(variant, group):
            """The datasets of a group of a variant, such as planes/random, in memory; or None. Read once."""
            key = (variant, group, os.stat(path).st_mtime_ns)
            if key not in LOADED:
                with h5py.File(path) as file:
                    exists = isinstance(file["variants"][GROUPS[variant]].get(group), h5py.Group)
                where = {"group": f"variants/{GROUPS[variant]}/{group}", "engine": "h5netcdf", "decode_times": False}
                LOADED[key] = xr.load_dataset(path, **where) if exists else None
            return LOADED[key]


        def slices(group):
            """One line, plane or volume of every variant that has it."""
            return {name: data for name in VARIANTS if (data := load(name, group)) is not None}


        def known(data, column="loss"):
            """A column where its points are done or interpolated, NaN elsewhere."""
            return data[column].where(data.status.isin([DONE, INTERPOLATED]))


        def check_slice(variant, data, axes, around_variant):
            """What holds of every slice, finished or not."""
            assert data.loss.dims == data.status.dims == axes, data.loss.dims
            assert set(np.unique(data.status)) <= {PENDING, DONE, FAILED, INTERPOLATED}
            done = (data.status == DONE).values
            assert not np.isnan(data.loss.values[done]).any(), "a loss that is done is a number"
            if "standard_error" in data:
                error = data.standard_error.values[done]
                assert not (error < 0).any()
            # At 0 along all axes stand the variant's own weights: the same loss to the last bit. Slices in bfloat16
            # are checked by the program, and shards may come from different machines.
            centre = [np.flatnonzero(data[axis].values == 0) for axis in axes]
            own = scalar(variant, "loss")
            if around_variant and own is not None and own["status"] == DONE and all(len(c) for c in centre):
                here = tuple(c[0] for c in centre)
                if done[here] and "precision_error" not in data.attrs and "merged_from" not in ROOT:
                    found = float(data.loss.values[here])
                    assert found == own["value"], f"{variant}: {found!r} at the centre, loss {own['value']!r}"
        """#

    /// How texts, tables and figures are made.
    private static let tools = #"""
        # Okabe and Ito's colours, which people with any colour vision tell apart; each with a marker of its own.
        COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F"]
        MARKERS = "osD^vPX*"
        STYLE = {
            name: {"color": COLOURS[i % 8], "marker": MARKERS[i % 8], "linestyle": ["-", "--", ":"][i // 8 % 3]}
            for i, name in enumerate(VARIANTS)
        }
        plt.rcParams.update({
            "figure.dpi": 96, "font.size": 9, "axes.titlesize": 10, "axes.grid": True, "grid.alpha": 0.25,
            "axes.axisbelow": True, "lines.markersize": 4, "lines.linewidth": 1.4, "image.cmap": "viridis",
            "figure.constrained_layout.use": True, "legend.frameon": False,
        })
        MATRICES = {"curvature": "Hessian", "curvature/ggn": "Gauss-Newton", "curvature/residual": "H − G",
                    "curvature/fisher": "empirical Fisher"}
        warnings.filterwarnings("ignore", message="Glyph")  # a name may have letters that the font lacks


        def clean(text, length=10**6):
            """One line without invisible characters; the middle is left out where it is too long."""
            text = "".join(c if c.isprintable() else "\ufffd" for c in str(text))
            return text if len(text) <= length else text[: length // 2] + "…" + text[-(length // 2) :]


        def label(text, length=30):
            """Text for a figure, where $ would begin a formula and a leading _ hides an entry of a legend."""
            text = clean(text, length).replace("$", r"\$")
            return " " + text if text.startswith("_") else text


        def number(value, error=np.nan):
            """Four digits, and two of the error."""
            text = "–" if np.isnan(value) else f"{value:.4g}"
            if np.isfinite(error):
                text += f" ± {float(f'{error:.2g}'):.6g}"
            return text.replace("-", "−")


        class Table:
            """Rows of text, as HTML in Jupyter and as plain text elsewhere."""

            def __init__(self, head, rows, caption=""):
                self.rows = [[clean(cell) for cell in row] for row in [head, *rows]]
                self.caption = caption

            def __repr__(self):
                widths = [max(map(len, column)) for column in zip(*self.rows)]
                lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in self.rows]
                return "\n".join([*lines, *([self.caption] if self.caption else [])])

            def _repr_html_(self):
                def text(cell):
                    # MathJax finds no formula across the borders of elements.
                    cell = html.escape(cell)
                    return cell.replace("$", "<span>$</span>").replace("\\", "<span>\\</span>")

                def line(cells, tag):
                    first, *rest = (text(cell) for cell in cells)
                    left = ' style="text-align:left"'
                    return f"<tr><th{left}>{first}</th>" + "".join(f"<{tag}>{c}</{tag}>" for c in rest) + "</tr>"

                body = "".join(line(row, "td") for row in self.rows[1:])
                note = f"<p>{text(self.caption)}</p>" if self.caption else ""
                return f"<table><thead>{line(self.rows[0], 'th')}</thead><tbody>{body}</tbody></table>{note}"


        def panels(count, columns=4, width=3.3, height=2.9, **options):
            """A figure of `count` panels."""
            columns = min(count, columns)
            rows = -(-count // columns)
            size = (max(width * columns, 4.2), height * rows)
            figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, **options)
            for axis in axes.flat[count:]:
                axis.set_visible(False)
            return figure, list(axes.flat[:count])


        def legend(figure, axes):
            """One legend below all panels, each entry once."""
            found = {}
            for axis in axes:
                for handle, text in zip(*axis.get_legend_handles_labels()):
                    found.setdefault(text, handle)
            if found:
                width = sum(len(text) + 8 for text in found) * 0.075
                columns = max(1, min(len(found), int(len(found) * figure.get_figwidth() / max(width, 0.1))))
                figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=columns)


        def curve(axis, x, y, error=None, **style):
            """Values over a coordinate with a band of their errors; few points get markers."""
            x, y = np.asarray(x, float), np.asarray(y, float)
            y = np.where(np.isfinite(y), y, np.nan)
            if np.isfinite(y).sum() > 15:
                style["marker"] = ""
            axis.plot(x, y, **style)
            if error is not None and np.isfinite(error).any():
                axis.fill_between(x, y - error, y + error, color=style.get("color"), alpha=0.2, linewidth=0)


        def spread(*arrays):
            """All finite values."""
            values = np.concatenate([np.ravel(np.asarray(a, float)) for a in arrays] or [[]])
            return values[np.isfinite(values)]


        def is_logarithmic(*arrays):
            """Whether values are all positive and differ by more than a factor of 30."""
            values = spread(*arrays)
            return values.size > 0 and values.min() > 0 and values.max() > 30 * values.min()


        def colour_scale(*arrays):
            """One scale of colours for all values: logarithmic for positive ones that differ much; linear near 0 and
            logarithmic beyond for others where a few are far from the rest."""
            values = spread(*arrays)
            if values.size == 0:
                return Normalize(0, 1)
            low, high = values.min(), values.max()
            if is_logarithmic(values):
                return LogNorm(low, high)
            if low == high:
                return Normalize(low - 1e-3 * max(abs(low), 1), high + 1e-3 * max(abs(high), 1))
            near = np.abs(np.quantile(values, [0.1, 0.9])).max()
            if low <= 0 and near > 0 and max(-low, high) > 100 * near:
                return SymLogNorm(near, vmin=low, vmax=high)
            return Normalize(low, high)
        """#

    private static let overview = #"""
        for name in ["title", "command", "created", "source", "architecture", "parameters", "task", "loss",
                     "precision", "windows", "seed", "fingerprint"]:
            if name in ROOT:
                print(f"{name:13}{clean(ROOT[name])}")

        counts, unfinished = {}, []
        with h5py.File(path) as file:
            for name, key in GROUPS.items():
                counts[name] = np.zeros(4, int)
                for item, dataset in walk(file["variants"][key]):
                    # Scalars and arrays have a status, the points of slices an array of them.
                    if item.endswith("/status"):
                        statuses = np.ravel(dataset[()])
                    elif "status" in dataset.attrs:
                        statuses = np.array([dataset.attrs["status"]])
                    else:
                        continue
                    tally = np.bincount(statuses, minlength=4)
                    counts[name] += tally
                    if tally[PENDING] or tally[FAILED]:
                        what = {"pending": tally[PENDING], "failed": tally[FAILED]}
                        words = ", ".join(f"{n} {word}" for word, n in what.items() if n)
                        unfinished.append(f"{clean(name)}: {clean(item.removesuffix('/status'))}: {words}")

        total = sum(counts.values(), np.zeros(4, int))
        is_complete = int(ROOT["complete"]) == 1
        print("complete" if is_complete else f"not complete: {total[PENDING]} numbers and points are pending")
        if unfinished:
            print("\n".join(["", *unfinished[:20], *([f"... {len(unfinished)} in all"] if len(unfinished) > 20 else [])]))
        assert not is_complete or total[PENDING] == 0, "a complete file has nothing pending"
        assert len(set(GROUPS.values())) == len(VARIANTS), "every variant has a group of its own"
        Table(["variant", "done", "pending", "failed", "interpolated"],
              [[name, *(str(tally[s]) for s in (DONE, PENDING, FAILED, INTERPOLATED))]
               for name, tally in counts.items()],
              caption="Numbers, arrays and points of slices by status.")
        """#
}
