/// Bytes that wait to be written, in memory that is used again.
final class WriteBuffer {
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: usualCapacity, alignment: 16)
    private(set) var count = 0

    /// Two commits' worth; what one large append needed beyond it is given back.
    private static let usualCapacity = 1 << 20

    deinit { storage.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    /// Makes room for `size` more bytes and says where they go.
    func extend(by size: Int) -> UnsafeMutableRawPointer? {
        if storage.count - count < size {
            move(to: max(storage.count * 2, count + size))
        }
        defer { count += size }
        return storage.baseAddress.map { $0 + count }
    }

    /// Appends a record.
    func append(_ header: RecordHeader, _ payload: UnsafeRawBufferPointer, seed: UInt32) {
        guard let target = extend(by: header.total) else { return }
        header.encode(payload, seed: seed, to: target)
    }

    func removeAll() {
        count = 0
        if storage.count > WriteBuffer.usualCapacity { move(to: WriteBuffer.usualCapacity) }
    }

    private func move(to capacity: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: bytes)
        storage.deallocate()
        storage = larger
    }
}
