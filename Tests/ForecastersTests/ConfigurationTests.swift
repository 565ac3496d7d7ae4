import Foundation
import Testing

@testable import Forecasters

/// A configuration that lacks a size or contradicts itself is named: file, key, and what is wrong.
@Suite struct ConfigurationTests {
    private static let cases: [(folder: String, key: String, value: String?)] = [
        ("sundial", "hidden_size", nil), ("timer_hf", "num_attention_heads", "5"),
        ("chronos_bolt", "chronos_config", nil), ("chronos_t5", "vocab_size", "7"),
        ("chronos_t5", "feed_forward_proj", "\"gated-gelu\""), ("chronos_t5", "d_model", "\"wide\""),
        ("moirai", "patch_sizes", nil), ("moirai", "patch_sizes", "[8, 4]"), ("moirai", "d_model", "100"),
        ("moirai", "scaling", "false"), ("moirai", "num_layers", "-1"), ("moment", "t5_config", nil),
        ("moment", "patch_stride_len", "4"), ("moment", "seq_len", "127"), ("timesfm/v2.0", "head_dim", "7"),
        ("timesfm/v2.0", "num_layers", nil), ("timesfm/v2.0_hf", "quantiles", "[0.9, 0.5]"),
        ("timesfm25", "hidden_size", "33"), ("timesfm25", "patch_length", "7"), ("ttm/r2", "d_model", nil),
        ("ttm/r2", "mode", "\"loud\""), ("ttm/r2", "num_patches", "3"), ("ttm/r2", "loss", "\"nll\""),
        ("ttm/r2", "context_length", "4"), ("units/supervised", "args", "{\"d_model\": 8}"),
        ("units/supervised", "args", "null"),
    ]

    @Test(arguments: cases.indices)
    func isNamed(_ index: Int) throws {
        let (folder, key, value) = ConfigurationTests.cases[index]
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/\(folder)")
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        try FileManager.default.copyItem(
            at: fixture.appendingPathComponent("model.safetensors"),
            to: scratch.appendingPathComponent("model.safetensors"))
        let data = try Data(contentsOf: fixture.appendingPathComponent("config.json"))
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        object[key] = try value.map {
            try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
        }
        let file = scratch.appendingPathComponent("config.json")
        try JSONSerialization.data(withJSONObject: object).write(to: file)
        do {
            _ = try PretrainedModel(scratch)
            Issue.record("\(folder): \(key) = \(value ?? "absent") was accepted")
        } catch let error as ForecasterError {
            // The member inside is named, not the object around it.
            let name = value == "{\"d_model\": 8}" ? "n_heads" : key
            #expect("\(error)".contains(name) && "\(error)".contains("config.json"), "\(error)")
        }
    }

    /// What stands beside the known members does not matter.
    @Test(arguments: ["moirai", "moment", "ttm/r2", "timesfm25", "chronos_t5"])
    func unknownMembersAreFine(_ folder: String) throws {
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/\(folder)")
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        try FileManager.default.copyItem(
            at: fixture.appendingPathComponent("model.safetensors"),
            to: scratch.appendingPathComponent("model.safetensors"))
        let data = try Data(contentsOf: fixture.appendingPathComponent("config.json"))
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        object["a_member_of_next_year"] = ["deep": [1, 2, 3]]
        try JSONSerialization.data(withJSONObject: object).write(to: scratch.appendingPathComponent("config.json"))
        let model = try PretrainedModel(scratch)
        #expect(model.mismatch == nil)
        // What is written can be read again.
        let text = try model.model.configurationJSON()
        try text.write(to: scratch.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
        #expect(try PretrainedModel(scratch).mismatch == nil)
    }

    /// A choice that an architecture does not leave open is refused by name.
    @Test func choicesThatAreNone() throws {
        func open(_ folder: String, _ change: (inout ModelChoices) -> Void) throws -> PretrainedModel {
            var choices = ModelChoices()
            change(&choices)
            return try PretrainedModel(
                URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .appendingPathComponent("Fixtures/ltsm/\(folder)/model.safetensors"), choices: choices)
        }
        #expect(throws: ForecasterError.self) { try open("timer_hf") { $0.patchSize = 8 } }
        #expect(throws: ForecasterError.self) { try open("ttm/r2") { $0.frequency = 1 } }
        #expect(throws: ForecasterError.self) { try open("moirai") { $0.patchSize = 5 } }
        #expect(throws: ForecasterError.self) { try open("units/supervised") { $0.dataset = "nowhere" } }
        #expect(try open("moirai") { $0.patchSize = 4 }.model.patchLength == 4)
        #expect(try open("units/supervised") { $0.dataset = "B" }.model.channels == 2)
        #expect(try (open("ttm/r2_freq_prefix") { $0.frequency = 7 }.model as? TTMForecaster)?.frequency == 7)
        #expect(try (open("timesfm/v2.0") { $0.frequency = 2 }.model as? TimesFMForecaster)?.frequency == 2)
    }
}
