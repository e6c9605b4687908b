// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// A verb that gives its result, and its failure, as JSON if it is asked to.
package protocol ReportingVerb: ParsableCommand {
    var json: Bool { get }
}
