//! What the stand-ins wrote down: which programs were executed, when, and how they ended.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use super::{Run, User, outside};

/// A call of VBoxManage or svcprop as its stand-in wrote it down. The times are those of `CLOCK_MONOTONIC`.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) arguments: Vec<String>,
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) begin: Duration,
    /// When and how it ended: an exit status or `signal N`. None: it runs, or it was killed.
    pub(crate) end: Option<(Duration, String)>,
}

impl User<'_> {
    /// The calls of VBoxManage that went through the recorder, in the order they began.
    pub(crate) fn vboxmanage_calls(&self) -> Vec<Recorded> {
        read_recorder_log(&fs::read(self.recorder_log()).unwrap_or_default())
    }

    /// The calls of svcprop, in the order they began.
    pub(crate) fn svcprop_calls(&self) -> Vec<Recorded> {
        let log = fs::read(self.svcprop_folder().join("calls.log")).unwrap_or_default();
        lines_of_fields(&log)
            .iter()
            .map(|fields| recorded(fields))
            .collect()
    }

    /// The calls of svcs, in the order they began.
    pub(crate) fn svcs_calls(&self) -> Vec<Recorded> {
        let log = fs::read(self.svcprop_folder().join("svcs.log")).unwrap_or_default();
        lines_of_fields(&log)
            .iter()
            .map(|fields| recorded(fields))
            .collect()
    }

    /// The programs that a run of the method executed, each with its arguments.
    pub(crate) fn programs_executed(&self, run: &Run) -> Vec<String> {
        let lines = |program: &str, calls: Vec<Recorded>| -> Vec<String> {
            let own = calls.into_iter().filter(|call| call.parent == run.pid);
            own.map(|call| format!("{program} {}", call.arguments.join(" ")))
                .collect()
        };
        let mut all = lines("svcprop", self.svcprop_calls());
        all.extend(lines("VBoxManage", self.vboxmanage_calls()));
        all
    }

    pub(super) fn recorder_log(&self) -> PathBuf {
        outside(&format!("/var/recorder/{}.log", self.uid))
    }
}

/// Now, on the clock of what the stand-ins write down.
pub(crate) fn monotonic() -> Duration {
    // SAFETY: all fields of a `timespec` are numbers, for which zero is a value.
    let mut now: libc::timespec = unsafe { std::mem::zeroed() };
    // SAFETY: `now` is a timespec of our own; CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let seconds = u64::try_from(now.tv_sec).expect("a time since the boot");
    let nanoseconds = u32::try_from(now.tv_nsec).expect("less than a second");
    Duration::new(seconds, nanoseconds)
}

fn lines_of_fields(log: &[u8]) -> Vec<Vec<String>> {
    let line = |line: &[u8]| line.split(|&byte| byte == b'\t').map(unescaped).collect();
    log.split(|&byte| byte == b'\n')
        .filter(|bytes| !bytes.is_empty())
        .map(line)
        .collect()
}

fn unescaped(field: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = field.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b't') => b'\t',
                Some(b'n') => b'\n',
                _ => b'\\',
            },
            other => other,
        });
    }
    OsString::from_vec(bytes).to_string_lossy().into_owned()
}

/// A call from the fields of a log: time, process, parent, arguments.
fn recorded(fields: &[String]) -> Recorded {
    let number = |at: usize| fields[at].parse().expect("a number in the log");
    Recorded {
        arguments: fields[3..].to_vec(),
        pid: number(1),
        parent: number(2),
        begin: nanoseconds(&fields[0]),
        end: None,
    }
}

fn nanoseconds(field: &str) -> Duration {
    Duration::from_nanos(field.parse().expect("a time in the log"))
}

fn read_recorder_log(log: &[u8]) -> Vec<Recorded> {
    let mut calls: Vec<Recorded> = Vec::new();
    for fields in lines_of_fields(log) {
        if fields[0] == "begin" {
            calls.push(recorded(&fields[1..]));
        } else if let Some(call) = calls
            .iter_mut()
            .rev()
            .find(|call| call.pid.to_string() == fields[2])
        {
            call.end = Some((nanoseconds(&fields[1]), fields[3].clone()));
        }
    }
    calls
}

#[test]
fn recorded_calls_are_read_back() {
    let log = b"begin\t1\t70\t7\tlist\ta\\tb\\\\n\nbegin\t2\t80\t7\nend\t3\t70\tsignal 9\n";
    let calls = read_recorder_log(log);
    assert_eq!(calls[0].arguments, ["list", "a\tb\\n"]);
    let end = Some((Duration::from_nanos(3), "signal 9".to_owned()));
    assert_eq!(calls[0].end, end);
    assert_eq!(
        (calls[1].pid, calls[1].parent, &calls[1].end),
        (80, 7, &None)
    );
}
