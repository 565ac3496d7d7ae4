/// Reads the pickles that torch.save writes: tensors and plain containers.
///
/// A pickle is a program. This reader knows the instructions that build containers, and of all the functions a pickle may
/// call only the handful that rebuild tensors, which it replaces by descriptions. Other classes become opaque names;
/// functions of modules that reach the system end the reading with an error. Time and memory are bounded by the length of
/// the input.
struct PickleReader {
    struct Failure: Error {
        let reason: String
    }

    /// Modules whose mere mention in a checkpoint is an attack.
    private static let forbidden: Set<String> = [
        "os", "posix", "nt", "sys", "subprocess", "shutil", "socket", "runpy", "importlib", "pty", "ctypes", "code",
        "webbrowser", "pickle", "_pickle", "marshal", "types", "asyncio", "multiprocessing", "signal", "threading",
        "urllib",
        "http", "commands", "timeit", "cProfile", "pdb", "bdb", "pip", "operator", "functools",
    ]
    private static let forbiddenBuiltins: Set<String> = [
        "eval", "exec", "execfile", "compile", "open", "__import__", "getattr", "setattr", "delattr", "input",
        "breakpoint",
        "globals", "locals", "vars", "memoryview", "apply",
    ]
    private static let depthLimit = 64
    /// PyTorch itself allows no more dimensions.
    private static let rankLimit = 64
    /// What a pickle may build, in values: a checkpoint takes about 30 for each tensor. Memoized values cost no bytes of the input, so
    /// that without a limit a megabyte could fill any memory.
    static let workLimit = 1 << 23

    private let bytes: [UInt8]
    private let heap: PickleHeap
    private let workLimit: Int
    private var work = 0
    private(set) var position: Int
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// A reader of the pickle that begins at `position`; `heap` owns the containers that it makes.
    init(_ bytes: [UInt8], at position: Int = 0, heap: PickleHeap, workLimit: Int = PickleReader.workLimit) {
        self.bytes = bytes
        self.workLimit = workLimit
        self.heap = heap
        self.position = position
    }

    // MARK: Input

