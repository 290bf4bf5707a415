//! Every place that VirtualBox writes to, unwritable in every way that the machine can make, under every kind of start and
//! stop. An exit status 0 is held against what is so when VirtualBox's server has ended: what it had in memory alone is gone
//! then.
//!
//! Each pair of a place and a run is played in one of the ways, with `VBOX_SMF_FULL` in all of them; with
//! `VBOX_SMF_CELLS='VmFolder Full'` those cells alone that begin so.

use std::collections::VecDeque;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread::sleep;
use std::time::Duration;

use super::super::one_vm::OneVm;
use super::super::rig::{Rig, Run, Tmpfs, User, eventually, outside, rig_or_skip};
use super::give_to_root;

/// As many users as the rig has.
const WORKERS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    VmFolder,
    Vbox,
    VboxTmp,
    VboxPrev,
    Snapshots,
    Logs,
    SettingsFolder,
    Registry,
    Home,
}

const PLACES: [Place; 9] = [
    Place::VmFolder,
    Place::Vbox,
    Place::VboxTmp,
    Place::VboxPrev,
    Place::Snapshots,
    Place::Logs,
    Place::SettingsFolder,
    Place::Registry,
    Place::Home,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Owner,
    Mode,
    Immutable,
    ReadOnly,
    Full,
}

const WAYS: [Way; 5] = [
    Way::Owner,
    Way::Mode,
    Way::Immutable,
    Way::ReadOnly,
    Way::Full,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Played {
    StartOff,
    StartSaved,
    SaveState,
    Button,
    Fallback,
}

const PLAYED: [Played; 5] = [
    Played::StartOff,
    Played::StartSaved,
    Played::SaveState,
    Played::Button,
    Played::Fallback,
];

#[derive(Clone, Copy, Debug)]
struct Cell {
    place: Place,
    way: Way,
    played: Played,
}

impl Place {
    fn is_folder(self) -> bool {
        !matches!(
            self,
            Self::Vbox | Self::VboxTmp | Self::VboxPrev | Self::Registry
        )
    }

    fn path(self, vm: &OneVm<'_>) -> PathBuf {
        let (folder, home) = (vm.folder(), outside(&vm.user.home()));
        match self {
            Self::VmFolder => folder,
            Self::Vbox => folder.join("vm.vbox"),
            Self::VboxTmp => folder.join("vm.vbox-tmp"),
            Self::VboxPrev => folder.join("vm.vbox-prev"),
            Self::Snapshots => folder.join("Snapshots"),
            Self::Logs => folder.join("Logs"),
            Self::SettingsFolder => home.join(".config/VirtualBox"),
            Self::Registry => home.join(".config/VirtualBox/VirtualBox.xml"),
            Self::Home => home,
        }
    }
}

impl Way {
    /// A file has no file system of its own to be full; that of its folder is in the row of the folder.
    fn is_possible(self, place: Place) -> bool {
        self != Self::Full || place.is_folder()
    }
}

impl Cell {
    fn name(self) -> String {
        format!("{:?} {:?} {:?}", self.place, self.way, self.played)
    }
}

impl Played {
    fn is_start(self) -> bool {
        matches!(self, Self::StartOff | Self::StartSaved)
    }

    fn guest(self) -> &'static str {
        match self {
            Self::Fallback => "ignoreacpi",
            _ => "acpi",
        }
    }

    /// What an exit status 0 claims.
    fn claim(self) -> &'static str {
        match self {
            Self::StartOff | Self::StartSaved => "running",
            Self::SaveState | Self::Fallback => "saved",
            Self::Button => "poweroff",
        }
    }
}

/// What makes a place unwritable; the place is as before when this is dropped.
struct Spoilt {
    path: PathBuf,
    uid: u32,
    way: Way,
    mode: u32,
}

fn tool(program: &str, arguments: &[&std::ffi::OsStr]) -> Result<(), String> {
    let done = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!(
        "{program}: {}",
        String::from_utf8_lossy(&done.stderr).trim()
    ))
}

impl Spoilt {
    fn new(path: &Path, uid: u32, way: Way) -> Result<Self, String> {
        let mode = fs::metadata(path).expect("a place").permissions().mode() & 0o7777;
        let spoilt = Self {
            path: path.to_owned(),
            uid,
            way,
            mode,
        };
        let file = path.as_os_str();
        match way {
            Way::Owner => give_to_root(path, if path.is_dir() { 0o755 } else { 0o644 }),
            Way::Mode => {
                let mode = if path.is_dir() { 0o555 } else { 0o444 };
                fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to set a mode");
            }
            Way::Immutable => tool("chattr", &["+i".as_ref(), file])?,
            Way::ReadOnly => {
                tool("mount", &["--bind".as_ref(), file, file])?;
                let options = "remount,bind,ro".as_ref();
                tool("mount", &["-o".as_ref(), options, file])?;
            }
            Way::Full => {
                let mut file = fs::File::create(path.join("fills")).expect("a file");
                while file.write_all(&[1; 4096]).is_ok() {}
            }
        }
        Ok(spoilt)
    }
}

