import FuzzSupport

/// Called by libFuzzer once.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    FuzzTarget.initialize(.result)
    return 0
}

/// Called by libFuzzer for every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.test(.result, start, count)
}

/// Called by libFuzzer to change an input in place.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
    _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ choice: UInt32
) -> Int {
    FuzzTarget.mutate(.result, data, size, capacity, choice)
}
