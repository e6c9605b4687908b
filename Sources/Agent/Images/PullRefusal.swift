// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Images

/// That an image is not here and cannot be had.
struct PullRefusal: Error {
    let what: String
    let remedy: String

    init(what: String, remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    init(_ service: Service, _ error: ImageError, isHere: Bool) {
        self.init(
            what: "\(service.image) \(isHere ? "" : "is not here and ")cannot be pulled: \(error)",
            remedy: "mend that, or bring the image with `martlet image import`"
        )
    }

    func problem(of service: Service) -> ControlError.Problem {
        Node.problem("services.\(service.name).image", what, remedy)
    }
}

extension TrustRefusal {
    /// Told of the word that asked for the rule.
    func problem(of service: Service) -> ControlError.Problem {
        let word = rule == service.imageDemand.verify ? "x-martlet.image.verify" : "image"
        return Node.problem(
            "services.\(service.name).\(word)",
            "\(service.image): trust.images.\(rule) refuses it: \(why)",
            remedy
        )
    }
}
