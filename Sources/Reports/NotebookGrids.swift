import Archive

// Planes, volumes and the map of convexity.
extension NotebookCell {
    static func planes(_ record: RunRecord) -> [NotebookCell] {
        let found = known(record, .plane).filter { $0.name != "convexity" }
        guard !found.isEmpty else { return [] }
        let cells = found.flatMap { plane -> [NotebookCell] in
            let all = record.variants.flatMap(\.planes).filter { $0.groupName == plane.groupName }
            let id = "planes-\(plane.groupName.prefix(30))"
            let arguments = arguments(plane)
            var cells = [NotebookCell.code(id, "show_planes(\(arguments))")]
            let isFlat = plane.x.count == 1 || plane.y.count == 1
            if all.count > 1 && !isFlat {
                cells.append(.code("\(id)-own", "show_planes(\(arguments), own_scales=True)"))
            }
            for column in ["difference", "directions_deviation"] where all.contains(where: { isKnown($0, column) }) {
                cells.append(
                    .code("\(id)-\(column)", "show_planes(\(arguments), column=\(NotebookText.python(column)))"))
            }
            if !isFlat { cells.append(.code("\(id)-surface", "show_surface(\(arguments))")) }
            return cells
        }
        return [
            .markdown(
                "planes-text",
                """
                ## Planes

                The loss over two directions, the same two for every variant and on one scale of colours; lines join
                points of equal loss, a cross is the variant's own weights, grey was not computed or is not finite. Where
                points were interpolated, dots are those evaluated. Then the same with a scale for each variant, which
                shows shapes but not heights, and as surfaces. A plane shows two of very many directions and depends on
                the range and the normalisation of its axes: let it raise questions, and answer them with numbers.
                """),
            .code("maps-functions", mapsFunctions), .code("planes-functions", planesFunctions),
            .code("surfaces-functions", surfacesFunctions),
        ] + cells
    }

    /// What planes, volumes and the map of convexity share.
    private static let mapsFunctions = #"""
        def edges(centres):
            """Borders of the cells around coordinates, one of which has a width of 1."""
            c = np.asarray(centres, float)
            if c.size == 1:
                return np.array([c[0] - 0.5, c[0] + 0.5])
            middle = (c[1:] + c[:-1]) / 2
            return np.concatenate([[c[0] - (middle[0] - c[0])], middle, [c[-1] + (c[-1] - middle[-1])]])


        def heat(axis, x, y, values, norm, cmap="viridis"):
            """A map with lines of equal value; what is not finite is grey."""
            values = np.ma.masked_invalid(np.asarray(values, float))
            image = axis.pcolormesh(edges(x), edges(y), values, norm=norm, cmap=cmap, rasterized=True)
            axis.set_facecolor("0.8")
            axis.grid(False)
            if min(values.shape) > 1 and values.count() > 3:
                levels = np.asarray(norm.inverse(np.linspace(0, 1, 12)[1:-1]))
                levels = levels[(levels > values.min()) & (levels < values.max())]
                if levels.size:
                    colour = "white" if cmap == "viridis" else "0.3"
                    axis.contour(x, y, values, levels=levels, colors=colour, linewidths=0.7, alpha=0.8, linestyles="solid")
            return image


        def axis_label(data, name):
            """What a coordinate is, in a few words."""
            shares = np.atleast_1d(data.attrs.get("explained_variance", []))
            place = "xyz".index(name)
            if place < len(shares):
                return f"{name}: principal component {place + 1} ({100 * shares[place]:.1f} %)"
            return f"{name} (lengths of axis {place + 1})"


