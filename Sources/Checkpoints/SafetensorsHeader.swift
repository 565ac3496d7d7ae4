import Foundation

/// The checked contents of a header.
struct SafetensorsHeader {
    let entries: [TensorEntry]
    let metadata: [String: String]

    init(_ bytes: [UInt8], dataLength: Int, file: String) throws(CheckpointError) {
        func fail(_ rule: CheckpointError.Rule, _ message: String) -> CheckpointError {
            CheckpointError(.malformed, rule, file, message)
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw fail(.invalidHeader, "the header is not UTF-8")
        }
        guard bytes.first == UInt8(ascii: "{") else {
            throw fail(.invalidHeaderStart, "the header must begin with '{'")
        }
        let json: StrictJSON
        do {
            json = try StrictJSONParser.parse(bytes)
        } catch {
            throw fail(
                error.isDuplicateKey ? .duplicateKey : .headerNotSchema,
                "the header is not valid JSON at byte \(error.offset): \(error.reason)")
        }
        guard case .object(let members) = json else {
            throw fail(.headerNotSchema, "the header must be a JSON object")
        }

        var metadata: [String: String] = [:]
        var entries: [TensorEntry] = []
        for (name, value) in members {
            if name == "__metadata__" {
                guard case .object(let pairs) = value else {
                    throw fail(.headerNotSchema, "'__metadata__' must map strings to strings")
                }
                for (key, text) in pairs {
                    guard case .string(let string) = text else {
                        throw fail(.headerNotSchema, "'__metadata__': the value of '\(key)' must be a string")
                    }
                    metadata[key] = string
                }
            } else {
                entries.append(try SafetensorsHeader.entry(name, value, file))
            }
        }

        // Sorted by offset the tensors must tile the data section: no overlap, no hole, no rest.
        var expected = 0
        let byOffset = entries.sorted {
            ($0.offsets.lowerBound, $0.offsets.upperBound) < ($1.offsets.lowerBound, $1.offsets.upperBound)
        }
        for entry in byOffset {
            guard entry.offsets.lowerBound == expected else {
                throw fail(
                    .invalidOffset,
                    "tensor '\(entry.name)' begins at byte \(entry.offsets.lowerBound) of the data, expected \(expected): "
                        + (entry.offsets.lowerBound < expected ? "tensors overlap" : "there is a hole"))
            }
            var bits = entry.type.bitWidth
            for size in entry.shape {
                let (product, overflow) = bits.multipliedReportingOverflow(by: size)
                guard !overflow else {
                    throw fail(.validationOverflow, "tensor '\(entry.name)': the shape \(entry.shape) overflows")
                }
                bits = product
            }
            guard bits % 8 == 0 else {
                throw fail(.misalignedSlice, "tensor '\(entry.name)' does not fill whole bytes")
            }
            guard entry.offsets.count == bits / 8 else {
                throw fail(
                    .tensorInvalidInfo,
                    "tensor '\(entry.name)' of type \(entry.type.rawValue) and shape \(entry.shape) takes \(bits / 8) bytes, "
                        + "its offsets span \(entry.offsets.count)")
            }
            expected = entry.offsets.upperBound
        }
        guard expected == dataLength else {
            throw fail(
                .metadataIncompleteBuffer,
                expected > dataLength
                    ? "the tensors need \(expected) bytes of data, the file holds \(dataLength): it is truncated, copy it again"
                    : "\(dataLength - expected) bytes follow the last tensor; the file is damaged or not safetensors")
        }
        self.entries = entries.sorted { $0.name < $1.name }
        self.metadata = metadata
    }

    private static func entry(_ name: String, _ value: StrictJSON, _ file: String) throws(CheckpointError)
        -> TensorEntry
    {
        func fail(_ rule: CheckpointError.Rule, _ message: String) -> CheckpointError {
            CheckpointError(.malformed, rule, file, "tensor '\(name)': \(message)")
        }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw fail(.invalidName, "the name holds control characters")
        }
        guard case .object(let members) = value else { throw fail(.headerNotSchema, "expected an object") }
        var type: TensorType?
        var shape: [Int]?
        var offsets: Range<Int>?
        for (key, value) in members {
            switch (key, value) {
            case ("dtype", .string(let text)):
                guard let known = TensorType(rawValue: text) else {
                    throw fail(.unknownType, "unknown dtype '\(text)'")
                }
                type = known
            case ("shape", .array(let sizes)):
                shape = try sizes.map { (size) throws(CheckpointError) -> Int in
                    guard case .integer(let number) = size, number >= 0 else {
                        throw fail(.headerNotSchema, "'shape' must hold non-negative integers")
                    }
                    return number
                }
            case ("data_offsets", .array(let pair)):
                guard pair.count == 2, case .integer(let begin) = pair[0], case .integer(let end) = pair[1], begin >= 0
                else { throw fail(.headerNotSchema, "'data_offsets' must be two non-negative integers") }
                guard end >= begin else {
                    throw fail(.invalidOffset, "'data_offsets' end before they begin: [\(begin), \(end)]")
                }
                offsets = begin..<end
            default:
                throw fail(.headerNotSchema, "unexpected '\(key)'; expected dtype, shape and data_offsets")
            }
        }
        guard let type, let shape, let offsets else {
            throw fail(.headerNotSchema, "dtype, shape and data_offsets must all be there")
        }
        return TensorEntry(name: name, type: type, shape: shape, offsets: offsets)
    }
}

/// A file of another format that is easily taken for safetensors.
enum ForeignFormat: String {
    case pytorch = "a PyTorch archive (zip)"
    case pickle = "a Python pickle (legacy PyTorch)"
    case hdf5 = "an HDF5 file"
    case gzip = "a gzip file"
    case text = "a text file"

    init?(_ magic: [UInt8]) {
        if magic.starts(with: [0x50, 0x4B]) {
            self = .pytorch
        } else if magic.first == 0x80, magic.count > 1, magic[1] <= 5 {
            self = .pickle
        } else if magic.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            self = .hdf5
        } else if magic.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if magic.count == 8, magic.allSatisfy({ (0x20..<0x7F).contains($0) || (9...13).contains($0) }) {
            self = .text
        } else {
            return nil
        }
    }

    func error(_ path: String) -> CheckpointError {
        return CheckpointError(
            .unsupported, .foreignFormat, path,
            "is \(rawValue), not a safetensors file; give the model.safetensors of the checkpoint")
    }
}
