/// What other readers must find in the sample file. Each script ends with "read as promised".
enum OracleScripts {
    static let h5py = """
        import sys, numpy as np, h5py, xarray as xr
        path = sys.argv[1]
        x = [-1, -0.5, 0, 0.5, 1]; y = [-2, 0, 2]
        expected = 1 + 100 * np.array(y)[:, None] + np.array(x)[None, :]
        expected[0, 4] = np.inf
        with h5py.File(path, "r") as f:
            assert f.attrs["schema"] == "landscape/1" and isinstance(f.attrs["schema"], str)
            assert f.attrs["title"] == "sample \u{3B8}\u{2081}", f.attrs["title"]
            assert f.attrs["complete"] == 1 and f.attrs["complete"].dtype == np.uint8
            assert f.attrs["seed"] == 2**64 - 1
            assert f["manifest"].asstr()[()].startswith("{")
            assert list(f["variants"]) == ["pretrained", "sff:0.7", "file:_models_a b.safetensors"]
            v = f["variants/sff:0.7"]
            assert v.attrs["name"] == "sff:0.7" and v.attrs["alpha"] == 0.7 and v.attrs["parameters"] == 67400000
            assert list(v) == ["loss", "gradient_norm", "curvature", "sharpness", "lines", "planes", "volumes"], list(v)
            assert v["loss"][()] == -0.25 and v["loss"].attrs["standard_error"] == 0.5
            assert v["loss"].attrs["samples"] == 11 and v["loss"].attrs["status"] == 1
            assert v["loss"].attrs["windows"] == 256
            assert np.isinf(v["gradient_norm"][()])
            p = v["planes/filter"]
            assert list(p) == ["x", "y", "loss", "standard_error", "status"]
            assert p["loss"].shape == (3, 5) and np.array_equal(p["loss"][()], expected)
            assert p["loss"].dims[0][0].name.endswith("/y") and p["loss"].dims[1][0].name.endswith("/x")
            assert p["loss"].dims[1].keys() == ["x"], p["loss"].dims[1].keys()
            assert p["status"].dtype == np.uint8 and (p["status"][()] == 1).all()
            b = v["volumes/eigen"]
            assert list(b) == ["x", "y", "z", "loss", "standard_error", "status"]
            assert b["loss"].shape == (2, 3, 5) and [d[0].name[-2:] for d in b["loss"].dims] == ["/z", "/y", "/x"]
            for obj in (p["loss"], b["loss"], v["lines/path/loss"], v["curvature/eigenvalues"]):
                assert obj.chunks is None and obj.compression is None
            def check(name, obj):
                if isinstance(obj, h5py.Dataset):
                    assert obj.dtype.kind in "fiuO" and obj.dtype != np.float16, (name, obj.dtype)
                for key, value in obj.attrs.items():
                    if key in ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"):
                        continue  # written by libhdf5's own dimension scales
                    assert not isinstance(value, (bytes, np.bytes_, bool, np.bool_)), (name, key)
            f.visititems(check)
        def same(group, names, dims):
            with xr.open_dataset(path, group=group, engine="h5netcdf") as d:
                for name in names:
                    assert d[name].dims == dims, (group, name, d[name].dims)
                return d.load()
        d = same("variants/sff:0.7/planes/filter", ["loss", "standard_error", "status"], ("y", "x"))
        assert d.x.values.tolist() == x and d.y.values.tolist() == y and "x" in d.coords
        assert float(d.loss.sel(y=2, x=-0.5)) == 200.5 and np.array_equal(d.loss.values, expected)
        assert d.status.dtype == np.uint8 and d.attrs["x_axis"] == "filter" and d.attrs["cosine"] == 0.01
        d = same("variants/sff:0.7/volumes/eigen", ["loss", "standard_error", "status"], ("z", "y", "x"))
        assert float(d.loss.sel(z=-5, y=2, x=0.5)) == 1 - 5000 + 200 + 0.5 and d.attrs["cosine_xz"] == 0.02
        d = same("variants/sff:0.7/lines/path", ["loss", "standard_error", "status"], ("t",))
        assert float(d.loss.sel(t=0.5)) == 0.75
        d = same("variants/sff:0.7/curvature", ["eigenvalues", "residuals", "converged"], ("eigenvalues_index",))
        assert d.eigenvalues.values.tolist() == [10, 4, 0] and d.converged.values.tolist() == [1, 1, 0]
        d = same("variants/sff:0.7/curvature/density", ["density"], ("eigenvalue",))
        assert d.eigenvalue.values.tolist() == [-3, 0, 3, 9] and d.density.attrs["bandwidth"] == 0.5
        d = same("variants/sff:0.7/curvature/density", ["nodes", "weights"], ("probe", "step"))
        d = same("variants/file:_models_a b.safetensors/planes/filter", ["loss"], ("y", "x"))
        assert float(d.loss[2, 0]) == 2 + 200 - 1
        d = same("variants/sff:0.7", ["loss"], ())
        assert float(d.loss) == -0.25 and d.loss.attrs["standard_error"] == 0.5
        same(None, [], ())
        print("read as promised")
        """

