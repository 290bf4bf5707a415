//! svc.startd, as far as it runs the methods of transient services (`svc.startd(8)`, and its source).
//!
//! ```text
//!            enable: start method            disable: stop method
//! disabled ------> offline ------> online ------> offline ------> disabled
//!                     |    exit 0            |         exit 0         ^
//!                     `----> maintenance <---'                        |
//!                  95, 96, 99, 100: at once   `------- disable -------'
//!                  anything else: the third time in a row
//! ```

use std::fmt;
use std::time::Duration;

use super::exec::{self, Method, Run};
use crate::failure::{Caller, Failure};
use crate::fmri::InstanceFmri;
use crate::host::sim::{self, SimHost, Spec, Turn, What};
use crate::host::{Ended, Host};
use crate::log::Log;
use crate::vm::Intent;

pub(super) use crate::commands::method::Request;

/// So many failures in a row lead to maintenance.
const FAULT_LIMIT: u32 = 3;

/// What an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Not enabled.
    Disabled,
    /// Enabled, and not up yet or no more.
    Offline,
    /// Up, as far as SMF knows.
    Online,
    /// Somebody has to look.
    Maintenance,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "disabled",
            Self::Offline => "offline",
            Self::Online => "online",
            Self::Maintenance => "maintenance",
        })
    }
}

/// What svc.startd makes of the end of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It did its work.
    Success,
    /// It is run again at once.
    Again,
    /// Another try cannot help.
    Permanent,
    /// It failed too often in a row.
    Threshold,
}

/// The verdict, given how often the method failed in a row before this.
fn verdict(ended: Ended, failures: u32) -> Verdict {
    match ended {
        Ended::Exited(0 | 94) => Verdict::Success,
        Ended::Exited(95 | 96 | 99 | 100) => Verdict::Permanent,
        Ended::Exited(_) | Ended::Killed(_) if failures + 1 >= FAULT_LIMIT => Verdict::Threshold,
        Ended::Exited(_) | Ended::Killed(_) => Verdict::Again,
    }
}

/// What the methods of this program do: `commands::method::run`, except in tests of svc.startd itself.
pub(super) type Program<'a> =
    &'a (dyn Fn(&dyn Host, &Log<'_>, &Request) -> Result<(), Failure> + Sync);

/// svc.startd's side of an instance.
pub(super) struct Startd<'a> {
    fmri: InstanceFmri,
    program: Program<'a>,
    state: State,
    /// Failures in a row. Nothing but a success forgets them: neither `svcadm clear` nor a disable.
    failures: u32,
}

impl<'a> Startd<'a> {
    /// A disabled instance.
    pub(super) fn new(fmri: InstanceFmri, program: Program<'a>) -> Self {
        Self {
            fmri,
            program,
            state: State::Disabled,
            failures: 0,
        }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }

    /// `svcadm enable`
    pub(super) fn enable(&mut self, turn: &Turn) {
        self.tell(turn, "enabled");
        self.state = State::Offline;
        self.state = self.method(turn, Intent::Start, State::Online);
    }

    /// `svcadm disable`: only what is up is stopped.
    pub(super) fn disable(&mut self, turn: &Turn) {
        if self.state != State::Online {
            let told = format!("disabled from {}: no stop method is run", self.state);
            self.tell(turn, &told);
            self.state = State::Disabled;
            return;
        }
        self.tell(turn, "to be disabled");
        self.state = self.method(turn, Intent::Stop, State::Disabled);
    }

    fn tell(&self, turn: &Turn, what: &str) {
        turn.tell(&self.fmri.to_string(), What::Smf(what.to_owned()));
    }

    /// Runs a method until svc.startd is content with it or gives up: where that leads.
    fn method(&mut self, turn: &Turn, intent: Intent, goal: State) -> State {
        loop {
            let method = match exec::method(&turn.running(&self.fmri), &self.fmri, intent) {
                Ok(method) => method,
                Err(error) => {
                    self.tell(turn, &format!("the {intent} method {error}: maintenance"));
                    return State::Maintenance;
                }
            };
            let began = turn.now();
            let ended = match method.run {
                Run::Nothing => {
                    self.tell(turn, &format!("nothing to run as {intent} method: {goal}"));
                    self.failures = 0;
                    return goal;
                }
                Run::Kill | Run::Another(_) => {
                    let why = "is not one that a transient service can have here";
                    self.tell(turn, &format!("the {intent} method {why}: maintenance"));
                    return State::Maintenance;
                }
                Run::Ours(asked) => {
                    let limit = match method.timeout {
                        Some(limit) => format!("for at most {} s", limit.as_secs()),
                        None => "without a limit".to_owned(),
                    };
                    self.tell(turn, &format!("{intent} method runs, {limit}"));
                    self.run(turn, &method, asked)
                }
            };
            let took = turn.now().saturating_sub(began);
            let verdict = verdict(ended, self.failures);
            self.failures = match verdict {
                Verdict::Success => 0,
                Verdict::Again | Verdict::Threshold => self.failures + 1,
                Verdict::Permanent => self.failures,
            };
            let end = ending(intent, ended, took);
            match verdict {
                Verdict::Success => {
                    self.tell(turn, &format!("{end}: {goal}"));
                    return goal;
                }
                Verdict::Again => {
                    let (so_far, limit) = (self.failures, FAULT_LIMIT);
                    let told = format!("{end}: failure {so_far} of {limit}, run again at once");
                    self.tell(turn, &told);
                }
                Verdict::Permanent => {
                    self.tell(turn, &format!("{end}: maintenance at once"));
                    return State::Maintenance;
                }
                Verdict::Threshold => {
                    self.tell(turn, &format!("{end}: failure {FAULT_LIMIT}, maintenance"));
                    return State::Maintenance;
                }
            }
        }
    }

