//! A word that was probably meant.

/// The known word that is nearest to this one, where one is near: at most every third letter otherwise.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            let longer = length.max(candidate.chars().count());
            *distance * 3 <= longer && *distance < length
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters are to be put in, left out, changed, or swapped with their neighbours.
fn distance(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().take(64).collect();
    let other: Vec<char> = other.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 0..one.len() {
        let mut row = vec![i + 1];
        for j in 0..other.len() {
            let change = last[j] + usize::from(one[i] != other[j]);
            let mut fewest = change.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && one[i] == other[j - 1] && one[i - 1] == other[j] {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("stop_metod", "stop_method", 1),
            ("usre", "user", 1),
            ("requires", "require", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn words_that_were_meant() {
        let known = ["user", "group", "stop_method", "stop_timeout", "after"];
        for (word, expected) in [
            ("usr", Some("user")),
            ("stop_metod", Some("stop_method")),
            ("stop-timeout", Some("stop_timeout")),
            ("grp", None),
            ("x", None),
            ("", None),
            ("memory", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
