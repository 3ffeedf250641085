/// A service's `blkio_config`.
package struct BlockIO: Sendable, Equatable {
    /// A number for one device.
    package struct Device: Sendable, Equatable {
        package var path: String
        /// A weight, bytes a second, or operations a second.
        package var value: Int64

        package init(path: String, value: Int64) {
            self.path = path
            self.value = value
        }
    }

    /// nil where the file does not say; 0 is the same.
    package var weight: Int?
    package var deviceWeights: [Device]
    package var readBytes: [Device]
    package var writtenBytes: [Device]
    package var reads: [Device]
    package var writes: [Device]
}

extension BlockIO {
    /// Reads the attribute as it is printed.
    fileprivate init(_ printed: CanonicalValue) {
        func devices(_ name: String, _ value: String) -> [Device] {
            guard case .list(let items)? = printed[name] else { return [] }
            return items.compactMap { item in
                guard case .string(let path)? = item["Path"] else { return nil }
                return Device(path: path, value: item[value]?.wholeNumber ?? 0)
            }
        }
        weight = printed["weight"]?.wholeNumber.map(Int.init)
        deviceWeights = devices("weight_device", "Weight")
        readBytes = devices("device_read_bps", "Rate")
        writtenBytes = devices("device_write_bps", "Rate")
        reads = devices("device_read_iops", "Rate")
        writes = devices("device_write_iops", "Rate")
    }
}

extension Service {
    /// What it may read from and write to block devices.
    package var blockIO: BlockIO? { uninterpreted["blkio_config"].map(BlockIO.init) }
}

extension CanonicalValue {
    /// A number, or a number of bytes, which is printed as a string of digits.
    fileprivate var wholeNumber: Int64? {
        switch self {
        case .int(let value): value
        case .string(let digits): Int64(digits)
        default: nil
        }
    }
}
