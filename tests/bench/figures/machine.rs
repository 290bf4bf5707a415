//! What the figures depend on: the machine, the hour, the commit.

use super::{HERE, program};

/// Prints it.
pub(crate) fn describe() {
    let said = |name: &str, arguments: &[&str]| {
        let output = program(name)
            .args(arguments)
            .current_dir(HERE)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    };
    let commit = match (
        said("git", &["rev-parse", "--short", "HEAD"]),
        said("git", &["status", "--porcelain"]),
    ) {
        (Some(commit), Some(changes)) if changes.is_empty() => commit,
        (Some(commit), _) => format!("{commit} and changes"),
        (None, _) => "unknown".to_owned(),
    };
    println!(
        "vbox-smf {} at commit {commit}, {}",
        env!("CARGO_PKG_VERSION"),
        said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_default()
    );
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("an unknown processor", |(_, model)| model);
    println!(
        "{} cores, {model}, Linux {}, Debian {}",
        std::thread::available_parallelism().map_or(0, usize::from),
        read("/proc/sys/kernel/osrelease").trim(),
        read("/etc/debian_version").trim(),
    );
    load("at the beginning");
    println!();
}

/// Prints how busy the machine is: every start and stop looks at all processes, too.
pub(crate) fn load(when: &str) {
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split(' ').take(3).collect();
    let processes = std::fs::read_dir("/proc").map_or(0, |entries| {
        let number = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
        entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| number(name))
            .count()
    });
    println!(
        "load average {when}: {}; {processes} processes",
        load.join(" ")
    );
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
