extension Families {
    static let ttm = Family(
        name: "ttm",
        title: "Tiny Time Mixers: Fast Pre-trained Models for Forecasting of Multivariate Time Series (NeurIPS 2024)",
        published: releases,
        recognise: { configuration, source, choices in
            guard source.tensorShape("backbone.encoder.patcher.weight") != nil,
                source.tensorShape("head.base_forecast_block.weight") != nil
            else { return nil }
            guard let configuration else {
                throw ForecasterError.configuration(
                    file: source.sourceName, key: "config.json",
                    problem: "is not beside the weights; TTM needs it for its patches and modes")
            }
            let sizes = try configuration.decode(TTMForecaster.Configuration.self)
            let model = try TTMForecaster(sizes, frequency: sizes.hasPrefix ? choices.frequency ?? 0 : 0)
            return Recognition(
                model: model, choices: sizes.hasPrefix ? [.frequency] : [],
                ignored: { $0.hasSuffix(".num_batches_tracked") })
        })

    private static let releases: [PublishedModel] =
        [
            release("granite-timeseries-ttm-r1", "main", 512, 64, 96, 805_280),
            release("granite-timeseries-ttm-r1", "1024_96_v1", 1024, 64, 96, 946_336),
            release("granite-timeseries-ttm-r2", "main", 512, 64, 96, 805_280),
        ]
        + [
            (512, 64, [(192, 903_680), (336, 1_051_280), (720, 1_444_880)]),
            (1024, 128, [(96, 2_964_960), (192, 3_161_664), (336, 3_456_720), (720, 4_243_536)]),
            (1536, 128, [(96, 3_081_120), (192, 3_376_128), (336, 3_818_640), (720, 4_998_672)]),
        ].flatMap { context, patch, sizes in
            sizes.map { horizon, parameters in
                release("granite-timeseries-ttm-r2", "\(context)-\(horizon)-r2", context, patch, horizon, parameters)
            }
        }
        + [
            release("ttm-research-r2", "main", 512, 64, 96, 854_972, frequencies: 8),
            release("ttm-research-r2", "1024-96-ft-r2", 1024, 128, 96, 3_126_076, frequencies: 8),
            release("ttm-research-r2", "1536-96-ft-r2", 1536, 128, 96, 3_243_996, frequencies: 8),
        ]

    private static func release(
        _ name: String, _ revision: String, _ context: Int, _ patch: Int, _ horizon: Int, _ parameters: Int,
        frequencies: Int? = nil
    ) -> PublishedModel {
        let owner = frequencies == nil ? "ibm-granite" : "ibm-research"
        return PublishedModel(
            name: "\(owner)/\(name)@\(revision)", parameters: parameters,
            location: "https://huggingface.co/\(owner)/\(name)/tree/\(revision)",
            licence: frequencies == nil ? "Apache-2.0" : "research licence on its card", tasks: [.forecast],
            context: context, horizon: horizon, files: "model.safetensors, config.json",
            make: {
                try TTMForecaster(
                    TTMForecaster.Configuration(
                        context: context, patch: patch, horizon: horizon, frequencies: frequencies))
            })
    }
}
