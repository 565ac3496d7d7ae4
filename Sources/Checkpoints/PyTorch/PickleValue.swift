/// What a pickle of a checkpoint can hold. Nothing is ever executed: a class or function that is not known stays a name.
indirect enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case bytes
    case list(PickleList)
    case dictionary(PickleDictionary)
    case tuple([PickleValue], depth: Int)
    /// A class or function, by its name.
    case global(String)
    case storage(PickleStorage)
    case tensor(PickleTensor)
    /// The result of something unknown; its name is kept for messages.
    case opaque(String)

    /// How deep containers are nested.
    var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .dictionary(let dictionary): dictionary.depth
        case .tuple(_, let depth): depth
        default: 0
        }
    }

    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    var elements: [PickleValue]? {
        switch self {
        case .tuple(let values, _): values
        case .list(let list): list.values
        default: nil
        }
    }
}

/// Owns the containers of a pickle until it is cleared.
///
/// Containers may hold one another in circles, which would never be released, and in chains of any length, whose release
/// would take as many stack frames.
final class PickleHeap {
    private var lists: [PickleList] = []
    private var dictionaries: [PickleDictionary] = []

    func list() -> PickleList {
        let list = PickleList()
        lists.append(list)
        return list
    }

    func dictionary() -> PickleDictionary {
        let dictionary = PickleDictionary()
        dictionaries.append(dictionary)
        return dictionary
    }

    /// Empties all containers. Each is still held here meanwhile, so that none drags others along.
    func clear() {
        for list in lists { list.values = [] }
        for dictionary in dictionaries { dictionary.pairs = [] }
        lists = []
        dictionaries = []
    }
}

/// A Python list, shared by reference as in Python.
final class PickleList {
    var values: [PickleValue] = []
    var depth = 1
}

/// A Python dictionary; keys that are not texts are left out, since no parameter has one.
final class PickleDictionary {
    var pairs: [(key: String, value: PickleValue)] = []
    var depth = 1
}

/// A block of numbers in the archive.
struct PickleStorage {
    let key: String
    let type: TensorType
    /// In elements.
    let count: Int
}

/// A view on a storage.
struct PickleTensor {
    let storage: PickleStorage
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
