/// One cell of a notebook.
struct NotebookCell {
    /// From its role, at most 64 of [A-Za-z0-9-_].
    var id: String
    let isCode: Bool
    let source: String
    var tags: [String] = []

    /// Text for people.
    static func markdown(_ id: String, _ source: String) -> NotebookCell {
        NotebookCell(id: slug(id), isCode: false, source: source)
    }

    /// Python.
    static func code(_ id: String, _ source: String, tags: [String] = []) -> NotebookCell {
        NotebookCell(id: slug(id), isCode: true, source: source, tags: tags)
    }

    /// What an identifier may hold; the rest of 64 is for a number that tells equals apart.
    private static func slug(_ text: String) -> String {
        let allowed = text.unicodeScalars.map { scalar -> Character in
            scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_")
                ? Character(scalar) : "-"
        }
        return String(allowed.prefix(56))
    }

    /// As nbformat 4.5 has it, not executed.
    var json: NotebookJSON {
        let pieces = source.split(separator: "\n", omittingEmptySubsequences: false)
        let lines = pieces.enumerated().map { index, line in
            NotebookJSON.text(index + 1 < pieces.count ? line + "\n" : String(line))
        }
        var object: [String: NotebookJSON] = [
            "cell_type": .text(isCode ? "code" : "markdown"), "id": .text(id),
            "metadata": .object(tags.isEmpty ? [:] : ["tags": .array(tags.map { .text($0) })]),
            "source": .array(lines),
        ]
        if isCode {
            object["execution_count"] = .null
            object["outputs"] = .array([])
        }
        return .object(object)
    }
}