    static let netCDF4 = """
        import sys, numpy as np, netCDF4, xarray as xr
        path = sys.argv[1]
        def plane():
            with xr.open_dataset(path, group="variants/sff:0.7/planes/filter", engine="netcdf4") as d:
                return d.load()
        d = plane()
        assert d.loss.dims == ("y", "x") and d.status.dims == ("y", "x") and "x" in d.coords
        assert d.x.values.tolist() == [-1, -0.5, 0, 0.5, 1] and d.y.values.tolist() == [-2, 0, 2]
        assert float(d.loss.sel(y=2, x=-0.5)) == 200.5 and d.status.dtype == np.uint8, d.status.dtype
        with xr.open_dataset(path, group="variants/sff:0.7/curvature", engine="netcdf4") as e:
            assert e.eigenvalues.dims == ("eigenvalues_index",) and e.eigenvalues.values.tolist() == [10, 4, 0]
            assert float(e.trace) == -1e-300 and e.converged.values.tolist() == [1, 1, 0]
        with xr.open_dataset(path, group="variants/sff:0.7/lines/path", engine="netcdf4") as e:
            assert e.loss.dims == ("t",) and float(e.loss.sel(t=0.5)) == 0.75
        with xr.open_dataset(path, group="variants/sff:0.7/volumes/eigen", engine="netcdf4") as e:
            assert e.loss.dims == ("z", "y", "x") and float(e.loss.sel(z=5, y=0, x=-1)) == 1 + 5000 - 1
        with netCDF4.Dataset(path) as f:
            assert f.schema == "landscape/1" and f.complete == 1 and f.seed == 2**64 - 1
            assert f["manifest"][...].startswith("{")
            g = f["variants/sff:0.7/planes/filter"]
            assert list(g.dimensions) == ["x", "y"] and g["loss"].dimensions == ("y", "x"), g
            assert g["loss"].shape == (3, 5) and g["status"].flag_meanings == "pending done failed interpolated"
            assert "_FillValue" not in g["status"].ncattrs()
        with netCDF4.Dataset(path, "a") as f:
            f.note = "appended"
            g = f["variants/sff:0.7/planes/filter"]
            v = g.createVariable("smoothed", "f8", ("y", "x"))
            v[...] = g["loss"][...] + 1
        d = plane()
        assert d.smoothed.dims == ("y", "x") and float(d.smoothed.sel(y=2, x=-0.5)) == 201.5
        print("read as promised")
        """

    static let unfinished = """
        import sys, numpy as np, h5py, xarray as xr
        path = sys.argv[1]
        with h5py.File(path, "r") as f:
            assert f.attrs["complete"] == 0
            assert np.isnan(f["variants/pretrained/loss"][()])
        with xr.open_dataset(path, group="variants/sff:0.7/planes/filter", engine="h5netcdf") as d:
            assert int(d.loss.count()) == 1 and int((d.status == 1).sum()) == 1
            assert float(d.loss.where(d.status == 1).min()) == -3 and float(d.loss[0, 1]) == -3
        print("read as promised")
        """
}
