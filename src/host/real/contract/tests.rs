use std::cell::{Cell, RefCell};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::rc::Rc;

use super::*;

/// Writes down every call, and fails those that it is told to.
#[derive(Default)]
struct Recorder {
    calls: Rc<RefCell<Vec<String>>>,
    open: Rc<Cell<u32>>,
    /// How a call begins that fails, and with what.
    fails: Option<(&'static str, i32)>,
}

/// An open file of [`Recorder`].
struct Recorded {
    name: String,
    calls: Rc<RefCell<Vec<String>>>,
    open: Rc<Cell<u32>>,
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.calls.borrow_mut().push(format!("close {}", self.name));
        self.open.set(self.open.get() - 1);
    }
}

impl Recorder {
    fn failing(call: &'static str, errno: i32) -> Self {
        Self {
            fails: Some((call, errno)),
            ..Self::default()
        }
    }

    fn call(&self, what: &str) -> io::Result<()> {
        self.calls.borrow_mut().push(what.to_owned());
        match self.fails {
            Some((call, errno)) if what.starts_with(call) => {
                Err(io::Error::from_raw_os_error(errno))
            }
            _ => Ok(()),
        }
    }

    fn seen(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// Spawns something, which is written down as well.
    fn isolated(&self, spawned: io::Result<u32>) -> io::Result<u32> {
        let result = isolated(self, || {
            self.call("spawn")?;
            spawned
        });
        assert_eq!(self.open.get(), 0, "left open: {:?}", self.seen());
        result
    }
}

impl Calls for Recorder {
    type File = Recorded;

    fn open(&self, path: &str, access: Access) -> io::Result<Recorded> {
        self.call(&format!("open {path} {access:?}"))?;
        self.open.set(self.open.get() + 1);
        Ok(Recorded {
            name: path.rsplit('/').next().unwrap().to_owned(),
            calls: Rc::clone(&self.calls),
            open: Rc::clone(&self.open),
        })
    }

    fn close_on_exec(&self, file: &Recorded) -> io::Result<()> {
        self.call(&format!("cloexec {}", file.name))
    }

    fn set(&self, template: &Recorded, term: Term, bits: u32) -> io::Result<()> {
        self.call(&format!("set {} {term:?} {bits}", template.name))
    }

    fn activate(&self, template: &Recorded) -> io::Result<()> {
        self.call(&format!("activate {}", template.name))
    }

    fn clear(&self, template: &Recorded) -> io::Result<()> {
        self.call(&format!("clear {}", template.name))
    }

    fn id(&self, status: &Recorded) -> io::Result<i32> {
        self.call(&format!("id {}", status.name)).map(|()| 77)
    }

    fn abandon(&self, control: &Recorded) -> io::Result<()> {
        self.call(&format!("abandon {}", control.name))
    }
}

const PREPARED: [&str; 7] = [
    "open /system/contract/process/template ReadWrite",
    "cloexec template",
    "set template Param 0",
    "set template Informative 0",
    "set template Fatal 0",
    "set template Critical 0",
    "activate template",
];
const SPAWNED: [&str; 3] = ["spawn", "clear template", "close template"];
const ABANDONED: [&str; 8] = [
    "open /system/contract/process/latest Read",
    "cloexec latest",
    "id latest",
    "close latest",
    "open /system/contract/all/77/ctl Write",
    "cloexec ctl",
    "abandon ctl",
    "close ctl",
];

fn whole() -> Vec<&'static str> {
    [&PREPARED[..], &SPAWNED, &ABANDONED].concat()
}

#[test]
fn a_program_gets_a_contract_which_is_abandoned() {
    let recorder = Recorder::default();
    assert_eq!(recorder.isolated(Ok(4711)).expect("spawned"), 4711);
    assert_eq!(recorder.seen(), whole());
}

#[test]
fn the_template_is_cleared_after_a_failed_spawn() {
    let recorder = Recorder::default();
    let error = recorder
        .isolated(Err(io::Error::from_raw_os_error(libc::ENOENT)))
        .expect_err("not spawned");
    assert_eq!(error.raw_os_error(), Some(libc::ENOENT));
    // A child that cannot execute its program leaves an empty contract behind, which would count as ours.
    assert_eq!(recorder.seen(), whole());
}

#[test]
fn the_template_is_cleared_after_a_panic() {
    let recorder = Recorder::default();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        isolated(&recorder, || -> io::Result<()> {
            panic!("while it spawns")
        })
    }));
    assert!(caught.is_err());
    let seen = recorder.seen();
    assert_eq!(seen[PREPARED.len()..], ["clear template", "close template"]);
    assert_eq!(recorder.open.get(), 0);
}

#[test]
fn without_the_file_system_the_program_runs_all_the_same() {
    let recorder = Recorder::failing("open", libc::ENOENT);
    assert_eq!(recorder.isolated(Ok(1)).expect("spawned"), 1);
    assert_eq!(recorder.seen(), [PREPARED[0], "spawn"]);
    let trouble = trouble(&recorder).expect("none are available");
    assert_eq!(trouble.kind(), io::ErrorKind::NotFound);
    assert!(super::trouble(&Recorder::default()).is_none());
}

/// Whatever fails, the program runs once, nothing stays open, and no template stays active.
#[test]
fn every_call_may_fail() {
    for call in PREPARED.iter().chain(&ABANDONED) {
        if call.starts_with("close") {
            continue;
        }
        let recorder = Recorder::failing(call, libc::EACCES);
        assert_eq!(recorder.isolated(Ok(1)).expect("spawned"), 1, "{call}");
        let seen = recorder.seen();
        let count = |what: &str| seen.iter().filter(|seen| *seen == what).count();
        assert_eq!(count("spawn"), 1, "{call}: {seen:?}");
        let activated = count("activate template") == 1 && *call != "activate template";
        assert_eq!(count("clear template") == 1, activated, "{call}: {seen:?}");
        assert_eq!(count("close template"), usize::from(*call != PREPARED[0]));
    }
}

#[test]
fn too_many_contracts_are_named() {
    let recorder = Recorder::default();
    let error = recorder
        .isolated(Err(io::Error::from_raw_os_error(libc::EAGAIN)))
        .expect_err("not spawned");
    let error = crate::host::RunError::Spawn {
        program: "/usr/bin/VBoxManage".into(),
        source: error,
    };
    assert!(error.may_pass());
    let told = format!("{:#}", anyhow::Error::new(error));
    assert!(told.contains("project.max-contracts"), "{told}");
}

/// Nothing is known of flags that nobody asked for, and no program inherits the descriptor.
#[test]
fn files_are_opened_with_exactly_these_flags() {
    let flags = |file: &OwnedFd, what| {
        // SAFETY: it takes plain numbers, and the descriptor is open.
        #[expect(unsafe_code, reason = "calls into libc")]
        unsafe {
            libc::fcntl(file.as_raw_fd(), what)
        }
    };
    let file = plain::open("/dev/null", Access::ReadWrite).expect("open");
    assert_eq!(flags(&file, libc::F_GETFD), 0);
    assert_eq!(flags(&file, libc::F_GETFL) & libc::O_ACCMODE, libc::O_RDWR);
    plain::close_on_exec(&file).expect("marked");
    assert_eq!(flags(&file, libc::F_GETFD), libc::FD_CLOEXEC);
    for (access, expected) in [
        (Access::Read, libc::O_RDONLY),
        (Access::Write, libc::O_WRONLY),
    ] {
        let file = plain::open("/dev/null", access).expect("open");
        assert_eq!(flags(&file, libc::F_GETFL) & libc::O_ACCMODE, expected);
    }
}
