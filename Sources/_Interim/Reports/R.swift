import Foundation
public enum Report { public struct Files { public let page: URL }
 public static func write(from: URL, to: URL) throws -> Files { Files(page: to) } }