        def draw_marks(axis, data, through_weights):
            """The variant's own weights, other weights on the slice, and a trajectory."""
            a = data.attrs
            if not through_weights and all(data[n].min() <= 0 <= data[n].max() for n in "xy"):
                axis.plot(0, 0, "+", color="black", markersize=9, markeredgewidth=3)
                axis.plot(0, 0, "+", color="white", markersize=8, markeredgewidth=1.2)
            way = [np.atleast_1d(a.get(f"trajectory_{n}", [])) for n in "xy"]
            if len(way[0]):
                axis.plot(*way, color="#D55E00", marker="o", markersize=2.5, linewidth=1)
            marks = [(m, x, y) for m, x, y in zip(*(np.atleast_1d(a.get(k, [])) for k in ("marks", "marks_x", "marks_y")))]
            if len(way[0]):
                marks += [("start", way[0][0], way[1][0]), ("end", way[0][-1], way[1][-1])]
            for text, x, y in marks:
                axis.plot(x, y, "o", mfc="white", mec="black", markersize=5)
                axis.annotate(label(text, 18), (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8,
                              bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1})
        """#

    private static let planesFunctions = #"""
        def show_planes(group, through_weights=False, column=None, own_scales=False):
            found = slices(f"planes/{group}")
            titles, values = {}, {}
            for name, data in found.items():
                check_slice(name, data, ("y", "x"), not through_weights or group == "variants")
                shown = column or ("directions_mean" if "directions_mean" in data else "loss")
                if shown in data:
                    assert data[shown].dims == ("y", "x") and data[shown].shape == (data.y.size, data.x.size)
                    values[name] = known(data, shown)
                    titles[name] = "through the weights" if through_weights else label(name)
            quantity = {"difference": f"loss less that of {label(VARIANTS[0])}",
                        "directions_deviation": "deviation over directions (loss)"}.get(column, "loss")
            first = next(iter(found.values()))
            if min(first.x.size, first.y.size) == 1:
                # A plane of one row or column is a line.
                along = "x" if first.x.size >= first.y.size else "y"
                figure, (axis,) = panels(1, width=5.6, height=3.2)
                for name, v in values.items():
                    curve(axis, v[along], np.ravel(v), **STYLE[name], label=titles[name])
                axis.set(title=label(f"plane {group}, one row"), xlabel=axis_label(first, along), ylabel=quantity)
                axis.set_yscale("log" if is_logarithmic(*values.values()) else "linear")
                legend(figure, [axis])
            else:
                figure, axes = panels(len(values), width=3.4 if own_scales else 2.9, height=2.8)
                finite = spread(*values.values())
                common = colour_scale(finite)
                if column == "difference" and finite.size:
                    common = CenteredNorm(0, np.abs(finite).max() or 1)
                cmap = "PuOr_r" if column == "difference" else "viridis"
                for axis, (name, v) in zip(axes, values.items()):
                    norm = colour_scale(v) if own_scales else common
                    image = heat(axis, v.x, v.y, v, norm, cmap)
                    data = found[name]
                    if (data.status == INTERPOLATED).any():
                        j, i = np.nonzero(data.status.values == DONE)
                        axis.plot(data.x.values[i], data.y.values[j], ".", color="black", markersize=1.5)
                    draw_marks(axis, data, through_weights)
                    axis.set(title=titles[name], xlabel=axis_label(data, "x"))
                    if axis in axes[::4]:
                        axis.set_ylabel(axis_label(data, "y"))
                    if own_scales:
                        figure.colorbar(image, ax=axis, label=quantity)
                if not own_scales:
                    figure.colorbar(image, ax=axes, label=quantity, shrink=0.9)
                scale = "a scale for each" if own_scales else "one scale"
                figure.suptitle(label(f"{quantity}, plane {group}: {scale}", 80), fontsize=10)
            plt.show()
            if own_scales:
                return
            rows = []
            for name, v in values.items():
                row = ["through the weights" if through_weights else name]
                row.append(f"{int((found[name].status == DONE).sum())} of {v.size}")
                finite = np.where(np.isfinite(v), v, np.nan)
                for end in (np.nanargmin, np.nanargmax) if np.isfinite(finite).any() else ():
                    j, i = np.unravel_index(end(finite), finite.shape)
                    row += [number(finite[j, i]), f"({number(float(v.x[i]))}, {number(float(v.y[j]))})"]
                rows.append(row + [""] * (6 - len(row)))
            axes_text = "; ".join(f"{n}: {clean(first.attrs[f'{n}_axis'])}" for n in "xy" if f"{n}_axis" in first.attrs)
            if "cosine" in first.attrs:
                axes_text += f"; cosine between them {number(float(first.attrs['cosine']))}"
            return Table(["variant", "points done", "smallest", "at (x, y)", "largest", "at (x, y)"], rows, axes_text)
        """#

    private static let surfacesFunctions = #"""
        def show_surface(group, through_weights=False):
            """The planes as surfaces on one scale; logarithms where the heat map has them."""
            found = slices(f"planes/{group}")
            column = "directions_mean" if all("directions_mean" in d for d in found.values()) else "loss"
            values = {name: known(data, column) for name, data in found.items()}
            values = {name: v.where(np.isfinite(v)) for name, v in values.items()}
            is_log = is_logarithmic(*values.values())
            if is_log:
                values = {name: np.log10(v) for name, v in values.items()}
            norm = colour_scale(*values.values()) if not is_log else Normalize(*np.quantile(spread(*values.values()), [0, 1]))
            figure, axes = panels(len(values), width=3.5, height=3.2, subplot_kw={"projection": "3d"})
            for axis, (name, v) in zip(axes, values.items()):
                x, y = np.meshgrid(v.x, v.y)
                axis.plot_surface(x, y, v.values, cmap="viridis", norm=norm, rstride=1, cstride=1, linewidth=0.2,
                                  edgecolor=(0, 0, 0, 0.25), antialiased=True)
                axis.set(xlabel="x", ylabel="y", zlim=(norm.vmin, norm.vmax))
                axis.set_zlabel("log₁₀ loss" if is_log else "loss", labelpad=2)
                axis.set_title("through the weights" if through_weights else label(name))
                axis.tick_params(labelsize=7, pad=0)
                axis.locator_params(nbins=5)
                axis.set_box_aspect((1, 1, 0.75), zoom=0.85)
                axis.view_init(elev=28, azim=-60)
            plt.show()
        """#

    static func volumes(_ record: RunRecord) -> [NotebookCell] {
        let found = known(record, .volume)
        guard !found.isEmpty else { return [] }
        return [
            .markdown(
                "volumes-text",
                """
                ## Volumes