impl Drop for Spoilt {
    fn drop(&mut self) {
        let file = self.path.as_os_str();
        match self.way {
            Way::Owner => {
                // VirtualBox may have renamed it away.
                let _ = chown(&self.path, Some(self.uid), Some(self.uid));
            }
            Way::Mode => {
                let mode = fs::Permissions::from_mode(self.mode);
                let _ = fs::set_permissions(&self.path, mode);
            }
            Way::Immutable => {
                let _ = tool("chattr", &["-i".as_ref(), file]);
            }
            Way::ReadOnly => {
                let _ = tool("umount", &["-l".as_ref(), file]);
            }
            Way::Full => {
                let _ = fs::remove_file(self.path.join("fills"));
            }
        }
    }
}

/// Saves it, again where VirtualBox fails by itself: one `savestate` in a hundred says `E_ACCESSDENIED`.
fn be_saved(vm: &OneVm<'_>) {
    for _ in 0..3 {
        vm.boot();
        let saving = ["controlvm", &vm.uuid, "savestate"];
        if vm.user.vboxmanage(&saving).code == Some(0) {
            return;
        }
        eventually(
            Duration::from_secs(60),
            || vm.user.vm_processes(&vm.uuid).is_empty(),
            || "it is neither saved nor gone".to_owned(),
        );
        vm.user.cool_down();
        if vm.user.state(&vm.uuid) == "saved" {
            return;
        }
    }
    panic!("it cannot be saved");
}

/// A VM in the state that the run begins with, with a file system of its own where that is to be full.
fn set_the_scene(user: User<'_>, cell: Cell) -> (OneVm<'_>, Vec<Tmpfs>) {
    let home = outside(&user.home());
    let mut mounts = Vec::new();
    if cell.way == Way::Full {
        // The VM's disk is in it, too.
        match cell.place {
            Place::Home => mounts.push(Tmpfs::over(&home, &user, "64m")),
            Place::SettingsFolder => {
                let config = home.join(".config");
                fs::create_dir_all(&config).expect("a folder");
                chown(&config, Some(user.uid), Some(user.uid)).expect("to give it");
                mounts.push(Tmpfs::over(&config.join("VirtualBox"), &user, "1m"));
            }
            Place::VmFolder => {
                mounts.push(Tmpfs::over(&home.join("VirtualBox VMs"), &user, "64m"));
            }
            _ => {}
        }
    }
    let uuid = user.mkvm("vm1", cell.played.guest());
    let mut vm = OneVm::of(user, uuid);
    let own = |path: &Path| {
        fs::create_dir_all(path).expect("a folder");
        chown(path, Some(vm.user.uid), Some(vm.user.uid)).expect("to give it");
    };
    let inner = cell.way == Way::Full && matches!(cell.place, Place::Snapshots | Place::Logs);
    for place in [Place::Snapshots, Place::Logs] {
        own(&place.path(&vm));
        if inner && place == cell.place {
            mounts.push(Tmpfs::over(&place.path(&vm), &vm.user, "8m"));
        }
    }
    let stop_method = match cell.played {
        Played::Button | Played::Fallback => "acpipowerbutton",
        _ => "savestate",
    };
    vm.set(&[
        ("start/timeout_seconds", "60"),
        ("stop/timeout_seconds", "60"),
        ("vm/stop_method", stop_method),
        ("vm/stop_fallback", "savestate"),
    ]);
    match cell.played {
        Played::StartOff => {}
        Played::StartSaved => be_saved(&vm),
        _ => vm.bring_into("running"),
    }
    if cell.played.is_start() {
        vm.user.cool_down();
    }
    for place in [Place::VboxTmp, Place::VboxPrev] {
        if cell.place == place && !place.path(&vm).exists() {
            fs::write(place.path(&vm), "").expect("a leftover");
            chown(place.path(&vm), Some(vm.user.uid), Some(vm.user.uid)).expect("to give it");
        }
    }
    (vm, mounts)
}

/// Presses the button until the guest is off: one that is booting hears nothing.
fn turns_itself_off(vm: &OneVm<'_>) -> Option<()> {
    for _ in 0..20 {
        vm.user
            .vboxmanage(&["controlvm", &vm.uuid, "acpipowerbutton"]);
        for _ in 0..15 {
            if vm.user.vm_processes(&vm.uuid).is_empty() {
                return Some(());
            }
            sleep(Duration::from_millis(200));
        }
    }
    None
}

/// Waits until VirtualBox has nothing in memory any more.
fn server_has_ended(vm: &OneVm<'_>) {
    let gone = || vm.user.vboxsvc_pids().is_empty();
    eventually(Duration::from_secs(60), gone, || {
        "VirtualBox's server is still there".to_owned()
    });
}

