//! Places in the file that is judged, and in those that it includes.

use super::finding::Lines;

/// What was put into a text before it was parsed, at one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Inserted {
    pub(super) at: usize,
    pub(super) bytes: usize,
}

impl Inserted {
    /// The offset in the text as it was.
    fn before(self, at: usize) -> usize {
        if at > self.at {
            at.saturating_sub(self.bytes).max(self.at)
        } else {
            at
        }
    }
}

/// A file that is included.
#[derive(Debug)]
pub(super) struct Included<'t> {
    pub(super) name: &'t str,
    pub(super) lines: Lines<'t>,
    /// Its first byte among those of all files.
    pub(super) base: usize,
    /// The place of its inclusion.
    pub(super) from: usize,
}

/// The places of a file, and of those that it includes, which have their bytes behind its own.
#[derive(Debug)]
pub(super) struct Places<'t> {
    main: &'t Lines<'t>,
    inserted: Inserted,
    included: Vec<Included<'t>>,
}

impl<'t> Places<'t> {
    /// Of a file alone.
    pub(super) const fn of(main: &'t Lines<'t>, inserted: Inserted) -> Self {
        Self {
            main,
            inserted,
            included: Vec::new(),
        }
    }

    /// Adds a file; they come in the order of their first bytes.
    pub(super) fn include(&mut self, included: Included<'t>) {
        self.included.push(included);
    }

    fn included_at(&self, at: usize) -> Option<&Included<'t>> {
        let behind = self.included.partition_point(|file| file.base <= at);
        self.included.get(behind.checked_sub(1)?)
    }

    /// Line and column in the file that is judged, both from 1, and where it is if it is in another one.
    pub(super) fn place(&self, mut at: usize) -> ((usize, usize), Option<(&'t str, usize)>) {
        let mut inside = None;
        while let Some(file) = self.included_at(at) {
            if inside.is_none() {
                inside = Some((file.name, file.lines.place(at - file.base).0));
            }
            at = file.from;
        }
        (self.main.place(self.inserted.before(at)), inside)
    }

    /// `line 7`, or `line 7 of other.xml`.
    pub(super) fn line(&self, at: usize) -> String {
        match self.place(at) {
            (_, Some((name, line))) => format!("line {line} of {name}"),
            ((line, _), None) => format!("line {line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_file_is_told_by_its_inclusions() {
        let main = Lines::new("a\n<x/>\nb");
        let mut places = Places::of(&main, Inserted { at: 3, bytes: 5 });
        for (name, text, base, from) in [("one.xml", "1\n2", 20, 7), ("two.xml", "\n\n3", 30, 22)] {
            places.include(Included {
                name,
                lines: Lines::new(text),
                base,
                from,
            });
        }
        for (at, place, inside) in [
            (0, (1, 1), None),
            (3, (2, 2), None),
            (6, (2, 2), None),
            (9, (2, 3), None),
            (20, (2, 2), Some(("one.xml", 1))),
            (22, (2, 2), Some(("one.xml", 2))),
            (32, (2, 2), Some(("two.xml", 3))),
        ] {
            assert_eq!(places.place(at), (place, inside), "{at}");
        }
        assert_eq!(places.line(0), "line 1");
        assert_eq!(places.line(32), "line 3 of two.xml");
    }
}
