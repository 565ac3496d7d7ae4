/// The settings of a training run.
public struct TrainingSettings: Sendable, Equatable {
    /// Passes over the training windows.
    public var epochs: Int
    /// A bound of the number of steps, beyond that of the epochs.
    public var maximumSteps: Int?
    /// Windows per step.
    public var batch: Int
    /// Windows whose graph is held at once by a thread; the gradients of a batch's pieces are added (accumulation).
    public var microBatch: Int
    /// η before the schedule.
    public var learningRate: Double
    /// How η changes.
    public var schedule: LearningRateSchedule
    /// Adam or AdamW.
    public var optimizer: Adam.Settings
    /// A bound of the gradient's norm: longer gradients are scaled to it.
    public var clip: Double?
    /// Epochs without a better validation error after which training ends; never when absent.
    public var patience: Int?
    /// ρ of Sharpness-Aware Minimisation (Foret et al., ICLR 2021, arXiv 2010.01412): the gradient is taken at θ + ρ g/‖g‖, which costs
    /// a second one. 0 for plain training.
    public var samRadius: Double
    /// λ of L2-SP (Li, Grandvalet & Davoine, ICML 2018, arXiv 1802.01483): λ/2 ‖θ − θ₀‖² around the start θ₀ is added to the loss. 0 for none.
    public var startPenalty: Double
    /// Seed of the order of windows.
    public var seed: UInt64

    /// Settings of a run.
    public init(
        epochs: Int = 10, maximumSteps: Int? = nil, batch: Int = 32, microBatch: Int? = nil,
        learningRate: Double = 3e-5,
        schedule: LearningRateSchedule = .sff, optimizer: Adam.Settings = Adam.Settings(), clip: Double? = nil,
        patience: Int? = nil, samRadius: Double = 0, startPenalty: Double = 0, seed: UInt64 = 0
    ) {
        self.epochs = epochs
        self.maximumSteps = maximumSteps
        self.batch = batch
        self.microBatch = microBatch ?? TrainingSettings.defaultMicroBatch(batch)
        self.learningRate = learningRate
        self.schedule = schedule
        self.optimizer = optimizer
        self.clip = clip
        self.patience = patience
        self.samRadius = samRadius
        self.startPenalty = startPenalty
        self.seed = seed
    }

    /// Half of the batch, at most 32: a function of the batch alone, since it decides the order of sums. Smaller pieces would give more
    /// threads work, but a quarter of 64 took 1.3 times as long as a half on two cores.
    public static func defaultMicroBatch(_ batch: Int) -> Int { max(1, min(32, (batch + 1) / 2)) }

    /// Steps of an epoch over so many windows; the last batch may be smaller.
    public func stepsPerEpoch(_ windows: Int) -> Int { (windows + batch - 1) / batch }

    /// Steps of the whole training when nothing ends it early.
    public func totalSteps(_ windows: Int) -> Int {
        min(epochs * stepsPerEpoch(windows), maximumSteps ?? .max)
    }
}
