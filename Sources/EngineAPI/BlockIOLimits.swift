/// What a container may read from and write to block devices; nil and empty leave the engine's default.
public struct BlockIOLimits: Sendable, Equatable {
    /// A number for one device.
    public struct Device: Sendable, Equatable {
        /// The device's path on the host: `/dev/sda`.
        public var path: String
        /// A weight, or a rate per second.
        public var value: Int64

        /// Makes an entry.
        public init(path: String, value: Int64) {
            self.path = path
            self.value = value
        }
    }

    /// The weight among containers, from 10 to 1000.
    public var weight: Int?
    /// Weights that hold for one device.
    public var deviceWeights: [Device] = []
    /// Bytes read a second.
    public var readBytes: [Device] = []
    /// Bytes written a second.
    public var writtenBytes: [Device] = []
    /// Reads a second.
    public var reads: [Device] = []
    /// Writes a second.
    public var writes: [Device] = []

    /// Makes limits that are all the engine's defaults.
    public init() {}
}
