// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

extension CommandConfiguration {
    /// A verb of a program, which is parsed alone first.
    ///
    /// That it is part of one spares it the search for a request for completions, which the whole program answers.
    package init(verb: String, abstract: String, discussion: String) {
        self.init(commandName: verb, _superCommandName: "martlet", abstract: abstract, discussion: discussion)
    }
}
