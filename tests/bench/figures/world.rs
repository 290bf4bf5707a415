//! Where a method is measured: a chroot with tools in it that answer at once.
//!
//! The method looks for svcprop at its one place, `/usr/bin/svcprop`, and takes a VBoxManage only from folders that
//! are root's, so that both have to be below another root (`root.sh`).

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::{HERE, VBOX_SMF, orphans, program};

/// Set for the process that has a mount namespace of its own.
const ALONE: &str = "VBOX_SMF_BENCH_ALONE";
/// The user of `root.sh`, of whom there are no other processes.
const USER: &str = "64990";
const UUID: &str = "45d28bca-c10d-4bfe-88b8-86daa85b695a";
/// Every other program of the measurement is here, in the chroot.
const FOLDER: &str = "opt/bench";

/// A run, as `tools/launch.c` measured it.
pub(crate) struct Sample {
    pub(crate) milliseconds: f64,
    /// The largest resident set of the program, or of one that it waited for.
    pub(crate) kilobytes: u64,
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// For root: runs all of this once more in a mount namespace of its own, so that nothing stays mounted. None: this is
/// that process, or there is none to be had.
pub(crate) fn alone() -> Option<ExitCode> {
    if !is_root() || std::env::var_os(ALONE).is_some() {
        return None;
    }
    let own = std::env::current_exe().ok()?;
    let failed = program("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(own)
        .args(std::env::args_os().skip(1))
        .env(ALONE, "1")
        .exec();
    eprintln!("unshare: {failed}");
    None
}

/// The chroot.
pub(crate) struct World {
    pub(crate) root: PathBuf,
    launch: PathBuf,
    log: PathBuf,
}

impl World {
    /// Makes it, or says why there is none.
    pub(crate) fn make() -> Result<Self, String> {
        if !is_root() || std::env::var_os(ALONE).is_none() {
            return Err("it needs root, and unshare".to_owned());
        }
        orphans::adopt().map_err(|e| e.to_string())?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-world");
        fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
        let built = |name: &str| folder.join(name);
        for (name, linked) in [
            ("instant", "-static"),
            ("launch", "-static"),
            ("spawner", "-pie"),
        ] {
            let mut compile = program("cc");
            compile.args([
                "-std=gnu17",
                "-D_GNU_SOURCE",
                "-O2",
                "-Wall",
                "-Wextra",
                "-Werror",
                linked,
                "-o",
            ]);
            compile
                .arg(built(name))
                .arg(format!("{HERE}/tools/{name}.c"));
            succeed(&mut compile)?;
        }
        let root = folder.join("root");
        succeed(program(format!("{HERE}/root.sh")).arg(&root))?;
        let world = Self {
            launch: built("launch"),
            log: folder.join("log"),
            root,
        };
        let entry = format!("{HERE}/../../method/vbox");
        for (from, to) in [
            (built("instant").as_path(), "usr/bin/svcprop"),
            (&built("instant"), "opt/bench/VBoxManage"),
            (&built("instant"), "opt/bench/VBoxHeadless"),
            (&built("spawner"), "opt/bench/spawner"),
            (Path::new(VBOX_SMF), "opt/bench/vbox-smf"),
            (Path::new(&entry), "opt/bench/vbox"),
            (
                Path::new(&format!("{HERE}/baseline.sh")),
                "opt/bench/baseline.sh",
            ),
        ] {
            let to = world.root.join(to);
            fs::copy(from, &to).map_err(|e| format!("{}: {e}", to.display()))?;
        }
        world.write_answers()?;
        world.write_files_of_virtualbox()?;
        Ok(world)
    }

    /// What the real tools printed, of a VM named vm1.
    fn write_answers(&self) -> Result<(), String> {
        let of_vm1 = |recorded: &str| {
            let line = |line: &str| match line.split_once('=') {
                Some(("name", _)) => "name=\"vm1\"\n".to_owned(),
                Some(("UUID", _)) => format!("UUID=\"{UUID}\"\n"),
                _ => format!("{line}\n"),
            };
            recorded.lines().map(line).collect::<String>()
        };
        let properties = "stop/timeout_seconds count 300\n\
            start/timeout_seconds count 120\n\
            virtualbox/vboxmanage astring /opt/bench/VBoxManage\n\
            vm/stop_method astring savestate\n\
            vm/name astring vm1\n";
        for (name, text) in [
            ("svcprop.all", properties.to_owned()),
            ("svcprop.vm.stop_method", "savestate\n".to_owned()),
            (
                "showvminfo.running",
                of_vm1(include_str!("../../vectors/vminfo/7.2.22-running.txt")),
            ),
            (
                "showvminfo.poweroff",
                of_vm1(include_str!("../../vectors/vminfo/7.2.22-poweroff.txt")),
            ),
            (
                "startvm",
                format!(
                    "Waiting for VM \"{UUID}\" to power on...\nVM \"vm1\" has been successfully started.\n"
                ),
            ),
            (
                "list.vms",
                format!("[vms]\n\"vm1\" {{{UUID}}}\n\n[runningvms]\n"),
            ),
            ("list.runningvms", format!("\"vm1\" {{{UUID}}}\n")),
        ] {
            self.write(&format!("answers/{name}"), text.as_bytes())?;
        }
        Ok(())
    }

    /// What VirtualBox has of the VM in its files, in the user's home.
    fn write_files_of_virtualbox(&self) -> Result<(), String> {
        let registry = format!(
            "<?xml version=\"1.0\"?>\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.12-linux\">\n  <Global>\n    <MachineRegistry>\n      <MachineEntry uuid=\"{{{UUID}}}\" src=\"/tmp/vm1/vm1.vbox\"/>\n    </MachineRegistry>\n  </Global>\n</VirtualBox>\n"
        );
        let settings = format!(
            "<?xml version=\"1.0\"?>\n<VirtualBox xmlns=\"http://www.virtualbox.org/\" version=\"1.19-linux\">\n  <Machine uuid=\"{{{UUID}}}\" name=\"vm1\">\n  </Machine>\n</VirtualBox>\n"
        );
        let home = self.root.join("tmp");
        for folder in ["vm1/Logs", "vm1/Snapshots", ".config/VirtualBox"] {
            fs::create_dir_all(home.join(folder)).map_err(|e| format!("{folder}: {e}"))?;
        }
        for (path, text) in [
            (".config/VirtualBox/VirtualBox.xml", &registry),
            ("vm1/vm1.vbox", &settings),
        ] {
            fs::write(home.join(path), text).map_err(|e| format!("{path}: {e}"))?;
        }
        let all = ["vm1", "vm1/Logs", "vm1/Snapshots"];
        let of_all = all.map(|folder| (folder, 0o777)).into_iter();
        for (path, mode) in of_all.chain([("vm1/vm1.vbox", 0o666)]) {
            fs::set_permissions(home.join(path), fs::Permissions::from_mode(mode))
                .map_err(|e| format!("{path}: {e}"))?;
        }
        Ok(())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.root.join(FOLDER).join(name);
        fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// What runs a program in the chroot: the words are its path there and its arguments.
    pub(crate) fn launch(&self, words: &[&str]) -> Vec<std::ffi::OsString> {
        let mut line = vec![
            self.launch.clone().into(),
            self.root.clone().into(),
            USER.into(),
            self.log.clone().into(),
        ];
        line.extend(words.iter().map(Into::into));
        line
    }

    /// The environment that svc.startd gives to a method.
    pub(crate) fn environment(verb: &str) -> [(&str, &str); 6] {
        [
            ("SMF_FMRI", "svc:/site/xvm/vbox:vm1"),
            ("SMF_METHOD", verb),
            ("SMF_RESTARTER", "svc:/system/svc/restarter:default"),
            ("SMF_ZONENAME", "global"),
            ("PATH", "/usr/sbin:/usr/bin"),
            ("VBOXMANAGE", "/opt/bench/VBoxManage"),
        ]
    }

    /// What the last run printed.
    pub(crate) fn printed(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Runs a method to its good end.
    pub(crate) fn run(&self, verb: &str, words: &[&str]) -> Result<Sample, String> {
        let line = self.launch(words);
        let output = program(&line[0])
            .args(&line[1..])
            .env_clear()
            .envs(Self::environment(verb))
            .output()
            .map_err(|e| e.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<u64> = text
            .split_ascii_whitespace()
            .filter_map(|n| n.parse().ok())
            .collect();
        let [nanoseconds, kilobytes, status] = numbers[..] else {
            return Err(format!(
                "{words:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            ));
        };
        if status != 0 {
            return Err(format!(
                "{verb} by {words:?} exits {status}: {}",
                self.printed()
            ));
        }
        Ok(Sample {
            milliseconds: Duration::from_nanos(nanoseconds).as_secs_f64() * 1000.0,
            kilobytes,
        })
    }

    /// Writes down what a start and a stop of ours run, for the spawner to run the same.
    pub(crate) fn record(&self) -> Result<(), String> {
        let calls = self.root.join(FOLDER).join("state/calls");
        for verb in ["start", "stop"] {
            self.write("state/calls", b"")?;
            fs::set_permissions(&calls, fs::Permissions::from_mode(0o666))
                .map_err(|e| e.to_string())?;
            self.run(verb, &["/opt/bench/vbox-smf", verb])?;
            let recorded = fs::read(&calls).map_err(|e| e.to_string())?;
            fs::remove_file(&calls).map_err(|e| e.to_string())?;
            self.write(&format!("plan.{verb}"), &recorded)?;
        }
        Ok(())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // With a VM that still runs; what is mounted goes with the namespace.
        let pid = fs::read_to_string(self.root.join(FOLDER).join("state/pid"));
        if let Ok(pid) = pid {
            let _over = program("kill").arg(pid).status();
        }
    }
}

fn succeed(command: &mut std::process::Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{}: {}",
        command.get_program().display(),
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