/// Plays it: what came of it, and whether it was a lie, or why the machine cannot make it.
fn play(rig: &Rig, cell: Cell) -> Result<(String, bool), String> {
    let (vm, mounts) = set_the_scene(rig.user(), cell);
    let path = cell.place.path(&vm);
    let spoilt = Spoilt::new(&path, vm.user.uid, cell.way)?;
    let run = if cell.played.is_start() {
        vm.start()
    } else {
        vm.stop()
    };
    let (told, is_lie) = judge(&vm, cell, &run, spoilt);
    vm.user.kill_all();
    drop(mounts);
    let last = run.stderr.lines().last().unwrap_or_default();
    let status = run.code.map_or("none".to_owned(), |code| code.to_string());
    let is_odd = !matches!(run.code, Some(0 | 1 | 95 | 96));
    let whole = if is_lie || is_odd {
        run.stderr.as_str()
    } else {
        last
    };
    Ok((format!("exit {status}: {told}: {whole}"), is_lie || is_odd))
}

fn judge(vm: &OneVm<'_>, cell: Cell, run: &Run, spoilt: Spoilt) -> (String, bool) {
    let is_done = run.code == Some(0);
    if cell.played.is_start() && is_done {
        sleep(Duration::from_secs(3));
        let alive = vm.user.vm_processes(&vm.uuid).len();
        // What the guest did since must not be undone: it turns itself off, and stays off.
        let Some(()) = turns_itself_off(vm) else {
            let state = vm.user.state(&vm.uuid);
            drop(spoilt);
            // It runs, as was claimed, or VirtualBox suspended it later for want of room: a guest whose serial port cannot be
            // written need not hear a button.
            let is_lie = alive != 1 || !["running", "paused"].contains(&state.as_str());
            return (format!("{alive} process, hears no button, {state}"), is_lie);
        };
        server_has_ended(vm);
        drop(spoilt);
        let state = vm.user.state(&vm.uuid);
        let is_lie = alive != 1 || state != "poweroff";
        return (format!("{alive} process, then {state}"), is_lie);
    }
    if !vm.user.vm_processes(&vm.uuid).is_empty() {
        drop(spoilt);
        return ("still up".to_owned(), is_done && !cell.played.is_start());
    }
    server_has_ended(vm);
    drop(spoilt);
    let state = vm.user.state(&vm.uuid);
    let is_lie = is_done && state != cell.played.claim();
    // A saved VM that was not started is saved as before.
    let was_changed = cell.played == Played::StartSaved && run.code == Some(96) && state != "saved";
    (state, is_lie || was_changed)
}

fn cells() -> VecDeque<Cell> {
    let all = std::env::var_os("VBOX_SMF_FULL").is_some();
    let mut cells = VecDeque::new();
    for (row, place) in PLACES.into_iter().enumerate() {
        let ways: Vec<Way> = WAYS
            .into_iter()
            .filter(|way| way.is_possible(place))
            .collect();
        for (column, played) in PLAYED.into_iter().enumerate() {
            let chosen = (row + column) % ways.len();
            let of_pair = ways
                .iter()
                .enumerate()
                .filter(|(i, _)| all || *i == chosen)
                .map(|(_, way)| Cell {
                    place,
                    way: *way,
                    played,
                });
            cells.extend(of_pair);
        }
    }
    if let Ok(wanted) = std::env::var("VBOX_SMF_CELLS") {
        cells.retain(|cell: &Cell| cell.name().starts_with(&wanted));
        assert!(!cells.is_empty(), "no cell begins with {wanted:?}");
    }
    cells
        .make_contiguous()
        .sort_by_key(|cell| cell.played as u8);
    cells
}

/// The rows, in a file as well where `VBOX_SMF_TABLE` names one: what was played is known whatever happens then.
struct Table {
    file: Option<fs::File>,
    rows: Vec<String>,
    wrong: Vec<String>,
}

impl Table {
    fn new() -> Self {
        let path = std::env::var_os("VBOX_SMF_TABLE");
        Self {
            file: path.map(|path| fs::File::create(path).expect("to make the table")),
            rows: Vec::new(),
            wrong: Vec::new(),
        }
    }

    fn add(&mut self, row: String, is_wrong: bool) {
        if let Some(file) = &mut self.file {
            writeln!(file, "{row}").expect("to write the table");
        }
        if is_wrong {
            self.wrong.push(row.clone());
        }
        self.rows.push(row);
    }
}

/// What exits 0 is so when VirtualBox's server has ended.
#[test]
fn no_exit_status_0_is_followed_by_another_state() {
    let rig = rig_or_skip!();
    let left = Mutex::new(cells());
    let table = Mutex::new(Table::new());
    let next = || left.lock().expect("a lock").pop_front();
    let work = || {
        while let Some(cell) = next() {
            let name = cell.name();
            let (row, is_wrong) = match catch_unwind(AssertUnwindSafe(|| play(rig, cell))) {
                Ok(Ok((told, is_wrong))) => (format!("{name}: {told}"), is_wrong),
                Ok(Err(why)) => (
                    format!("{name}: SKIPPED, this machine cannot: {why}"),
                    false,
                ),
                Err(_) => (format!("{name}: NOT PLAYED, it panicked"), true),
            };
            table.lock().expect("a lock").add(row, is_wrong);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    let table = table.into_inner().expect("a table");
    println!("{}", table.rows.join("\n"));
    assert!(table.wrong.is_empty(), "{}", table.wrong.join("\n"));
}
