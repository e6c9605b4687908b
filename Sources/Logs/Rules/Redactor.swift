// SPDX-License-Identifier: Apache-2.0
internal import Patterns

/// Finds what a line must not show.
///
/// Belongs to one thread.
final class Redactor {
    private let literals: LiteralSet?
    private let search: PatternSearch?
    private var spans: [(range: Range<Int>, name: String?)] = []

    /// What one line may cost, in bytes looked at: beyond it the rest of the line is not shown.
    private static let workPerByte = 32
    private static let leastWork = 16_384

    init?(_ rules: LineRules) {
        guard rules.literals != nil || rules.pattern != nil else { return nil }
        literals = rules.literals
        search = rules.pattern.map(PatternSearch.init)
    }

    /// The places of a line that are not to be shown, from the left, with the name of the secret where it has one;
    /// they do not touch.
    ///
    /// Valid until the next call.
    func redactions(of line: UnsafeRawBufferPointer) -> [(range: Range<Int>, name: String?)] {
        spans.removeAll(keepingCapacity: true)
        let allowed = Self.leastWork + Self.workPerByte * line.count
        if let literals {
            var work = allowed
            literals.search(line, work: &work) { spans.append(($0.range, $0.name)) }
            if work < 0 { hideRest(of: line) }
        }
        if let search {
            let isMixed = !spans.isEmpty
            let before = search.visited
            var start = 0
            while start < line.count, let range = search.firstMatch(in: line, from: start) {
                if !range.isEmpty { spans.append((range, nil)) }
                start = max(range.upperBound, range.lowerBound + 1)
                guard search.visited - before < allowed else {
                    spans.append((start..<line.count, nil))
                    break
                }
            }
            if isMixed { spans.sort { $0.range.lowerBound < $1.range.lowerBound } }
        }
        join()
        return spans
    }

    private func hideRest(of line: UnsafeRawBufferPointer) {
        spans.append(((spans.last?.range.upperBound ?? 0)..<line.count, nil))
    }

    private func join() {
        guard spans.count > 1 else { return }
        var joined = 0
        for index in 1..<spans.count {
            if spans[index].range.lowerBound <= spans[joined].range.upperBound {
                let end = max(spans[joined].range.upperBound, spans[index].range.upperBound)
                spans[joined].range = spans[joined].range.lowerBound..<end
                spans[joined].name = spans[joined].name ?? spans[index].name
            } else {
                joined += 1
                spans[joined] = spans[index]
            }
        }
        spans.removeSubrange((joined + 1)...)
    }
}
