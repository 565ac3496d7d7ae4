import CTorch

/// A key-value store on one machine that several processes reach over the network: libtorch's `TCPStore`.
///
/// Any thread may call it; calls of one connection run one at a time.
public final class KeyValueStore: @unchecked Sendable {
    fileprivate let handle: OpaquePointer

    private init(handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        ct_store_free(handle)
    }

    /// Joins the store at a host and port, or begins it there.
    ///
    /// - Parameters:
    ///   - port: 0 for a free one, where this process serves.
    ///   - serves: whether this process holds the store; it ends with the process.
    ///   - prefix: stands before every key.
    ///   - timeout: seconds to wait for the store to be there.
    public convenience init(
        host: String, port: Int, serves: Bool, prefix: String, timeout: Double
    ) throws(TensorError) {
        guard let number = UInt16(exactly: port) else { throw .operation(name: "store", message: "no port \(port)") }
        var handle: OpaquePointer?
        try check(ct_store_open(host, number, serves, prefix, Int64(timeout * 1000), &handle), "store")
        guard let handle else { throw .operation(name: "store", message: "no store") }
        self.init(handle: handle)
    }

    /// Another connection, for another thread.
    public func connection() throws(TensorError) -> KeyValueStore {
        var copy: OpaquePointer?
        try check(ct_store_clone(handle, &copy), "store")
        guard let copy else { throw .operation(name: "store", message: "no connection") }
        return KeyValueStore(handle: copy)
    }

    /// The port of the store.
    public var port: Int { Int(ct_store_port(handle)) }

    /// Gives a key a value.
    public func set(_ key: String, _ value: [UInt8]) throws(TensorError) {
        try check(ct_store_set(handle, key, value, Int64(value.count)), "store")
    }

    /// The value of a key; `nil`, at once, where it has none.
    public func get(_ key: String) throws(TensorError) -> [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count: Int64 = 0
        try check(ct_store_get(handle, key, &bytes, &count), "store")
        guard let bytes else { return nil }
        defer { ct_bytes_free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    /// Adds to a counter, which begins at 0, and returns its new value. No other process can come between.
    @discardableResult
    public func add(_ key: String, _ amount: Int) throws(TensorError) -> Int {
        var result: Int64 = 0
        try check(ct_store_add(handle, key, Int64(amount), &result), "store")
        return Int(result)
    }

    /// Forgets a key.
    public func remove(_ key: String) throws(TensorError) {
        try check(ct_store_delete(handle, key), "store")
    }
}

/// Several processes that combine tensors: libtorch's collective operations through Gloo.
///
/// All processes call the same operations in the same order. Tensors of a GPU go through the host's memory.
public final class ProcessGroup: @unchecked Sendable {
    /// How the elements of the processes' tensors are combined.
    public enum Reduction: Sendable {
        /// Their sum. bfloat16 is added in float32.
        case sum
        /// The largest.
        case largest
    }

    private let handle: OpaquePointer
    /// Never freed after a failure: Gloo's threads may still wait for a peer that is gone.
    private var isBroken = false

    /// Connects the processes; all must call this.
    ///
    /// - Parameters:
    ///   - name: of this group, the same in all and unlike that of any other group of the store.
    ///   - position: of this process, from 0.
    ///   - size: the number of processes.
    ///   - timeout: seconds to wait for the others.
    public init(
        _ store: KeyValueStore, name: String, position: Int, size: Int, timeout: Double
    ) throws(TensorError) {
        var handle: OpaquePointer?
        // Data may be long in coming, since peers compute before they send: whoever calls an operation watches over its peers.
        let day: Int64 = 86_400_000
        try check(
            ct_group_join(
                store.handle, name, Int32(position), Int32(size), Int64(timeout * 1000), 30 * day, &handle),
            "process group")
        guard let handle else { throw .operation(name: "process group", message: "no group") }
        self.handle = handle
    }

    deinit {
        if !isBroken { ct_group_free(handle) }
    }

    /// Replaces the elements of a tensor by those of all processes combined; the result is the same everywhere, to the last bit.
    ///
    /// - Parameters:
    ///   - watch: called about twice a second while others are waited for; what it throws ends the wait, and the group.
    ///
    /// Cost: about two transfers of the tensor over the network.
    public func reduce(_ tensor: Tensor, _ reduction: Reduction, watch: () throws -> Void) throws {
        var work: OpaquePointer?
        do {
            try check(ct_group_reduce(handle, tensor.handle, reduction == .largest, &work), "all-reduce")
            guard let work else { throw TensorError.operation(name: "all-reduce", message: "did not begin") }
            defer { ct_work_free(work) }
            var isDone = false
            while true {
                try check(ct_work_wait(work, 500, &isDone), "all-reduce")
                if isDone { return }
                try watch()
            }
        } catch {
            isBroken = true
            throw error
        }
    }
}

extension Tensor {
    /// The sum of the elements' bit patterns, read as integers and with overflow: equal on every machine for equal bits.
    public var bitSum: Int64 {
        get throws(TensorError) {
            let integers: DType
            switch dtype.byteWidth {
            case 8: integers = .int64
            case 4: integers = .int32
            case 2: integers = .int16
            default: integers = .uint8
            }
            let bits = try Ops.viewDType(.tensor(self), .dtype(integers))
            return try Ops.sum(.tensor(bits), .dtype(.int64)).array(of: Int64.self)[0]
        }
    }
}
