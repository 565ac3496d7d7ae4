import ArgumentParser
import Forecasters
import Foundation

/// The families and their official sizes.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "The model families, their sizes, tasks, and where the weights are published.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        if json {
            let list = Families.all.map { family -> [String: Any] in
                [
                    "name": family.name, "title": family.title,
                    "published": family.published.map { size -> [String: Any] in
                        [
                            "name": size.name, "parameters": size.parameters, "location": size.location,
                            "licence": size.licence, "tasks": size.tasks.map(\.rawValue), "context": size.context,
                            "horizon": size.horizon, "files": size.files,
                        ]
                    },
                ]
            }
            let data = try JSONSerialization.data(
                withJSONObject: ["schema": "landscape-models/1", "families": list],
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            return print(String(decoding: data, as: UTF8.self))
        }
        for family in Families.all {
            print("\(family.name): \(family.title)")
            var rows = [["  checkpoint", "parameters", "context", "horizon", "tasks"]]
            for size in family.published {
                rows.append([
                    "  " + size.name, "\(size.parameters)", "\(size.context)", "\(size.horizon)",
                    size.tasks.map(\.rawValue).joined(separator: ", "),
                ])
            }
            print(Table.text(rows))
            // What several sizes share is said once.
            var said: Set<String> = []
            for size in family.published {
                let hub = "https://huggingface.co/"
                let isOnHub = size.location.hasPrefix(hub + size.name.prefix { $0 != "@" })
                let line =
                    "  \(isOnHub ? "\(hub)<checkpoint>" : size.location); licence: \(size.licence); files: \(size.files)"
                if said.insert(line).inserted { print(line) }
            }
            print("")
        }
    }
}
