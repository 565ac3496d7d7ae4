import Foundation
import OracleSupport
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

/// Exports that hold or describe a whole result file.
@Suite("Exports of whole files") struct WholeFileExportTests {
    private func record(_ folder: TemporaryFolder) throws -> RunRecord {
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        try file.complete()
        try file.close()
        return try RunReader.read(folder("run.h5"))
    }

    private func python(_ script: String, _ arguments: [String]) throws {
        let outcome = try ChildProcess.run(try #require(ChildProcess.python), ["-c", script] + arguments)
        #expect(outcome.status == 0 && outcome.output.hasSuffix("read as promised\n"), "\(outcome.output)")
    }

    private func error(_ body: () throws -> Void) throws -> String {
        "\(try #require(#expect(throws: ArchiveError.self, performing: body)))"
    }

    // MARK: NumPy

    @Test("Checksums are those of the standard")
    func checksum() {
        #expect(CyclicRedundancyCheck.of(Data("123456789".utf8)) == 0xCBF4_3926)
        #expect(CyclicRedundancyCheck.of(Data()) == 0)
        let bytes = Data((0..<1000).map { UInt8($0 % 251) })
        #expect(CyclicRedundancyCheck.of(bytes[100...]) == CyclicRedundancyCheck.of(Data(bytes[100...])))
    }

    @Test("An archive that would need ZIP64 is refused before it is written")
    func archiveLimit() throws {
        var zip = ZipArchive(path: "a.npz", largest: 300)
        try zip.add("a", Data(count: 100))
        let text = try error { try zip.add("b", Data(count: 100)) }
        #expect(text.contains("a.npz") && text.contains("ZIP64") && text.contains("csv"))
        #expect(zip.finished().count <= 300)
    }

    @Test("The same record gives the same bytes, and nothing is replaced unasked")
    func sameBytes() throws {
        let folder = try TemporaryFolder()
        let record = try record(folder)
        let keys = try NumPyArchive.write(record, to: folder("a.npz"), overwrite: false)
        try NumPyArchive.write(record, to: folder("b.npz"), overwrite: false)
        #expect(Set(keys).count == keys.count)
        let bytes = try [folder("a.npz"), folder("b.npz")].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        #expect(bytes[0] == bytes[1])
        #expect(throws: ArchiveError.outputExists(path: folder("a.npz"))) {
            try NumPyArchive.write(record, to: folder("a.npz"), overwrite: false)
        }
    }

