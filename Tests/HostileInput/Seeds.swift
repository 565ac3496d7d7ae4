import Archive
import Foundation

extension Reader {
    /// Small sound files of the format, of every kind that the reader knows: from `Tests/Fixtures`, made here, and the
    /// configurations under `experiments`.
    ///
    /// - Parameter root: the folder of the package.
    public func seeds(root: URL) throws -> [[UInt8]] {
        func fixture(_ name: String) throws -> [UInt8] {
            try Array(Data(contentsOf: root.appendingPathComponent("Tests/Fixtures/formats/\(name)")))
        }
        switch self {
        case .safetensors:
            return [
                try fixture("expected.safetensors"), try fixture("with_metadata.safetensors"),
                Seeds.safetensors(
                    #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F4","shape":[2,2],"data_offsets":[8,10]}}"#,
                    data: 10),
                Seeds.safetensors(#"{"":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}} "#, data: 1),
                Seeds.safetensors("{}", data: 0),
            ]
        case .pytorch:
            return try [
                "dtypes_strides.pth", "legacy_non_zip.pth", "lightning_like.ckpt", "linear_with_metadata.pth",
            ].map(fixture)
        case .table:
            return [
                "date,a,b\n2020-01-01 00:00:00,1,2\n2020-01-01 01:00:00,3.5,-4e-3\n", "a\n1\n2\n", "1 2 3 4\n",
                "1\n2\n3\n", "\u{FEFF}time;\"x \"\"y\"\"\";z\r\n\"1;2\";12345678901234567890123;.5\r\n",
                "a\tb\n1\t2\n\n", "ds,\"é\"\n\"a\nb\",7\n",
            ].map { Array($0.utf8) }
        case .configuration:
            return [
                "windows: 8\ncontext: 24\nmeasures: [loss, eigen]\nno-report: true\n",
                "variants:\n  - pretrained\n  - 'sff:0.7'\nlearning-rate: 1.0e-3\n# words\nquiet: false\n",
                "{data: a.csv, columns: [x, \"y\"], weights: !!str 1}\n", "range: &a 0.5\nseed: *a\n",
            ].map { Array($0.utf8) }
        case .result:
            return try [Seeds.result(isLarge: true), Seeds.result(isLarge: false)]
        }
    }
}

enum Seeds {
    static func safetensors(_ header: String, data: Int) -> [UInt8] {
        Frame.little(header.utf8.count, 8) + Array(header.utf8) + [UInt8](repeating: 0x3F, count: data)
    }

    /// A result file with an object of every kind, or with few.
    static func result(isLarge: Bool) throws -> [UInt8] {
        var variant = VariantPlan(
            name: "pretrained", kind: "pretrained", alpha: nil, weightsSHA256: String(repeating: "ab", count: 32),
            parameters: 7, attributes: [:], scalars: [ScalarPlan(path: "loss", longName: "mean loss")], arrays: [],
            lines: [], planes: [], volumes: [])
        if isLarge {
            variant.arrays = [.eigenvalues(count: 2)]
            variant.lines = [GridPlan(name: "path", t: [0, 1])]
            variant.planes = [GridPlan(name: "filter", x: [-1, 1], y: [0, 1])]
            variant.volumes = [GridPlan(name: "cube", x: [-1, 1], y: [0, 1], z: [2, 3])]
        }
        let plan = RunPlan(
            title: "seed", command: "landscape probe", seed: 1, software: ["landscape": "0"], manifestJSON: "{}",
            fingerprint: "f", created: Date(timeIntervalSince1970: 1_800_000_000), attributes: ["windows": 8],
            variants: [variant])
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("seed-\(UUID().uuidString).h5").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try RunFile.create(at: path, plan: plan)
        try file.close()
        return try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
