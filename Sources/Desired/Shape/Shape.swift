// SPDX-License-Identifier: Apache-2.0

/// What may stand at one place of a Compose file, and its long form.
///
/// The tables in `Table/` give every key of the Compose Specification its shape; they read as the specification's
/// own reference does. A shape checks a value and writes it the one way that all later readers know.
struct Shape: Sendable {
    /// What a value holds, for the walk over a long form.
    indirect enum Inside: Sendable {
        case value
        case keys(@Sendable () -> Keys)
        case each(Shape)
    }

    /// The long form of the field's value; nil once the field has reported why there is none.
    let long: @Sendable (Field, Normaliser) -> Tree?
    var inside: Inside = .value
    /// Says something even when it is zero, false or empty: an absent key means something else.
    var isTelling = false
    /// What a string says when it says nothing.
    var zero = ""

    init(_ inside: Inside = .value, _ long: @escaping @Sendable (Field, Normaliser) -> Tree?) {
        self.inside = inside
        self.long = long
    }

    /// The same, printed even when zero, false or empty.
    var telling: Shape {
        var shape = self
        shape.isTelling = true
        return shape
    }

    /// The same or nothing at all.
    var orNull: Shape {
        remade { field, normaliser in
            field.tree.isNull ? field.tree : long(field, normaliser)
        }
    }

    /// The same after one more step.
    func then(_ step: @escaping @Sendable (Tree, Field, Normaliser) -> Tree?) -> Shape {
        remade { field, normaliser in
            long(field, normaliser).flatMap { step($0, field, normaliser) }
        }
    }

    /// The same, or one scalar of which `short` makes what this shape would read.
    func orShort(_ short: @escaping @Sendable (Field, Normaliser) -> Tree?) -> Shape {
        remade { field, normaliser in
            guard let scalar = field.scalar, scalar.type != .null else { return long(field, normaliser) }
            return field.canBeShort(1) ? short(field, normaliser) : nil
        }
    }

    private func remade(_ long: @escaping @Sendable (Field, Normaliser) -> Tree?) -> Shape {
        var shape = Shape(inside, long)
        shape.isTelling = isTelling
        shape.zero = zero
        return shape
    }

    /// The same, of which this text says nothing.
    func zero(_ text: String) -> Shape {
        var shape = self
        shape.zero = text
        return shape
    }
}

extension Field {
    /// Counts so many values that are to be written out; false, once it is reported, if they are too many.
    func canBeShort(_ count: Int) -> Bool {
        // Said once.
        guard findings.shortLeft >= 0 else { return false }
        if findings.spend(short: count) { return true }
        findings.add(
            "more than \(Findings.maximumShort) ports, mounts and the like in their short forms",
            "use fewer of them",
            at: tree.position
        )
        return false
    }
}
