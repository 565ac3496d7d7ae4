import Archive
import ArgumentParser
import Checkpoints
import Configuration
import Figures
import Forecasters
import Foundation
import Krylov
import Landscape
import Networks
import Reports
import Smoothing
import Tensor
import TimeSeries
import Training

/// Exit codes, as documented in `--help`.
enum Exit: Int32 {
    case failed = 1
    case notConverged = 2
    case usage = 64
    case badData = 65
    case noInput = 66
    case unavailable = 69
    case cannotCreate = 73
    case resumable = 75

    /// A failure the command line itself found.
    struct Failure: Error, CustomStringConvertible {
        let exit: Exit
        let description: String

        init(_ exit: Exit, _ description: String) {
            self.exit = exit
            self.description = description
        }
    }

    /// The code for an error of any module; `nil` for errors of the argument parser.
    static func code(for error: any Error) -> Exit? {
        switch error {
        case let error as Failure: error.exit
        case let error as CheckpointError:
            switch error.category {
            case .missing: .noInput
            case .malformed, .unsupported: .badData
            case .unwritable: .cannotCreate
            }
        case is LoadingError, is WeightsChangedError: .badData
        case let error as ForecasterError:
            switch error {
            case .configuration, .unknownFamily: .badData
            case .request: .usage
            }
        case let error as TimeSeriesError:
            switch error.category {
            case .usage: .usage
            case .badData: .badData
            case .noInput: .noInput
            case .cannotCreate: .cannotCreate
            }
        case let error as ConfigurationError:
            switch error.category {
            case .usage: .usage
            case .badData: .badData
            case .noInput: .noInput
            }
        case let error as ArchiveError:
            switch error.category {
            case .cannotCreate: .cannotCreate
            case .noInput: .noInput
            case .badData: .badData
            case .mismatch: .cannotCreate
            case .busy: .resumable
            case .misuse: .failed
            }
        case let error as FigureError:
            switch error {
            case .gnuplotMissing, .failed: .unavailable
            case .unwritable: .cannotCreate
            }
        case is ReportError: .cannotCreate
        case is Variant.ParsingError, is Strategy.ParsingError: .usage
        case let error as TrainingError:
            switch error {
            case .diverged: .failed
            case .interrupted: .resumable
            case .foreignState: .cannotCreate
            case .nothingToTrain: .usage
            }
        case let error as TensorError:
            if case .device = error { .unavailable } else { .failed }
        case let error as LandscapeError:
            switch error {
            case .interrupted, .rankLost: .resumable
            default: .failed
            }
        case is KrylovError, is Pretraining.Divergence: .failed
        // What Foundation says of files where nobody said it better.
        case let error as CocoaError: error.isWriting ? .cannotCreate : .noInput
        default: nil
        }
    }

    /// Prints the error and ends the process.
    static func end(with error: any Error, for command: any ParsableCommand.Type) -> Never {
        guard let code = code(for: error) else { command.exit(withError: error) }
        Log.error((error as? CocoaError)?.inWords ?? String(describing: error))
        Foundation.exit(code.rawValue)
    }
}

extension CocoaError {
    /// Whether a file could not be written, rather than read.
    fileprivate var isWriting: Bool { (512..<768).contains(code.rawValue) }

    /// The file and what the operating system said.
    fileprivate var inWords: String {
        let cause = (userInfo[NSUnderlyingErrorKey] as? any Error)?.localizedDescription
        let place = filePath ?? url?.path ?? "a file"
        return "\(place): cannot be \(isWriting ? "written" : "read"): \(cause ?? localizedDescription)"
    }
}
