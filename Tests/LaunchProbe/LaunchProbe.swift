// SPDX-License-Identifier: Apache-2.0
@main struct LaunchProbe { static func main() {} }
