//! Whatever is done to a manifest, there is a verdict.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Flavour, Included, judge};

/// Every recorded manifest.
static MANIFESTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let folders = ["manifests", "field", "field/refused", "profiles"];
    let mut manifests: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(vectors.join(folder)).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "xml"))
        .collect();
    // The order of a folder is that of its disk.
    manifests.sort();
    assert!(manifests.len() > 300, "the recorded manifests are there");
    manifests
        .iter()
        .map(|path| fs::read(path).expect("a file"))
        .collect()
});

/// Something that happens to a file.
#[derive(Debug, Clone)]
enum Harm {
    Set(Index, u8),
    Flip(Index, u8),
    Delete(Index, Index),
    Duplicate(Index, Index),
    Insert(Index, &'static [u8]),
    /// Two elements, or what begins like some, change places.
    SwapElements(Index, Index),
    DeleteElement(Index),
    /// A piece of another manifest.
    Graft(Index, Index, Index),
}

/// What has a meaning in XML or to svccfg.
const PIECES: &[&[u8]] = &[
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b";",
    b"'",
    b"\"",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<?x",
    b"?>",
    b"<!DOCTYPE",
    b"[",
    b"]>",
    b"<!ENTITY a 'b'>",
    b"&a;",
    b"&#0;",
    b"&#x110000;",
    b"&#xd800;",
    b"%",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\n",
    b"\r",
    b"xmlns:xi='x'",
    b"<xi:include href='a'/>",
    b"<template>",
    b"<service_bundle>",
    b"</service_bundle>",
    b"99999999999999999999",
    b"-1",
    b"%{a/b}",
    b"svc:/",
    b":",
    b"/",
];

fn harm() -> impl Strategy<Value = Harm> {
    let index = any::<Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, byte)| Harm::Set(at, byte)),
        (index(), 0_u8..8).prop_map(|(at, bit)| Harm::Flip(at, bit)),
        (index(), index()).prop_map(|(from, to)| Harm::Delete(from, to)),
        (index(), index()).prop_map(|(from, to)| Harm::Duplicate(from, to)),
        (index(), proptest::sample::select(PIECES)).prop_map(|(at, piece)| Harm::Insert(at, piece)),
        (index(), index()).prop_map(|(a, b)| Harm::SwapElements(a, b)),
        index().prop_map(Harm::DeleteElement),
        (index(), index(), index()).prop_map(|(from, at, to)| Harm::Graft(from, at, to)),
    ]
}

/// Two places of a text, the lesser first.
fn ordered(text: &[u8], a: Index, b: Index) -> (usize, usize) {
    let (a, b) = (a.index(text.len() + 1), b.index(text.len() + 1));
    (a.min(b), a.max(b))
}

/// Where elements seem to be: from a `<` to the next end of a tag.
fn elements(text: &[u8]) -> Vec<(usize, usize)> {
    let starts = (0..text.len()).filter(|at| text[*at] == b'<');
    starts
        .filter_map(|start| {
            let length = text[start..].iter().position(|b| *b == b'>')?;
            Some((start, start + length + 1))
        })
        .collect()
}

fn apply(text: &mut Vec<u8>, harm: &Harm) {
    if text.is_empty() {
        return;
    }
    match harm {
        Harm::Set(at, byte) => {
            let at = at.index(text.len());
            text[at] = *byte;
        }
        Harm::Flip(at, bit) => {
            let at = at.index(text.len());
            text[at] ^= 1 << bit;
        }
        Harm::Delete(from, to) => {
            let (from, to) = ordered(text, *from, *to);
            text.drain(from..to);
        }
        Harm::Duplicate(from, to) => {
            let (from, to) = ordered(text, *from, *to);
            let piece = text[from..to].to_vec();
            text.splice(to..to, piece);
        }
        Harm::Insert(at, piece) => {
            let at = at.index(text.len() + 1);
            text.splice(at..at, piece.iter().copied());
        }
        Harm::SwapElements(a, b) => {
            let elements = elements(text);
            if elements.is_empty() {
                return;
            }
            let (a, b) = (
                elements[a.index(elements.len())],
                elements[b.index(elements.len())],
            );
            let (first, second) = (a.min(b), a.max(b));
            if first.1 > second.0 {
                return;
            }
            let (one, other) = (
                text[first.0..first.1].to_vec(),
                text[second.0..second.1].to_vec(),
            );
            text.splice(second.0..second.1, one);
            text.splice(first.0..first.1, other);
        }
        Harm::DeleteElement(at) => {
            let elements = elements(text);
            if !elements.is_empty() {
                let (from, to) = elements[at.index(elements.len())];
                text.drain(from..to);
            }
        }
        Harm::Graft(from, at, to) => {
            let other = &MANIFESTS[from.index(MANIFESTS.len())];
            let (start, end) = ordered(other, *at, *to);
            let at = at.index(text.len() + 1);
            text.splice(at..at, other[start..end].iter().copied());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_always_a_verdict(
        manifest in any::<Index>(),
        harms in proptest::collection::vec(harm(), 1..6),
        profile in any::<bool>(),
        included in any::<Index>(),
    ) {
        let mut text = manifest.get(&MANIFESTS).clone();
        for harm in &harms {
            apply(&mut text, harm);
        }
        let flavour = if profile { Flavour::Profile } else { Flavour::Manifest };
        let include = |_: &str| Included::Content(included.get(&MANIFESTS).clone());
        let length = text.len();
        for finding in judge(&text, flavour, &include) {
            prop_assert!((1..=length + 1).contains(&finding.line), "{finding:?}");
            prop_assert!(finding.column >= 1, "{finding:?}");
            prop_assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{finding:?}");
        }
    }
}
