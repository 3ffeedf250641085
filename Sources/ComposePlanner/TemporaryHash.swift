import ComposeModel
extension Service { var hashInput: CanonicalValue { .object([.init("image", .string(image ?? ""))]) } }
extension Network { var hashInput: CanonicalValue { .object([.init("name", .string(name))]) } }
extension Volume { var hashInput: CanonicalValue { .object([.init("name", .string(name))]) } }
