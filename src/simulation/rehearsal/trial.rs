//! A bench for tests of the methods: set a VM and its properties up, run a method, see what it did.
//!
//! ```text
//! let bench = Bench::new();
//! bench.vm("vm1").guest(Guest::Deaf).state(VmState::Running);
//! bench.set("vm1", "vm/stop_method", "acpipowerbutton");
//! let stop = bench.stop("vm1");
//! assert_eq!(stop.status, 0);
//! assert_eq!(bench.state("vm1"), VmState::Saved);
//! ```

use std::fmt;
use std::time::Duration;

use super::exec;
use super::startd::{Program, Request, run_program};
use crate::config::schema::PROPERTIES;
use crate::engine;
use crate::failure::Caller;
use crate::host::ExitStatus;
use crate::simulation::host::stage::Vm;
use crate::simulation::host::{self as sim, Ending, Event, Sim, Spec, Task, What};
use crate::smf::fmri::{DEFAULT_SERVICE, InstanceFmri};
use crate::virtualbox::vm::{Intent, VmState};

/// The owner of the VMs.
pub(crate) const USER: &str = "vb";

/// A host with instances of `svc:/site/xvm/vbox`, whose methods have 120 s to start and 300 s to stop.
pub(crate) struct Trial {
    /// The host, for what this here does not say.
    pub(crate) sim: Sim,
}

/// What a method did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// Its exit status; -9 where svc.startd killed it.
    pub(crate) status: i32,
    /// From its beginning to its end.
    pub(crate) took: Duration,
    /// The lines of its log; the last one of a failure begins with `vbox-smf: `.
    pub(crate) log: Vec<String>,
    /// The programs that it ran, as `VBoxManage showvminfo vm1 --machinereadable`, with ` => ` and the
    /// exit status, `hung` or `killed`.
    pub(crate) commands: Vec<String>,
}

/// For a test that fails.
impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit {} after {:?}", self.status, self.took)?;
        self.log
            .iter()
            .try_for_each(|line| writeln!(f, "| {line}"))?;
        self.commands
            .iter()
            .try_for_each(|line| writeln!(f, "$ {line}"))
    }
}

impl Done {
    /// What it asked VirtualBox to do: its commands without svcprop and without those that only look,
    /// without `VBoxManage ` and without how they ended.
    pub(crate) fn acts(&self) -> Vec<&str> {
        let commands = self.commands.iter().map(String::as_str);
        let commands = commands.filter_map(|c| c.strip_prefix("VBoxManage ")?.split(" => ").next());
        let looks = ["list ", "showvminfo ", "--version"];
        commands
            .filter(|c| !looks.iter().any(|look| c.starts_with(look)))
            .collect()
    }

    /// Whether a line of the log holds this.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.contains(text))
    }
}

impl Trial {
    pub(crate) fn new() -> Self {
        let sim = Sim::new();
        sim.repository(|repository| {
            let service = repository.service_mut(DEFAULT_SERVICE);
            for (method, timeout) in [("start", "120"), ("stop", "300")] {
                service.set(method, "exec", "astring", &["/lib/svc/method/vbox %m"]);
                service.set(method, "timeout_seconds", "count", &[timeout]);
            }
            service.set("method_context", "user", "astring", &[USER]);
            service.set("method_context", "use_profile", "boolean", &["false"]);
        });
        Self { sim }
    }

