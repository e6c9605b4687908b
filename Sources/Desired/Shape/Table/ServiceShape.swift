// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// A service (05-services.md); its topics are in the files beside this one.
    static let service =
        origin + process + rights + networking + storage + resources + lifecycle + development

    /// What it is made from, and where it is found.
    static let origin: Keys = [
        "image": .string,
        "build": .build,
        "platform": .string("a platform", "write for example linux/amd64", orEmpty: true) { text in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            return (1...3).contains(parts.count) && parts.allSatisfy { Characters.isName($0, and: "._-") }
        },
        "pull_policy": .string(
            "a pull policy",
            "use always, missing, never, daily, weekly or every_ and a time",
            PullPolicy.isKnown
        ),
        "pull_refresh_after": .duration,
        "extends": .extends,
        "profiles": .set(
            .string("a profile", "use letters, digits, '.', '_' and '-', and begin with a letter or digit") {
                Names.resource($0) != nil
            }
        ),
        "container_name": .string("a container name") { Names.container($0) != nil },
        "provider": .keys(.provider),
        "attach": .bool.telling,
        "annotations": .pairs(),
        "labels": .pairs(),
        "label_file": .oneOrMany(.path),
        "logging": .keys(.logging),
        "models": .namesOr(.named(.keys(.modelUse).orNull)),
        "x-martlet": .anything,
    ]

    /// "extends"; the path is made absolute when it is followed.
    static let extends: Keys = ["service": .string, "file": .string]

    /// "provider"; an option may be given many times.
    static let provider: Keys = [
        "type": .string,
        "options": .named(.oneOrMany(.text)),
    ]

    /// "logging".
    static let logging: Keys = [
        "driver": .string,
        "options": .named(.stringOrNumberOrEmpty),
    ]

    /// "models", long syntax.
    static let modelUse: Keys = ["endpoint_var": .string, "model_var": .string]
}

extension Shape {
    /// The name of a service alone stands for one of the same file.
    static let extends = keys(.extends, required: ["service": "name the service to extend"])
        .orString(for: "service")
}
