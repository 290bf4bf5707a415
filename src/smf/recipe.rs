//! Shell commands for people, of more than one word about SMF.

/// How long the removal of an instance waits for its stop, in seconds: as long as the longest stop that `gen` writes unless
/// it is told otherwise.
const STOP_WAIT: u32 = 600;

/// Removes an instance when its VM has been stopped, and not before: `svccfg delete -f` runs no stop, a stop whose instance
/// is gone cannot know its VM, `svcadm disable -s` never returns where the stop ends in maintenance, and an instance in
/// maintenance is disabled without a stop.
pub(crate) fn remove_instance(fmri: &str) -> String {
    format!(
        "n=0; [ \"$(svcs -H -o state {fmri})\" = maintenance ] || svcadm disable {fmri}; \
         while [ \"$(svcs -H -o state {fmri})\" != disabled ] && [ $n -lt {STOP_WAIT} ]; do sleep 1; n=$((n + 1)); done; \
         if [ \"$(svcs -H -o state {fmri})\" = disabled ]; then svccfg delete {fmri}; else svcs -xv {fmri}; fi"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The README's lines are the same command, which a test runs.
    #[test]
    fn the_readme_has_the_recipe() {
        let readme = include_str!("../../README.md");
        let section = readme.split("## Remove an instance").nth(1);
        let lines: Vec<&str> = section
            .expect("the section")
            .lines()
            .skip_while(|line| !line.starts_with("    "))
            .take_while(|line| line.starts_with("    "))
            .map(str::trim)
            .collect();
        assert_eq!(lines.join("; "), remove_instance("vbox:vm1"));
    }
}
