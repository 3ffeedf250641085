extension SourceFile {
    /// Decodes a file's bytes.
    ///
    /// The encoding follows the byte order mark, as YAML 1.2 (section 5.2) has it: UTF-8 without one, else UTF-8 or
    /// UTF-16 in either order. The mark itself is removed.
    ///
    /// - Throws: ``YAMLError`` with the code `fileTooLarge` or `encoding`.
    public convenience init(path: String, bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) {
        guard bytes.count <= limits.fileSize else {
            throw limits.fileTooLarge(bytes.count, in: SourceFile(path: path, text: ""))
        }
        let decoded =
            if bytes.starts(with: [0xFF, 0xFE]) {
                DecodedText(utf16: bytes.dropFirst(2)) { UInt16($1) << 8 | UInt16($0) }
            } else if bytes.starts(with: [0xFE, 0xFF]) {
                DecodedText(utf16: bytes.dropFirst(2)) { UInt16($0) << 8 | UInt16($1) }
            } else {
                DecodedText(utf8: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
            }
        if let fault = decoded.fault {
            let file = SourceFile(path: path, text: decoded.text)
            throw YAMLError(.encoding, fault.message, at: Mark(in: file, utf8Offset: fault.utf8Offset))
        }
        self.init(path: path, text: decoded.text)
    }
}

extension YAMLLimits {
    func fileTooLarge(_ size: Int, in file: SourceFile) -> YAMLError {
        YAMLError(
            .fileTooLarge,
            "the file has \(size) bytes, more than the \(fileSize) a YAML file may have",
            at: Mark(file: file, line: 1, column: 1)
        )
    }
}

extension Mark {
    /// The place of a byte of the file's text, lines ending as YAML has them: LF, CR, CR LF, NEL, LS and PS.
    init(in file: SourceFile, utf8Offset: Int) {
        let text = file.text
        let limit = text.utf8.index(text.startIndex, offsetBy: utf8Offset, limitedBy: text.endIndex) ?? text.endIndex
        var (line, column) = (1, 1)
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars[..<limit] {
            switch scalar {
            case "\n" where previous == "\r":
                break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                line += 1
                column = 1
            default:
                column += 1
            }
            previous = scalar
        }
        self.init(file: file, line: line, column: column)
    }
}

/// Text made from bytes, with the first fault found; faulty bytes are replaced so that the text can still be quoted.
private struct DecodedText {
    var text: String
    var fault: (message: String, utf8Offset: Int)?

    init(utf8 bytes: ArraySlice<UInt8>) {
        if let text = String(validating: bytes, as: UTF8.self) {
            self.text = text
            return
        }
        self.text = String(decoding: bytes, as: UTF8.self)
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            let offset = error.byteOffsets.lowerBound
            let byte = String(bytes[bytes.startIndex + offset], radix: 16, uppercase: true)
            fault = ("the file is not valid UTF-8: byte 0x\(byte) cannot stand here; save the file as UTF-8", offset)
        }
    }

    init(utf16 bytes: ArraySlice<UInt8>, unit: (UInt8, UInt8) -> UInt16) {
        let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map { unit(bytes[$0], bytes[$0 + 1]) }
        text = String(decoding: units, as: UTF16.self)
        if String(validating: units, as: UTF16.self) == nil {
            var valid = ""
            var decoder = UTF16()
            var iterator = units.makeIterator()
            while case .scalarValue(let scalar) = decoder.decode(&iterator) { valid.unicodeScalars.append(scalar) }
            fault = ("the file is not valid UTF-16: half of a surrogate pair; save the file as UTF-8", valid.utf8.count)
        } else if bytes.count % 2 != 0 {
            fault = (
                "the file is not valid UTF-16: it ends within a character; save the file as UTF-8", text.utf8.count
            )
        }
    }
}
