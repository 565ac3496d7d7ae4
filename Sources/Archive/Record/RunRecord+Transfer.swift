// Records between the process that read the file and the one that asked for it, field by field.

extension RunRecord: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        self.init(
            path: try reader.text(), schema: try reader.text(), isComplete: try reader.bool(),
            title: try reader.text(), command: try reader.text(), created: try reader.text(),
            history: try reader.text(), seed: try reader.unsigned(), fingerprint: try reader.text(),
            software: try reader.dictionary(), attributes: try reader.dictionary(), manifestJSON: try reader.text(),
            variants: try reader.values())
    }

    func put(into writer: inout ByteWriter) {
        writer.put(path)
        writer.put(schema)
        writer.put(isComplete)
        for text in [title, command, created, history] { writer.put(text) }
        writer.put(seed)
        writer.put(fingerprint)
        writer.put(software)
        writer.put(attributes)
        writer.put(manifestJSON)
        writer.put(variants)
    }
}

extension VariantRecord: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        self.init(
            name: try reader.text(), groupName: try reader.text(), kind: try reader.text(),
            alpha: try reader.bool() ? try reader.double() : nil, weightsSHA256: try reader.text(),
            parameters: try reader.integer(), attributes: try reader.dictionary(), scalars: try reader.values(),
            arrays: try reader.values(), lines: try reader.values(), planes: try reader.values(),
            volumes: try reader.values())
    }

    func put(into writer: inout ByteWriter) {
        for text in [name, groupName, kind] { writer.put(text) }
        writer.put(alpha != nil)
        if let alpha { writer.put(alpha) }
        writer.put(weightsSHA256)
        writer.put(parameters)
        writer.put(attributes)
        writer.put(scalars)
        writer.put(arrays)
        for grids in [lines, planes, volumes] { writer.put(grids) }
    }
}

extension ScalarRecord: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        self.init(
            path: try reader.text(), value: try reader.double(), standardError: try reader.double(),
            samples: try reader.integer(), seconds: try reader.double(), status: try reader.value(),
            longName: try reader.text(), units: try reader.text(), attributes: try reader.dictionary())
    }

    func put(into writer: inout ByteWriter) {
        writer.put(path)
        writer.put(value)
        writer.put(standardError)
        writer.put(samples)
        writer.put(seconds)
        writer.put(status)
        writer.put(longName)
        writer.put(units)
        writer.put(attributes)
    }
}

extension ArrayRecord: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        self.init(
            path: try reader.text(), shape: try reader.values(), dimensions: try reader.values(),
            values: try reader.doubles(), companions: try reader.values(), seconds: try reader.double(),
            status: try reader.value(), longName: try reader.text(), units: try reader.text(),
            attributes: try reader.dictionary())
    }

    func put(into writer: inout ByteWriter) {
        writer.put(path)
        writer.put(shape)
        writer.put(dimensions)
        writer.put(values)
        writer.put(companions)
        writer.put(seconds)
        writer.put(status)
        writer.put(longName)
        writer.put(units)
        writer.put(attributes)
    }
}

extension ColumnRecord: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        self.init(
            name: try reader.text(), values: try reader.doubles(), longName: try reader.text(),
            units: try reader.text(), element: try reader.value())
    }

    func put(into writer: inout ByteWriter) {
        writer.put(name)
        writer.put(values)
        writer.put(longName)
        writer.put(units)
        writer.put(element)
    }
}

extension ColumnRecord.Element: ByteTransferable {
    private static let all: [ColumnRecord.Element] = [.float, .integer, .byte]

    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        let code = try reader.unsigned()
        guard code < ColumnRecord.Element.all.count else { throw ByteReader.Failure() }
        self = ColumnRecord.Element.all[Int(code)]
    }

    func put(into writer: inout ByteWriter) {
        switch self {
        case .float: writer.put(0 as UInt64)
        case .integer: writer.put(1 as UInt64)
        case .byte: writer.put(2 as UInt64)
        }
    }
}

extension GridRecord: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        let name = try reader.text()
        let groupName = try reader.text()
        var coordinates: [[Double]] = []
        for _ in 0..<min(try reader.unsigned(), UInt64(GridKind.allCases.count)) {
            coordinates.append(try reader.doubles())
        }
        self.init(
            name: name, groupName: groupName, coordinates: coordinates, columns: try reader.values(),
            status: try reader.values(), attributes: try reader.dictionary())
    }

    func put(into writer: inout ByteWriter) {
        writer.put(name)
        writer.put(groupName)
        writer.put(UInt64(coordinates.count))
        for values in coordinates { writer.put(values) }
        writer.put(columns)
        writer.put(status)
        writer.put(attributes)
    }
}

extension ItemStatus: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        guard let code = UInt8(exactly: try reader.unsigned()), let status = ItemStatus(rawValue: code) else {
            throw ByteReader.Failure()
        }
        self = status
    }

    func put(into writer: inout ByteWriter) { writer.put(UInt64(rawValue)) }
}

extension AttributeValue: ByteTransferable {
    init(from reader: inout ByteReader) throws(ByteReader.Failure) {
        switch try reader.unsigned() {
        case 0: self = .string(try reader.text())
        case 1: self = .double(try reader.double())
        case 2: self = .int(try reader.integer())
        case 3: self = .unsigned(try reader.unsigned())
        case 4: self = .strings(try reader.values())
        case 5: self = .doubles(try reader.doubles())
        case 6: self = .ints(try reader.values())
        default: throw ByteReader.Failure()
        }
    }

    func put(into writer: inout ByteWriter) {
        func begin(_ code: UInt64) { writer.put(code) }
        switch self {
        case .string(let text):
            begin(0)
            writer.put(text)
        case .double(let number):
            begin(1)
            writer.put(number)
        case .int(let number):
            begin(2)
            writer.put(number)
        case .unsigned(let number):
            begin(3)
            writer.put(number)
        case .strings(let texts):
            begin(4)
            writer.put(texts)
        case .doubles(let numbers):
            begin(5)
            writer.put(numbers)
        case .ints(let numbers):
            begin(6)
            writer.put(numbers)
        }
    }
}
