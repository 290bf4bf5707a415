//! Files that something has harmed: cut, mixed up, in another encoding than they say.

use std::fs;

use crate::lanes::some_or_many;

use super::super::call::{GOOD, entries, folder};
use super::{cut, judge};

/// Judges files in one run: each is refused.
#[track_caller]
fn all_refused(test: &str, files: &[(String, Vec<u8>)]) {
    let folder = folder(test);
    for (name, bytes) in files {
        fs::write(folder.join(format!("{name}.xml")), bytes).unwrap();
    }
    let run = judge(&folder, &["--json", "."]);
    assert_eq!(run.status, Some(1), "{}", cut(&run.stderr));
    let entries = entries(&run.stdout);
    assert_eq!(entries.len(), files.len());
    for (name, entry) in entries {
        assert!(
            !entry.accepted && entry.stage.is_some(),
            "{name}: {entry:?}"
        );
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_manifest_that_is_cut_at_any_byte() {
    // What is cut after the last tag is whole. Without optimization every byte would take a minute.
    let step = some_or_many(37, if cfg!(debug_assertions) { 17 } else { 1 });
    let end = GOOD.trim_end().len();
    let files: Vec<_> = (0..end)
        .step_by(step)
        .map(|at| (format!("{at:05}"), GOOD.as_bytes()[..at].to_vec()))
        .collect();
    all_refused("cut", &files);
}

/// A generator of numbers that are always the same (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

#[test]
fn random_bytes() {
    let mut numbers = Numbers(0x005e_ed0f_5eed);
    let root = GOOD.find("<service_bundle").unwrap();
    let mut files = Vec::new();
    for i in (0..300_usize).step_by(some_or_many(5, 1)) {
        files.push((format!("bytes-{i}"), numbers.bytes(i * 7)));
        let mut after = GOOD.as_bytes()[..root].to_vec();
        after.extend(numbers.bytes(i * 7));
        files.push((format!("after-{i}"), after));
        // Characters that mean something to a parser.
        let marks: &[u8] = b"<>&;'\"/?!-[]=% \nax:#\0";
        let length = u64::try_from(marks.len()).unwrap();
        let text = (0..i * 7)
            .map(|_| marks[usize::try_from(numbers.next() % length).unwrap()])
            .collect();
        files.push((format!("marks-{i}"), text));
    }
    all_refused("random", &files);
}

/// The manifest in UTF-16, with a byte order mark.
fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(bytes).collect()
}

#[test]
fn broken_encodings() {
    let labelled = |label: &str| {
        let rest = GOOD.split_once("?>").unwrap().1;
        format!("<?xml version='1.0' encoding='{label}'?>{rest}")
    };
    let with = |bytes: &[u8]| {
        let at = GOOD.find("<service_bundle").unwrap();
        let (before, after) = GOOD.as_bytes().split_at(at);
        [before, b"<!-- ", bytes, b" -->", after].concat()
    };
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("only a mark", b"\xef\xbb\xbf".to_vec()),
        ("only a mark of UTF-16", b"\xff\xfe".to_vec()),
        ("latin 1 without a label", with(b"\xfc")),
        ("a continuation alone", with(b"\x80")),
        ("a sequence that is cut", with(b"\xe2\x82")),
        ("a sequence that is too long", with(b"\xc0\xaf")),
        ("a surrogate in UTF-8", with(b"\xed\xa0\x80")),
        ("beyond Unicode", with(b"\xf4\x90\x80\x80")),
        ("no character", with(b"\xef\xbf\xbf")),
        ("NUL", with(b"\0")),
        ("control character", with(b"\x1b")),
        ("NUL at the end", [GOOD.as_bytes(), b"\0"].concat()),
        ("all NUL", vec![0; 4096]),
        ("a label of nobody", labelled("klingon").into_bytes()),
        ("an empty label", labelled("").into_bytes()),
        ("not ASCII", {
            let text = labelled("US-ASCII");
            text.replace("<service_bundle", "<!-- ü --><service_bundle")
                .into_bytes()
        }),
        ("UTF-16 by label only", labelled("UTF-16").into_bytes()),
    ];
    let big = utf16(&labelled("UTF-16"), u16::to_be_bytes);
    let little = utf16(&labelled("UTF-16"), u16::to_le_bytes);
    for (name, whole, surrogate) in [("big", big, [0xd8, 0x00]), ("little", little, [0x00, 0xd8])] {
        let mut odd = whole.clone();
        odd.pop();
        files.push((
            if name == "big" {
                "odd big"
            } else {
                "odd little"
            },
            odd,
        ));
        let mut lone = whole.clone();
        let middle = whole.len() / 4 * 2;
        lone.splice(middle..middle, surrogate);
        files.push((
            if name == "big" {
                "lone big"
            } else {
                "lone little"
            },
            lone,
        ));
    }
    let wide = |bytes: fn(u32) -> [u8; 4]| {
        let characters = std::iter::once('\u{feff}').chain(GOOD.chars());
        characters.flat_map(|c| bytes(u32::from(c))).collect()
    };
    files.push(("UTF-32 big", wide(u32::to_be_bytes)));
    files.push(("UTF-32 little", wide(u32::to_le_bytes)));
    let files: Vec<_> = files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    all_refused("encodings", &files);
}
