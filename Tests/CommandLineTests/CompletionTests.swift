import Foundation
import OracleSupport
import Testing

/// What a shell offers after Tab.
@Suite struct CompletionTests {
    @Test(arguments: ["bash", "zsh", "fish"])
    func scriptsAreGenerated(_ shell: String) throws {
        let scratch = try Scratch()
        let result = try Program.run(["--generate-completion-script", shell], in: scratch.url)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        for word in ["probe", "doctor", "dry-run", "timesfm", "safetensors"] { #expect(result.output.contains(word)) }
        if let path = Program.find(shell) {
            try scratch.write("script", result.output)
            let parsed = try ChildProcess.run(path, ["-n", scratch.path("script")])
            #expect(parsed.status == 0 && parsed.output.isEmpty, "\(parsed.output)")
        }
    }

    @Test(.enabled(if: Program.find("bash") != nil))
    func bashCompletes() throws {
        let scratch = try Scratch()
        let script = try Program.run(["--generate-completion-script", "bash"], in: scratch.url)
        try scratch.write("landscape.bash", script.output)
        for name in ["weights.safetensors", "series.csv", "notes.txt"] { try scratch.write(name, "") }
        // What bash does when Tab is pressed at the end of a line.
        try scratch.write(
            "tab.bash",
            """
            PATH="\(Program.url.deletingLastPathComponent().path):$PATH"
            cd "\(scratch.url.path)" && source landscape.bash
            function=$(complete -p landscape | sed -E 's/.*-F ([^ ]+).*/\\1/')
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
            "$function" landscape "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """)
        func offered(_ words: String...) throws -> [String] {
            let outcome = try ChildProcess.run(
                Program.find("bash")!, [scratch.path("tab.bash"), "landscape"] + words)
            #expect(outcome.status == 0, "\(outcome.output)")
            return outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(try offered("pro") == ["probe"])
        let families = try offered("probe", "--model", "")
        #expect(families.contains("timer") && families.contains("chronos-bolt"), "\(families)")
        #expect(try offered("probe", "--model", "mom") == ["moment"])
        #expect(try offered("probe", "--data", "") == ["series.csv"])
        #expect(try offered("probe", "--weights", "w") == ["weights.safetensors"])
        // The last of a list; what is there already is not offered again.
        #expect(try offered("probe", "--measures", "loss,vol") == ["loss,volume"])
        #expect(try !offered("probe", "--measures", "loss,").contains("loss,loss"))
        #expect(try offered("probe", "--dr") == ["--dry-run"])
    }
}