    @Test(
        "NumPy reads every number of the HDF5 file under the same path, without pickle",
        .enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
    func numPy() throws {
        let folder = try TemporaryFolder()
        try NumPyArchive.write(record(folder), to: folder("run.npz"), overwrite: false)
        try python(
            """
            import sys, zipfile, numpy as np, h5py
            assert zipfile.ZipFile(sys.argv[1]).testzip() is None
            d = np.load(sys.argv[1], allow_pickle=False)
            with h5py.File(sys.argv[2]) as f:
                expected = {}
                f.visititems(lambda name, o: expected.update({name: o}) if isinstance(o, h5py.Dataset) else None)
                assert {k for k in d.files if "@" not in k} == set(expected), set(expected) ^ set(d.files)
                for name, o in expected.items():
                    if name == "manifest":
                        assert str(d[name]) == o.asstr()[()]
                        continue
                    assert d[name].dtype == o.dtype and d[name].shape == o.shape, (name, d[name].dtype, o.dtype)
                    assert d[name].tobytes() == np.asarray(o[()]).tobytes(), name
                loss = f["variants/sff:0.7/loss"]
                assert d["variants/sff:0.7/loss@standard_error"] == loss.attrs["standard_error"] == 0.5
            assert d["variants/sff:0.7/loss@samples"].dtype == np.int64 and d["variants/sff:0.7/loss"].shape == ()
            assert d["variants/sff:0.7@alpha"] == 0.7 and d["@seed"] == np.uint64(2**64 - 1)
            assert str(d["@title"]) == "sample \u{3B8}\u{2081}" and str(d["variants/sff:0.7/planes/filter@x_axis"]) == "filter"
            p = d["variants/sff:0.7/planes/filter/loss"]
            assert p.shape == (3, 5) and p[2, 1] == 1 + 200 - 0.5
            print("read as promised")
            """, [folder("run.npz"), folder("run.h5")])
    }

    // MARK: XDMF

    /// What a reader of XDMF does: the place after the last colon, the file before it beside the text, dimensions slowest first.
    @Test(
        "A reader of the XDMF text finds every plane and volume in the result file",
        .enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
    func xdmf() throws {
        let folder = try TemporaryFolder()
        let record = try record(folder)
        try FileManager.default.createDirectory(atPath: folder("a b/c"), withIntermediateDirectories: true)
        let (links, count) = try XDMFDescription.write(record, to: folder("a b/c/run.xmf"), overwrite: false)
        #expect(count == 6 && links == folder("a b/c/run.links.h5"))
        try python(
            """
            import os, sys, xml.etree.ElementTree as tree, numpy as np, h5py
            def read(item):
                assert item.get("Format") == "HDF"
                file, path = item.text.rsplit(":", 1)
                with h5py.File(os.path.join(os.path.dirname(sys.argv[1]), file)) as f:
                    data = f[path][()]
                    target = f.get(path.rsplit("/", 1)[0], getlink=True)
                kind = {"Float": "f", "UChar": "u", "Int": "i"}[item.get("NumberType")]
                assert data.dtype == np.dtype(f"<{kind}{item.get('Precision')}")
                assert list(data.shape) == [int(n) for n in item.get("Dimensions").split()]
                assert not os.path.isabs(target.filename), target.filename
                return data
            root = tree.parse(sys.argv[1]).getroot()
            assert root.tag == "Xdmf" and root.get("Version") == "2.0"
            grids = root.findall("Domain/Grid")
            assert len(grids) == 6
            for number, name in enumerate(["pretrained", "sff:0.7", "file:/models/a b.safetensors"]):
                for grid in grids[2 * number : 2 * number + 2]:
                    title = grid.get("Name")
                    assert title.startswith(name + " "), title
                    topology, geometry = grid.find("Topology"), grid.find("Geometry")
                    axes = [read(i) for i in geometry.findall("DataItem")]
                    shape = [len(a) for a in reversed(axes)]
                    assert [int(n) for n in topology.get("Dimensions").split()] == shape
                    flat = len(axes) == 2
                    assert topology.get("TopologyType") == ("2DRectMesh" if flat else "3DRectMesh")
                    assert geometry.get("GeometryType") == ("VXVY" if flat else "VXVYVZ")
                    assert title.endswith("planes/filter" if flat else "volumes/eigen")
                    x, y = axes[0][None, :], axes[1][:, None]
                    if flat:
                        expected = number + 100 * y + x
                        expected[0, 4] = np.inf
                    else:
                        expected = number + 1000 * axes[2][:, None, None] + (100 * y + x)[None]
                    values = {a.get("Name"): read(a.find("DataItem")) for a in grid.findall("Attribute")}
                    assert all(a.get("Center") == "Node" for a in grid.findall("Attribute"))
                    assert list(values) == ["loss", "standard_error", "status"], list(values)
                    assert np.array_equal(values["loss"], expected), title
                    assert (values["status"] == 1).all()
            print("read as promised")
            """, [folder("a b/c/run.xmf")])
    }

    @Test("Names are escaped; nothing to show, a colon and existing files are refused")
    func xdmfRefusals() throws {
        let folder = try TemporaryFolder()
        let text = XDMFDescription.document(
            [("a<b&\"c'\n", ExportTests.plane([0, 1], [0, 1, 2]))], links: "l.h5", title: "t")
        #expect(text.contains(#"<Grid Name="a&lt;b&amp;&quot;c&apos; " GridType="Uniform">"#))
        #expect(text.contains(#"TopologyType="2DRectMesh" Dimensions="3 2""#))

        let record = try record(folder)
        try XDMFDescription.write(record, to: folder("run.xmf"), overwrite: false)
        #expect(throws: ArchiveError.outputExists(path: folder("run.xmf"))) {
            try XDMFDescription.write(record, to: folder("run.xmf"), overwrite: false)
        }
        try XDMFDescription.write(record, to: folder("run.xmf"), overwrite: true)
        #expect(
            try error { try XDMFDescription.write(record, to: folder("a:b.xmf"), overwrite: false) }.contains("colon"))
        let empty = RunRecord(
            path: folder("run.h5"), schema: "", isComplete: true, title: "", command: "", created: "", history: "",
            seed: 0, fingerprint: "", software: [:], attributes: [:], manifestJSON: "", variants: [])
        let message = try error { try XDMFDescription.write(empty, to: folder("none.xmf"), overwrite: false) }
        #expect(message.contains("no planes") && message.contains("npz"))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder("")).sorted()
        #expect(left == ["run.h5", "run.links.h5", "run.xmf"])
    }
}