    /// Registers a VM, and an instance of its name where the name can be one.
    pub(crate) fn vm(&self, name: &str) -> Vm<'_> {
        if let Ok(instance) = name.parse() {
            let fmri = InstanceFmri::new(DEFAULT_SERVICE, instance).unwrap();
            self.sim
                .repository(|repository| repository.instance_mut(&fmri).add_group("general"));
        }
        self.sim.vm(USER, name)
    }

    /// Adds an instance that is called otherwise than its VM, or has none.
    pub(crate) fn instance(&self, instance: &str) {
        let fmri = fmri(instance);
        self.sim
            .repository(|repository| repository.instance_mut(&fmri).add_group("general"));
    }

    /// Sets a property of an instance: `vm/stop_timeout`, `stop/timeout_seconds`. The type is the one
    /// it should have.
    pub(crate) fn set(&self, instance: &str, property: &str, value: &str) -> &Self {
        let of_schema = PROPERTIES.iter().find(|p| p.path() == property);
        let type_name = match of_schema {
            Some(property) => property.value_type.name(),
            None if property.ends_with("/timeout_seconds") => "count",
            None => "astring",
        };
        self.set_as(instance, property, type_name, &[value])
    }

    /// Sets a property of an instance, with any type and any number of values.
    pub(crate) fn set_as(
        &self,
        instance: &str,
        property: &str,
        type_name: &str,
        values: &[&str],
    ) -> &Self {
        let (group, name) = property.split_once('/').unwrap();
        self.sim.repository(|repository| {
            let level = repository.instance_mut(&fmri(instance));
            level.set(group, name, type_name, values);
        });
        self
    }

    /// Runs the start method of an instance.
    pub(crate) fn start(&self, instance: &str) -> Done {
        self.together(&[(instance, Intent::Start)]).remove(0)
    }

    /// Runs the stop method of an instance.
    pub(crate) fn stop(&self, instance: &str) -> Done {
        self.together(&[(instance, Intent::Stop)]).remove(0)
    }

    /// Runs methods that begin at the same moment, each once.
    pub(crate) fn together(&self, methods: &[(&str, Intent)]) -> Vec<Done> {
        let now = self.sim.now();
        let methods: Vec<_> = methods
            .iter()
            .map(|(i, intent)| (*i, *intent, now))
            .collect();
        self.at_times(&methods, &engine::method::run)
    }

    /// Runs methods that begin at these times, each once; an instance has at most one.
    pub(crate) fn at_times(
        &self,
        methods: &[(&str, Intent, Duration)],
        program: Program<'_>,
    ) -> Vec<Done> {
        let before = self.sim.events().len();
        let mut ends = vec![(ExitStatus::Exited(-1), Duration::ZERO); methods.len()];
        let tasks = methods
            .iter()
            .zip(&mut ends)
            .map(|((instance, intent, at), end)| {
                let fmri = fmri(instance);
                let seen = self.sim.repository(|repository| repository.running(&fmri));
                let method = exec::method(&seen.unwrap_or_default(), &fmri, *intent).unwrap();
                let spec = Spec {
                    subject: fmri.to_string(),
                    user: method.user,
                    timeout: method.timeout,
                };
                let request = Request {
                    intent: *intent,
                    fmri,
                    environment: method.environment,
                    caller: Caller::Smf,
                    dry_run: false,
                    began: Duration::ZERO,
                };
                Task {
                    key: spec.subject.clone(),
                    at: *at,
                    body: Box::new(move |turn: &sim::Slot| {
                        let began = turn.now();
                        let ended =
                            sim::run(turn, &spec, |host| run_program(program, host, &request));
                        *end = (ended, turn.now().saturating_sub(began));
                    }),
                }
            });
        self.sim.perform(tasks.collect());
        let events = self.sim.events();
        let ends = methods.iter().zip(ends);
        ends.map(|((instance, ..), (ended, took))| {
            done(&events[before..], &fmri(instance).to_string(), ended, took)
        })
        .collect()
    }

    /// The state of a VM, as VirtualBox would tell it.
    pub(crate) fn state(&self, vm: &str) -> VmState {
        self.sim.state(USER, vm).unwrap()
    }

    /// How many processes run a VM.
    pub(crate) fn processes(&self, vm: &str) -> usize {
        self.sim.processes(USER, vm)
    }

    /// What was done that does harm on real VirtualBox.
    pub(crate) fn hazards(&self) -> Vec<String> {
        let events = self.sim.events().into_iter();
        let told = events.filter_map(|event| match event.what {
            What::Hazard(told) => Some(format!("{}: {told}", event.subject)),
            _ => None,
        });
        told.collect()
    }
}

