@preconcurrency import Foundation
@preconcurrency import Glibc

/// The three standard streams.
enum StandardStreams {
    /// Opens /dev/null for those that the caller closed. Else the next file, perhaps that of the results, would get the number 1
    /// or 2, and with it what is printed.
    static func occupy() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is taken, which is this one.
            _ = open("/dev/null", number == STDIN_FILENO ? O_RDONLY : O_WRONLY)
        }
    }

    /// Finds out whether everything printed has arrived.
    ///
    /// A reader that went away, as `head` does, has what it wanted. A full disk is another matter.
    static func finish() throws {
        errno = 0
        let isFlushed = fflush(stdout) == 0
        let reason = errno
        guard !isFlushed || ferror(stdout) != 0 else { return }
        var end = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        if reason == EPIPE || poll(&end, 1, 0) == 1 && end.revents & Int16(POLLERR) != 0 { return }
        throw Exit.Failure(
            .cannotCreate,
            "standard output: cannot be written: \(String(cString: strerror(reason == 0 ? EIO : reason))). Files written by this command are complete; "
                + "make room and print again, a result file with 'landscape inspect'")
    }
}
