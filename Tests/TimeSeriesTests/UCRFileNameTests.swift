import Testing

@testable import TimeSeries

@Suite("UCR file names")
struct UCRFileNameTests {
    @Test("labels in the name, as 0-based rows")
    func parsed() throws {
        let name = try #require(UCRFileName(path: "x/135_UCR_Anomaly_InternalBleeding16_1200_4187_4199.txt"))
        #expect(name.id == 135)
        #expect(name.name == "InternalBleeding16")
        #expect(name.train == 0..<1200)
        #expect(name.anomaly == 4186..<4199)
        #expect(UCRFileName(path: "004_UCR_Anomaly_DISTORTED_BIDMC1_2500_5400_5600.txt")?.name == "DISTORTED_BIDMC1")
    }

    @Test(
        "other names",
        arguments: [
            "", "ETTh1.csv", "1_UCR_Anomaly_x_10_5_7.txt", "1_UCR_Anomaly_x_10_20_15.txt", "a_UCR_Anomaly_x_1_2_3.txt",
            "1_UCR_Anomaly_1_2_3.txt", "1_UCR_Anomaly_x_-9_2_9223372036854775808.txt",
        ])
    func refused(path: String) {
        #expect(UCRFileName(path: path) == nil)
    }
}
