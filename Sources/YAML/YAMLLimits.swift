/// How much a YAML file may ask of the process that reads it.
///
/// A file is not trusted: each limit stops one way of turning few bytes into much memory or time, and each has its own
/// error, so that a person whose honest file is refused knows which one to look at.
public struct YAMLLimits: Sendable {
    /// Bytes of one file. A stack of 1000 services is about 600 KB; 16 MiB leaves room for embedded certificates and
    /// still reads in under a second.
    public var fileSize = 16 * 1024 * 1024

    /// Levels of sequences and mappings inside each other, counted after aliases are replaced. Whoever walks the tree
    /// may recurse: 200 levels of up to 2.5 KiB of stack each fit a thread of 512 KiB.
    public var depth = 200

    /// Nodes written in one file, keys included. Far above what a person writes, and some 200 MB of memory at worst,
    /// where 16 MiB of `[a,a,...` would otherwise take gigabytes.
    public var nodes = 1_000_000

    /// Nodes that aliases stand for, each counted every time it is used. They share memory here, but whoever walks the
    /// tree visits each: 500 for every one of 1000 services, while an alias bomb is refused within milliseconds.
    public var aliasNodes = 500_000

    /// UTF-8 bytes of text that aliases stand for and of tags, which a `%TAG` prefix expands the same way. Stops a few
    /// aliases of one very long value from printing gigabytes.
    public var expandedText = 32 * 1024 * 1024

    /// Lines that start with `%TAG`. libyaml compares each with all before it; nobody needs more than a handful.
    public var tagDirectives = 64

    /// The limits for files that people write.
    public init() {}
}
