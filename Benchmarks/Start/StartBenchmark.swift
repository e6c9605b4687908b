// SPDX-License-Identifier: Apache-2.0
@main struct StartBenchmark { static func main() {} }
