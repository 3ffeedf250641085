package import ComposeModel
import Crypto

/// Docker Compose's `config-hash`: the SHA-256, in hexadecimal, of an object's canonical JSON.
///
/// Two tools that compute the same hash leave each other's containers alone.
package enum ConfigHash {
    /// What the `config-hash` label of the service's containers holds.
    package static func service(_ service: Service) -> String { digest(service.hashInput) }
    /// What the label of the network holds.
    package static func network(_ network: Network) -> String { digest(network.hashInput) }
    /// What the label of the volume holds.
    package static func volume(_ volume: Volume) -> String { digest(volume.hashInput) }

    private static func digest(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }
}

/// A short digest of each of a service's attributes, kept in a label so that a later plan can name those that changed.
///
/// Digests rather than values, so that the label repeats no secret.
struct FieldDigests: CustomStringConvertible {
    /// In ascending order of names.
    private let digests: [(name: String, digest: String)]

    /// Maps by whose keys people think of a change: `environment.LOG changed` rather than `environment changed`.
    private static let divided: Set<String> = ["environment", "labels", "healthcheck", "deploy"]
    /// What is no part of the `config-hash`, because it makes no other container.
    private static let irrelevant: Set<String> = [
        "build", "depends_on", "profiles", "pull_policy", "scale", "deploy.replicas",
    ]
    /// Characters of each digest: enough to tell two values of one attribute apart.
    private static let length = 8

    init(_ service: Service) { self.init(FieldDigests.values(of: service)) }

    /// - Parameter values: in ascending order of names.
    init(_ values: [CanonicalValue.Field]) { digests = values.map { ($0.name, FieldDigests.digest($0.value)) } }

    /// A service's attributes that make its containers, by the names that people know, in ascending order of these.
    static func values(of service: Service) -> [CanonicalValue.Field] {
        var values: [CanonicalValue.Field] = []
        guard case .object(let fields) = service.canonical else { return values }
        for field in fields {
            if case .object(let parts) = field.value, divided.contains(field.name) {
                values += parts.map { .init("\(field.name).\($0.name)", $0.value) }
            } else if field.value != .null {
                values.append(field)
            }
        }
        values.removeAll { irrelevant.contains($0.name) }
        return values.sorted { $0.name < $1.name }
    }

    /// Digests of what a service's containers get from files, by path in them, and of its seccomp profiles, by option.
    /// Docker Compose's hash leaves all of it out, so that a changed secret would go unnoticed. Who can read a
    /// container's labels can read the files in it too.
    init(files: [String: [UInt8]], profiles: [String: [UInt8]] = [:]) {
        digests = files.merging(profiles.map { ("security_opt.\($0.key)", $0.value) }) { $1 }
            .sorted { $0.key < $1.key }.map { ($0.key, FieldDigests.digest($0.value)) }
    }

    var isEmpty: Bool { digests.isEmpty }

    private static func digest(_ value: CanonicalValue) -> String { digest(value.json()) }

    private static func digest(_ bytes: [UInt8]) -> String {
        hexadecimal(SHA256.hash(data: bytes).prefix(length / 2))
    }

    /// `name=digest` pairs in ascending order.
    var description: String { digests.map { "\($0.name)=\($0.digest)" }.joined(separator: ",") }

    /// What differs from an earlier label, in ascending order of names; nil without such a label, or where it shows no
    /// difference.
    func changes(since label: String?) -> [(name: String, kind: FieldChange.Kind)]? {
        guard let label, let old = FieldDigests.pairs(label) else { return nil }
        var changes: [(name: String, kind: FieldChange.Kind)] = []
        var before = old[...]
        for (name, digest) in digests {
            while let gone = before.first, gone.name < name {
                changes.append((gone.name, .removed))
                before.removeFirst()
            }
            guard let present = before.first, present.name == name else {
                changes.append((name, .added))
                continue
            }
            if present.digest != digest { changes.append((name, .changed)) }
            before.removeFirst()
        }
        changes += before.map { ($0.name, .removed) }
        return changes.isEmpty ? nil : changes
    }

    /// Whether a label has this value for an attribute.
    static func has(_ label: String, _ name: String, _ value: CanonicalValue) -> Bool {
        pairs(label)?.first { $0.name == name }?.digest == digest(value)
    }

    /// A label's pairs in ascending order of names; nil for one that cannot be compared.
    private static func pairs(_ label: String) -> [(name: String, digest: String)]? {
        var pairs: [(name: String, digest: String)] = []
        for pair in label.utf8.split(separator: UInt8(ascii: ",")) {
            // Digests of another version have another length and cannot be compared: that is no change.
            let (name, digest) = (pair.dropLast(length + 1), pair.suffix(length))
            guard pair.count > length, pair.lastIndex(of: UInt8(ascii: "=")) == name.endIndex else { return nil }
            pairs.append((String(Substring(name)), String(Substring(digest))))
        }
        return pairs.sorted { $0.name < $1.name }
    }
}

/// Two lower-case digits for each byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }
    var digits: [UInt8] = []
    digits.reserveCapacity(SHA256.Digest.byteCount * 2)
    for byte in bytes {
        digits.append(digit(byte >> 4))
        digits.append(digit(byte & 15))
    }
    return String(decoding: digits, as: UTF8.self)
}
