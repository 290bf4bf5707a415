//! Text for a terminal of 80 columns: paragraphs and tables.

/// No line is longer, in characters, unless a single word is.
pub(crate) const WIDTH: usize = 80;
/// Between two columns of a table.
const GAP: usize = 2;

/// Lines of whole words that fit into this many characters. A word that is longer has a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let long = word.chars().count();
        if length > 0 && length + 1 + long > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += long;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A paragraph that begins this far from the left, each line ended.
pub(crate) fn paragraph(indent: usize, text: &str) -> String {
    let margin = " ".repeat(indent);
    let lines = wrap(text, WIDTH - indent);
    lines
        .iter()
        .fold(String::new(), |text, line| text + &margin + line + "\n")
}

/// A table whose columns are this wide, with cells of several lines where they need them. A line break in a
/// cell is kept.
pub(crate) fn table(widths: &[usize], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| cell.lines().flat_map(|line| wrap(line, *width)).collect())
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or_default();
        for at in 0..height {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                let part = cell.get(at).map_or("", String::as_str);
                line.push_str(part);
                let left = (width + GAP).saturating_sub(part.chars().count());
                line.extend(std::iter::repeat_n(' ', left.max(1)));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_in_lines_that_fit() {
        assert_eq!(wrap("a bc  def\nghi", 6), ["a bc", "def", "ghi"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcdefgh", "ij"]);
        assert_eq!(wrap("", 4), [""; 0]);
        assert_eq!(
            paragraph(76, "one two"),
            format!("{0}one\n{0}two\n", " ".repeat(76))
        );
    }

    #[test]
    fn cells_of_several_lines_stand_beside_each_other() {
        let row = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect();
        assert_eq!(
            table(
                &[4, 6, 8],
                &[
                    row(&["A", "B", "C"]),
                    row(&["ä", "one two\nx", "last"]),
                    row(&["a", "", "z"])
                ]
            ),
            "A     B       C\nä     one     last\n      two\n      x\na             z\n"
        );
    }
}
