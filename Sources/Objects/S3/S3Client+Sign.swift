// SPDX-License-Identifier: Apache-2.0
internal import Transfer

extension S3Client {
    /// A request with all that shows who asks.
    func sign(_ request: S3Request, _ key: AccessKey) throws(ObjectError) -> TransferRequest {
        var fields = request.fields
        if let session = key.session { fields.append(("x-amz-security-token", session)) }
        if let owner = place.owner { fields.append(("x-amz-expected-bucket-owner", owner)) }
        let url: TransferURL, authorization: String
        switch place.signature {
        case .v4:
            let query = S3Signature.query(of: request.query)
            url = place.url(of: request.key, query: query)
            let signature = S3Signature(key: key, region: place.region, time: time)
            fields.append(("x-amz-content-sha256", request.payload))
            fields.append(("x-amz-date", signature.date))
            authorization = signature.authorization(
                request.method,
                url.path,
                query: query,
                fields: fields + [("host", url.authority)],
                payload: request.payload
            )
        case .v2:
            url = place.url(of: request.key, query: S3OldSignature.query(of: request.query))
            let signature = S3OldSignature(key: key, bucket: place.bucket, time: time)
            fields.append(("x-amz-date", signature.date))
            authorization = signature.authorization(
                request.method,
                place.path(of: request.key),
                query: request.query,
                fields: fields
            )
        }
        var asked = TransferRequest(
            request.method,
            url,
            fields: fields,
            authorization: authorization,
            body: request.body,
            trust: try trust(),
            redirects: 0
        )
        asked.mayRepeat = request.mayRepeat
        // `RetriedStore` has one, and whoever holds a volume: a sign of life cannot wait for minutes.
        asked.hasOwnPace = true
        asked.hold = request.hold
        asked.isIntoFile = request.isIntoFile
        if let patience = request.patience { asked.limits.patience = patience }
        return asked
    }
}
