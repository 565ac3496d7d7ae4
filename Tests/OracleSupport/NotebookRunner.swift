import Foundation

/// Executes notebooks as Jupyter does.
public enum NotebookRunner {
    /// Validates a notebook, executes it in its own folder, and writes it with its outputs beside itself as `NAME-executed.ipynb`.
    ///
    /// The first cell that raises an error, an assertion among them, ends it with that error; so do warnings.
    public static func execute(_ notebook: URL) throws -> ChildProcess.Outcome {
        guard let python = ChildProcess.python else { return ChildProcess.Outcome(status: -1, output: "no Python") }
        return try ChildProcess.run(python, ["-c", script, notebook.path])
    }

    private static let script = """
        import os, sys, nbformat
        from nbclient import NotebookClient
        path = sys.argv[1]
        with open(path, encoding="utf-8") as file:
            text = file.read()
        book = nbformat.reads(text, as_version=4)
        nbformat.validate(book)
        assert nbformat.writes(book) + "\\n" == text, "Jupyter would write other bytes"
        folder = os.path.dirname(path)
        NotebookClient(book, timeout=300, resources={"metadata": {"path": folder}}).execute()
        with open(path.replace(".ipynb", "-executed.ipynb"), "w", encoding="utf-8") as file:
            nbformat.write(book, file)
        streams = [o for c in book.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream"]
        # Once, where no font was looked for before.
        noise = [o.text for o in streams if o.name == "stderr" and "font cache" not in o.text]
        assert not noise, "".join(noise)
        print("every cell ran")
        """
}