    private mutating func byte() throws(Failure) -> UInt8 {
        guard position < bytes.count else { throw Failure(reason: "ends in the middle") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func integer(_ width: Int) throws(Failure) -> Int {
        guard position + width <= bytes.count else { throw Failure(reason: "ends in the middle") }
        var value: UInt64 = 0
        for i in 0..<width { value |= UInt64(bytes[position + i]) << UInt64(8 * i) }
        position += width
        guard let result = Int(exactly: value) else { throw Failure(reason: "a length that does not fit") }
        return result
    }

    private mutating func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw Failure(reason: "ends in the middle") }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    private mutating func text(_ count: Int) throws(Failure) -> String {
        guard let string = String(validating: try take(count), as: UTF8.self) else {
            throw Failure(reason: "a text that is not UTF-8")
        }
        return string
    }

    private mutating func line() throws(Failure) -> String {
        guard let end = bytes[position...].firstIndex(of: 10) else { throw Failure(reason: "ends in the middle") }
        let string = String(decoding: bytes[position..<end], as: UTF8.self)
        position = end + 1
        return string
    }

    // MARK: Stack

    private mutating func charge(_ count: Int) throws(Failure) {
        work += count
        guard work <= workLimit else {
            throw Failure(reason: "builds more than \(workLimit) values")
        }
    }

    private mutating func push(_ value: PickleValue) throws(Failure) {
        try charge(1)
        guard value.depth <= PickleReader.depthLimit else {
            throw Failure(reason: "containers nested more than \(PickleReader.depthLimit) deep")
        }
        stack.append(value)
    }

    private mutating func pop() throws(Failure) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
            throw Failure(reason: "takes from an empty stack")
        }
        return value
    }

    private mutating func popToMark() throws(Failure) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw Failure(reason: "a mark is missing") }
        let values = Array(stack[mark...])
        stack.removeLast(stack.count - mark)
        return values
    }

    private mutating func pushTuple(_ values: [PickleValue]) throws(Failure) {
        try push(.tuple(values, depth: 1 + (values.map(\.depth).max() ?? 0)))
    }

    private func top() throws(Failure) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.last else {
            throw Failure(reason: "takes from an empty stack")
        }
        return value
    }

    private func extend(_ target: PickleValue, by values: [PickleValue]) throws(Failure) {
        guard case .list(let list) = target else { return }
        list.values += values
        list.depth = try deepened(list.depth, by: values)
    }

    private func set(_ target: PickleValue, _ pairs: [PickleValue]) throws(Failure) {
        guard pairs.count % 2 == 0 else { throw Failure(reason: "a key without a value") }
        guard case .dictionary(let dictionary) = target else { return }
        for index in stride(from: 0, to: pairs.count, by: 2) {
            if let key = pairs[index].string { dictionary.pairs.append((key, pairs[index + 1])) }
        }
        dictionary.depth = try deepened(dictionary.depth, by: pairs)
    }

    /// The depth of a container of this depth once it holds the values, one of which may be the container itself.
    private func deepened(_ depth: Int, by values: [PickleValue]) throws(Failure) -> Int {
        let result = max(depth, 1 + (values.map(\.depth).max() ?? 0))
        guard result <= PickleReader.depthLimit else {
            throw Failure(reason: "containers nested more than \(PickleReader.depthLimit) deep")
        }
        return result
    }

    private mutating func memoize(_ key: Int) throws(Failure) {
        try charge(1)
        memo[key] = try top()
    }

    private mutating func recall(_ key: Int) throws(Failure) {
        guard let value = memo[key] else { throw Failure(reason: "recalls what was never stored") }
        try push(value)
    }

    // MARK: Instructions

    /// Runs to the end of the pickle and returns its value.
    mutating func read() throws(Failure) -> PickleValue {
        while true {
            let code = try byte()
            if code == UInt8(ascii: ".") { return try pop() }
            try execute(code)
        }
    }

    private mutating func execute(_ code: UInt8) throws(Failure) {
        switch code {
        case 0x80: _ = try byte()  // PROTO
        case 0x95: _ = try take(8)  // FRAME
        case UInt8(ascii: "("):
            try charge(1)
            marks.append(stack.count)
        case UInt8(ascii: "0"): _ = try pop()
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "2"): try push(try top())
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "K"): try push(.integer(try integer(1)))
        case UInt8(ascii: "M"): try push(.integer(try integer(2)))
        case UInt8(ascii: "J"): try push(.integer(Int(Int32(truncatingIfNeeded: try integer(4)))))
        case UInt8(ascii: "I"):
            let text = try line()
            try push(
                text == "00"
                    ? .bool(false) : text == "01" ? .bool(true) : Int(text).map { .integer($0) } ?? .opaque("int"))
        case 0x8A: try pushLong(try integer(1))
        case 0x8B: try pushLong(try integer(4))
        case UInt8(ascii: "L"):
            let text = try line()
            try push(Int(text.hasSuffix("L") ? String(text.dropLast()) : text).map { .integer($0) } ?? .opaque("int"))
        case UInt8(ascii: "G"):
            let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            try push(.real(Double(bitPattern: bits)))
        case UInt8(ascii: "F"): try push(Double(try line()).map { .real($0) } ?? .opaque("float"))
        case UInt8(ascii: "X"): try push(.string(try text(try integer(4))))
        case 0x8C: try push(.string(try text(try integer(1))))
        case 0x8D: try push(.string(try text(try integer(8))))
        case UInt8(ascii: "U"): try push(.string(String(decoding: try take(try integer(1)), as: UTF8.self)))
        case UInt8(ascii: "T"): try push(.string(String(decoding: try take(try integer(4)), as: UTF8.self)))
        case UInt8(ascii: "V"): try push(.string(try line()))
        case UInt8(ascii: "S"): try push(.string(String((try line()).dropFirst().dropLast())))
        case UInt8(ascii: "C"):
            _ = try take(try integer(1))
            try push(.bytes)
        case UInt8(ascii: "B"):
            _ = try take(try integer(4))
            try push(.bytes)
        case 0x8E, 0x96:
            _ = try take(try integer(8))
            try push(.bytes)
        case UInt8(ascii: ")"): try pushTuple([])
        case 0x85: try pushTuple([try pop()])
        case 0x86:
            let second = try pop()
            try pushTuple([try pop(), second])
        case 0x87:
            let third = try pop()
            let second = try pop()
            try pushTuple([try pop(), second, third])
        case UInt8(ascii: "t"): try pushTuple(try popToMark())
        case UInt8(ascii: "]"): try push(.list(heap.list()))
        case UInt8(ascii: "l"):
            let list = PickleValue.list(heap.list())
            try extend(list, by: try popToMark())
            try push(list)
        case UInt8(ascii: "}"), 0x8F: try push(.dictionary(heap.dictionary()))
        case UInt8(ascii: "d"):
            let dictionary = PickleValue.dictionary(heap.dictionary())
            try set(dictionary, try popToMark())
            try push(dictionary)
        case UInt8(ascii: "a"):
            let value = try pop()
            try extend(try top(), by: [value])
        case UInt8(ascii: "e"):
            let values = try popToMark()
            try extend(try top(), by: values)
        case 0x90: _ = try popToMark()  // ADDITEMS: elements of a set, which holds no tensors
        case 0x91:
            _ = try popToMark()
            try push(.opaque("frozenset"))
        case UInt8(ascii: "s"):
            let value = try pop()
            let key = try pop()
            try set(try top(), [key, value])
        case UInt8(ascii: "u"):
            let values = try popToMark()
            try set(try top(), values)
        case UInt8(ascii: "q"): try memoize(try integer(1))
        case UInt8(ascii: "r"): try memoize(try integer(4))
        case UInt8(ascii: "p"): try memoize(Int(try line()) ?? -1)
        case 0x94: try memoize(memo.count)
        case UInt8(ascii: "h"): try recall(try integer(1))
        case UInt8(ascii: "j"): try recall(try integer(4))
        case UInt8(ascii: "g"): try recall(Int(try line()) ?? -1)
        case UInt8(ascii: "c"):
            let module = try line()
            try push(try global(module, try line()))
        case 0x93:
            guard let name = try pop().string, let module = try pop().string else {
                throw Failure(reason: "a class without a name")
            }
            try push(try global(module, name))
        case UInt8(ascii: "R"), 0x81:
            let arguments = try pop()
            try push(try call(try pop(), arguments.elements ?? []))
        case 0x92:
            _ = try pop()
            let arguments = try pop()
            try push(try call(try pop(), arguments.elements ?? []))
        case UInt8(ascii: "b"): _ = try pop()  // BUILD: attributes of an object, which no tensor needs
        case UInt8(ascii: "Q"): try push(try persistent(try pop()))
        default:
            throw Failure(reason: "unknown instruction \(code) at byte \(position - 1)")
        }
    }

    private mutating func pushLong(_ count: Int) throws(Failure) {
        let digits = try take(count)
        guard count <= 8 else { return try push(.opaque("int")) }
        var value: UInt64 = 0
        for (index, digit) in digits.enumerated() { value |= UInt64(digit) << UInt64(8 * index) }
        let shift = UInt64(64 - 8 * count)
        try push(.integer(count == 0 ? 0 : Int(Int64(bitPattern: value << shift) >> Int64(shift))))
    }

    private mutating func global(_ module: String, _ name: String) throws(Failure) -> PickleValue {
        try charge((module.utf8.count + name.utf8.count) / 32)
        let root = module.split(separator: ".").first.map(String.init) ?? module
        let isBuiltin = root == "builtins" || root == "__builtin__"
        if PickleReader.forbidden.contains(root) || (isBuiltin && PickleReader.forbiddenBuiltins.contains(name)) {
            throw Failure(
                reason:
                    "asks for \(module).\(name), which no checkpoint needs; the file may be an attack and was not executed"
            )
        }
        return .global("\(module).\(name)")
    }

    private mutating func call(_ function: PickleValue, _ arguments: [PickleValue]) throws(Failure) -> PickleValue {
        guard case .global(let name) = function else { return .opaque("object") }
        switch name {
        case "collections.OrderedDict", "collections.defaultdict", "__builtin__.dict", "builtins.dict":
            let dictionary = heap.dictionary()
            // Old protocols give the pairs as an argument.
            try charge(arguments.first?.elements?.count ?? 0)
            for pair in arguments.first?.elements ?? [] {
                if let parts = pair.elements, parts.count == 2, let key = parts[0].string {
                    dictionary.pairs.append((key, parts[1]))
                    dictionary.depth = try deepened(dictionary.depth, by: parts)
                }
            }
            return .dictionary(dictionary)
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
            // A tensor of a type that is not known is left out like any other object that is not known.
            if case .opaque(let type)? = arguments.first { return .opaque(type) }
            guard arguments.count >= 4, case .storage(let storage) = arguments[0], let offset = arguments[1].integer,
                let shape = arguments[2].elements?.map(\.integer), let strides = arguments[3].elements?.map(\.integer),
                shape.count == strides.count, !shape.contains(nil), !strides.contains(nil),
                shape.count <= PickleReader.rankLimit
            else {
                throw Failure(reason: "a tensor with arguments that are not a storage, an offset, a shape and strides")
            }
            try charge(shape.count)
            return .tensor(
                PickleTensor(
                    storage: storage, offset: offset, shape: shape.compactMap { $0 }, strides: strides.compactMap { $0 }
                ))
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            return arguments.first ?? .opaque(name)
        default:
            return .opaque(name)
        }
    }

    private func persistent(_ id: PickleValue) throws(Failure) -> PickleValue {
        guard let parts = id.elements, parts.count >= 5, parts[0].string == "storage",
            case .global(let type) = parts[1],
            let key = parts[2].string, let count = parts[4].integer, count >= 0
        else { throw Failure(reason: "a reference to something that is not a storage") }
        guard let known = PickleReader.storageTypes[type] else {
            return .opaque(type)
        }
        return .storage(PickleStorage(key: key, type: known, count: count))
    }

    private static let storageTypes: [String: TensorType] = [
        "torch.DoubleStorage": .float64, "torch.FloatStorage": .float32, "torch.HalfStorage": .float16,
        "torch.BFloat16Storage": .bfloat16, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
        "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
        "torch.BoolStorage": .bool,
        "torch.ComplexFloatStorage": .complex64,
    ]
}
