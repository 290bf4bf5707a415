//! Run levels (`init(8)`), which init and svc.startd write down before any service is stopped.

/// The levels to which a host goes down: off, off with its power, and a reboot.
const DOWN: [char; 3] = ['0', '5', '6'];

/// Whether a host on its way to this level goes down.
pub(crate) fn goes_down(level: char) -> bool {
    DOWN.contains(&level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_levels_are_down() {
        let down: String = "0123456789sSabc"
            .chars()
            .filter(|l| goes_down(*l))
            .collect();
        assert_eq!(down, "056");
    }
}
