import Foundation

/// How one file is named from the folder of another.
public enum RelativePath {
    /// Without symbolic links on the way, since ".." leaves the folder that a link leads to; "." for that folder itself.
    public static func from(folderOf source: String, to target: String) -> String {
        let base = resolved(source).dropLast()
        let goal = resolved(target)
        let shared = zip(base, goal).prefix { $0 == $1 }.count
        let steps = (base.dropFirst(shared).map { _ in ".." } + goal.dropFirst(shared))
        return steps.isEmpty ? "." : steps.joined(separator: "/")
    }

    /// The parts of a path whose folder exists.
    private static func resolved(_ path: String) -> [String] {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let known = realpath(folder, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        return (known ?? folder).split(separator: "/").map(String.init) + [url.lastPathComponent]
    }
}