                The loss over three directions as three cuts through the middle, one row for each variant and one scale
                of colours. Grey was not computed or is not finite. What lies off the cuts is not seen here.
                """),
            .code("maps-functions", mapsFunctions), .code("volumes-functions", volumesFunctions),
        ] + found.map { .code("volumes-\($0.groupName)", "show_volume(\(arguments($0)))") }
    }

    private static let volumesFunctions = #"""
        def show_volume(group, through_weights=False):
            found = slices(f"volumes/{group}")
            values = {}
            for name, data in found.items():
                check_slice(name, data, ("z", "y", "x"), not through_weights or group == "variants")
                assert data.loss.shape == (data.z.size, data.y.size, data.x.size)
                values[name] = known(data, "directions_mean" if "directions_mean" in data else "loss")
            norm = colour_scale(*values.values())
            figure, axes = panels(3 * len(values), columns=3, width=2.9, height=2.3)
            for row, (name, v) in enumerate(values.items()):
                title = "through the weights" if through_weights else label(name)
                for axis, (fixed, x, y) in zip(axes[3 * row :], [("z", "x", "y"), ("y", "x", "z"), ("x", "y", "z")]):
                    place = int(np.abs(v[fixed].values).argmin())
                    cut = v.isel({fixed: place})
                    image = heat(axis, cut[x], cut[y], cut.transpose(y, x), norm)
                    axis.set(title=f"{title}\n{fixed} = {number(float(v[fixed][place]))}",
                             xlabel=axis_label(found[name], x), ylabel=axis_label(found[name], y))
            figure.colorbar(image, ax=axes, label="loss", shrink=0.8, aspect=30)
            plt.show()
            first = next(iter(found.values()))
            texts = [f"{n}: {clean(first.attrs[f'{n}_axis'])}" for n in "xyz" if f"{n}_axis" in first.attrs]
            return Table(["variant", "points done", "infinite", "smallest loss", "largest loss"],
                         [[name, f"{int((found[name].status == DONE).sum())} of {v.size}", str(int(np.isinf(v).sum())),
                           *(number(f(spread(v))) if spread(v).size else "" for f in (np.min, np.max))]
                          for name, v in values.items()], caption="; ".join(texts))
        """#

    static func convexity(_ record: RunRecord) -> [NotebookCell] {
        guard
            let plane = record.variants.compactMap({ $0.plane("convexity") }).first(where: { isKnown($0, "ratio") })
        else { return [] }
        return [
            .markdown(
                "convexity-text",
                """
                ## Convexity

                |λ min / λ max| of the Hessian at every point: 0 where the loss is convex, 1 where it bends down as
                strongly as up. A surface can look convex in two directions where this ratio is not small.
                """),
            .code("maps-functions", mapsFunctions),
            .code("convexity", "group = \(NotebookText.python("planes/" + plane.groupName))\n\(convexityFigure)"),
        ]
    }

    private static let convexityFigure = #"""
        found = slices(group)
        values = {}
        for name, data in found.items():
            assert data.ratio.dims == data.status.dims == ("y", "x")
            values[name] = ratio = known(data, "ratio")
            smallest, largest = known(data, "lambda_min").values, known(data, "lambda_max").values
            assert not (ratio.values < 0).any() and not (ratio.values[smallest >= 0] != 0).any()
            saddle = (smallest < 0) & (largest > 0) & np.isfinite(ratio.values)
            assert np.allclose(ratio.values[saddle], -smallest[saddle] / largest[saddle], rtol=1e-9)
        first = next(iter(found.values()))
        if min(first.x.size, first.y.size) == 1:
            along = "x" if first.x.size >= first.y.size else "y"
            figure, (axis,) = panels(1, width=5.6, height=3.2)
            for name, v in values.items():
                curve(axis, v[along], np.ravel(v), **STYLE[name], label=label(name))
            axis.set(title="convexity along a line", xlabel=axis_label(first, along), ylabel="|λ min / λ max|")
            legend(figure, [axis])
        else:
            figure, axes = panels(len(values), width=2.9, height=2.8)
            top = spread(*values.values()).max(initial=0)
            for axis, (name, v) in zip(axes, values.items()):
                image = heat(axis, v.x, v.y, v, Normalize(0, top or 1))
                draw_marks(axis, found[name], through_weights=False)
                axis.set(title=label(name), xlabel=axis_label(found[name], "x"), ylabel=axis_label(found[name], "y"))
            figure.colorbar(image, ax=axes, label="|λ min / λ max|", shrink=0.9)
        plt.show()
        Table(["variant", "points done", "least", "greatest"],
              [[name, f"{int((found[name].status == DONE).sum())} of {v.size}",
                *(number(f(spread(v))) if spread(v).size else "" for f in (np.min, np.max))]
               for name, v in values.items()])
        """#
}
