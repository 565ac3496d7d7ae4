import Foundation
import OracleSupport
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Other readers", .enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
struct InteroperabilityTests {
    private func finished(_ folder: TemporaryFolder) throws -> String {
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        try file.complete()
        try file.close()
        return folder("run.h5")
    }

    private func python(_ script: String, _ path: String) throws {
        let outcome = try ChildProcess.run(try #require(ChildProcess.python), ["-c", script, path])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.hasSuffix("read as promised\n"))
    }

    @Test("h5py and xarray with h5netcdf find text, coordinates and rows = y")
    func h5pyAndH5netcdf() throws {
        let folder = try TemporaryFolder()
        try python(OracleScripts.h5py, finished(folder))
    }

    @Test("netCDF4 and xarray with it find the same, and can append; the file stays readable for us")
    func netCDF4() throws {
        let folder = try TemporaryFolder()
        let path = try finished(folder)
        let before = try flattened(RunReader.read(path))
        try python(OracleScripts.netCDF4, path)
        let record = try RunReader.read(path)
        var after = flattened(record)
        #expect(after.removeValue(forKey: "@note") == "\(AttributeValue.string("appended"))")
        #expect(record.variant("sff:0.7")?.plane("filter")?.columns.map(\.name) == ["loss", "standard_error"])
        #expect(after == before)
        try RunFile.open(resuming: path, plan: SampleRun.plan()).close()
    }

    @Test("An unfinished file opens as well, its pending points NaN")
    func unfinished() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try file.setPlanePoint(variant: "sff:0.7", plane: "filter", row: 0, column: 1, loss: -3)
        try file.close()
        try python(OracleScripts.unfinished, folder("run.h5"))
    }
}