fn fmri(instance: &str) -> InstanceFmri {
    InstanceFmri::new(DEFAULT_SERVICE, instance.parse().unwrap()).unwrap()
}

fn done(events: &[Event], subject: &str, ended: ExitStatus, took: Duration) -> Done {
    let mut done = Done {
        status: match ended {
            ExitStatus::Exited(status) => status,
            ExitStatus::Killed(signal) => -signal,
        },
        took,
        log: Vec::new(),
        commands: Vec::new(),
    };
    for event in events.iter().filter(|event| event.subject == subject) {
        match &event.what {
            What::Line(line) => done.log.push(line.clone()),
            What::Command(command) => {
                let how = match command.end.map(|end| end.how) {
                    Some(Ending::Itself(ExitStatus::Exited(status))) => status.to_string(),
                    Some(Ending::Hung) => "hung".to_owned(),
                    _ => "killed".to_owned(),
                };
                done.commands.push(format!("{} => {how}", command.line));
            }
            _ => (),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Failure, Kind};
    use crate::host::{Contract, Host, Invocation};

    /// As much of a method as this bench needs: it starts, or it saves.
    fn method(
        host: &dyn Host,
        log: &crate::text::log::Log<'_>,
        request: &Request,
    ) -> Result<(), Failure> {
        let vm = request.fmri.instance().as_str();
        let args = match request.intent {
            Intent::Start => ["startvm", vm, "--type", "headless"].to_vec(),
            Intent::Stop => ["controlvm", vm, "savestate"].to_vec(),
        };
        log.line(format_args!("{vm}: {}", request.intent));
        let invocation = Invocation {
            program: "/usr/bin/VBoxManage".into(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            limit: Duration::from_mins(1),
            contract: Contract::Own,
        };
        let output = host.run(&invocation, &mut crate::host::keep_waiting);
        match output.map(|output| output.ended) {
            Ok(ExitStatus::Exited(0)) => Ok(()),
            other => Err(Failure::told(Kind::Transient, format!("{other:?}"))),
        }
    }

    #[test]
    fn what_a_method_did() {
        let bench = Trial::new();
        bench.vm("vm1");
        bench.vm("vm2").state(VmState::Running);
        bench.vm("vm3");
        let methods = [
            ("vm1", Intent::Start, Duration::ZERO),
            ("vm2", Intent::Stop, Duration::from_secs(1)),
            ("vm3", Intent::Stop, Duration::from_secs(1)),
        ];
        let done = bench.at_times(&methods, &method);
        assert_eq!(done[0].status, 0, "{}", done[0]);
        assert_eq!(done[0].took, Duration::from_millis(400));
        assert_eq!(done[0].log, ["vm1: start"]);
        assert_eq!(
            done[0].commands,
            ["VBoxManage startvm vm1 --type headless => 0"]
        );
        assert_eq!(done[1].acts(), ["controlvm vm2 savestate"]);
        assert_eq!(done[2].status, 1);
        assert!(done[2].says("vbox-smf: "), "{}", done[2]);
        assert_eq!(bench.state("vm1"), VmState::Running);
        assert_eq!(bench.state("vm2"), VmState::Saved);
        assert_eq!(bench.processes("vm2"), 1, "it lingers for a moment");
        assert_eq!(bench.hazards(), [""; 0]);
    }

    #[test]
    fn a_method_that_is_killed() {
        let bench = Trial::new();
        bench.vm("vm1");
        bench.set("vm1", "start/timeout_seconds", "1");
        let methods = [("vm1", Intent::Start, Duration::ZERO)];
        let done = bench.at_times(&methods, &|host, _, _| {
            host.sleep(Duration::from_mins(1));
            Ok(())
        });
        assert_eq!((done[0].status, done[0].took), (-9, Duration::from_secs(1)));
    }
}