    /// Runs this program once.
    fn run(&self, turn: &Turn, method: &Method, intent: Intent) -> Ended {
        let spec = Spec {
            subject: self.fmri.to_string(),
            user: method.user.clone(),
            timeout: method.timeout,
        };
        let request = Request {
            intent,
            fmri: self.fmri.clone(),
            environment: method.environment.clone(),
            caller: Caller::Smf,
            dry_run: false,
        };
        sim::run(turn, &spec, |host| {
            run_program(self.program, host, &request)
        })
    }
}

/// The program's own frame, as `cli` has it: errors to the log, their kind to the exit status.
pub(super) fn run_program(program: Program<'_>, host: &SimHost<'_>, request: &Request) -> u8 {
    let sink = |line: &str| host.log(line);
    let log = Log::new(&sink);
    match program(host, &log, request) {
        Ok(()) => crate::failure::SUCCESS,
        Err(failure) => {
            log.line(format_args!("vbox-smf: {failure}"));
            failure.kind.exit_status(request.caller)
        }
    }
}

/// `start method exits 0 after 0.40 s`
fn ending(intent: Intent, ended: Ended, took: Duration) -> String {
    let took = took.as_secs_f64();
    match ended {
        Ended::Exited(status) => format!("{intent} method exits {status} after {took:.2} s"),
        Ended::Killed(_) => format!("{intent} method is killed after {took:.2} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;
    use crate::host::sim::{Sim, Task};

    #[test]
    fn the_table_of_exit_codes() {
        for (ended, first, third) in [
            (Ended::Exited(0), Verdict::Success, Verdict::Success),
            (Ended::Exited(94), Verdict::Success, Verdict::Success),
            (Ended::Exited(95), Verdict::Permanent, Verdict::Permanent),
            (Ended::Exited(96), Verdict::Permanent, Verdict::Permanent),
            (Ended::Exited(99), Verdict::Permanent, Verdict::Permanent),
            (Ended::Exited(100), Verdict::Permanent, Verdict::Permanent),
            (Ended::Exited(1), Verdict::Again, Verdict::Threshold),
            (Ended::Exited(97), Verdict::Again, Verdict::Threshold),
            (Ended::Exited(127), Verdict::Again, Verdict::Threshold),
            (Ended::Killed(9), Verdict::Again, Verdict::Threshold),
        ] {
            assert_eq!(verdict(ended, 0), first, "{ended:?}");
            assert_eq!(verdict(ended, 2), third, "{ended:?}");
        }
    }

    /// Enables, then disables, an instance whose methods do this; gives its states and what was told.
    fn life(timeout: &str, program: Program<'_>) -> ([State; 2], Vec<String>) {
        let sim = Sim::new();
        let fmri: InstanceFmri = "svc:/site/xvm/vbox:vm1".parse().unwrap();
        sim.repository(|repository| {
            let service = repository.service_mut("site/xvm/vbox");
            for method in ["start", "stop"] {
                service.set(method, "exec", "astring", &["/lib/svc/method/vbox %m"]);
                service.set(method, "timeout_seconds", "count", &[timeout]);
            }
            repository.instance_mut(&fmri);
        });
        let mut startd = Startd::new(fmri, program);
        let mut states = [State::Offline; 2];
        sim.perform(vec![Task {
            key: "a".to_owned(),
            at: Duration::ZERO,
            body: Box::new(|turn| {
                startd.enable(turn);
                states[0] = startd.state();
                startd.disable(turn);
                states[1] = startd.state();
            }),
        }]);
        let events = sim.events().into_iter();
        let told = events.filter_map(|event| match event.what {
            What::Smf(told) => Some(told),
            _ => None,
        });
        (states, told.collect())
    }

    #[test]
    fn a_good_life() {
        let (states, told) = life("60", &|host, _, _| {
            host.sleep(Duration::from_secs(1));
            Ok(())
        });
        assert_eq!(states, [State::Online, State::Disabled]);
        assert_eq!(
            told,
            [
                "enabled",
                "start method runs, for at most 60 s",
                "start method exits 0 after 1.00 s: online",
                "to be disabled",
                "stop method runs, for at most 60 s",
                "stop method exits 0 after 1.00 s: disabled",
            ]
        );
    }

    #[test]
    fn a_method_that_is_killed_three_times() {
        let (states, told) = life("5", &|host, _, _| {
            host.sleep(Duration::from_mins(1));
            Ok(())
        });
        assert_eq!(states, [State::Maintenance, State::Disabled]);
        let ends: Vec<&String> = told.iter().filter(|t| t.contains("killed")).collect();
        assert_eq!(
            ends,
            [
                "start method is killed after 5.00 s: failure 1 of 3, run again at once",
                "start method is killed after 5.00 s: failure 2 of 3, run again at once",
                "start method is killed after 5.00 s: failure 3, maintenance",
            ]
        );
        assert_eq!(
            told.last().map(String::as_str),
            Some("disabled from maintenance: no stop method is run")
        );
    }

    #[test]
    fn a_stop_that_refuses() {
        let (states, told) = life("0", &|_, _, request| match request.intent {
            Intent::Start => Ok(()),
            Intent::Stop => Err(Failure::told(Kind::Fatal, "no")),
        });
        assert_eq!(states, [State::Online, State::Maintenance]);
        assert_eq!(told[1], "start method runs, without a limit");
        assert_eq!(
            told.last().map(String::as_str),
            Some("stop method exits 95 after 0.00 s: maintenance at once")
        );
    }
}
