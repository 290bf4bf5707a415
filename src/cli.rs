//! The command line: what was typed, and nothing decided yet.
//!
//! A start and a stop as svc.startd calls them are read without clap's tree of commands (`Command::of_smf`). May use
//! everything; nothing but `main` uses it.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands;
use crate::commands::docs;
use crate::engine::method::Request;
use crate::failure::{Caller, Ending, Failure, Kind};
use crate::host::real::{RealHost, inherited, is_root};
use crate::smf::fmri::{DEFAULT_SERVICE, InstanceFmri};
use crate::text::log::Log;
use crate::text::output;
use crate::text::printable::{Printable, PrintableLines};
use crate::virtualbox::environment::of_the_caller;
use crate::virtualbox::vm::Intent;

/// VirtualBox VMs as SMF services, one VM per instance
#[derive(Debug, Parser)]
#[command(
    name = "vbox-smf",
    version,
    propagate_version = true,
    max_term_width = 80
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the VM of an instance (the start method of SMF)
    #[command(after_help = docs::method_help(Intent::Start))]
    Start(MethodArguments),
    /// Stop the VM of an instance (the stop method of SMF)
    #[command(after_help = docs::method_help(Intent::Stop))]
    Stop(MethodArguments),
    /// Do nothing; every start and stop reads the properties again (the refresh method of SMF)
    #[command(after_help = "Examples:\n  svcadm refresh vbox:vm1")]
    Refresh(Instance),
    Gen(Box<commands::generate::Arguments>),
    #[command(after_help = docs::verdicts())]
    Validate(commands::validate::Arguments),
    Rehearse(commands::rehearse::Arguments),
    Status(commands::status::Arguments),
    Doctor(commands::doctor::Arguments),
    // What the program says of itself.
    Describe(commands::describe::Arguments),
    Explain(ExplainArguments),
    Man(commands::man::Arguments),
    Completions(commands::completions::Arguments),
}

#[derive(Debug, Default, Args)]
struct MethodArguments {
    #[command(flatten)]
    instance: Instance,
    /// Show what would be done without doing it; exits 0 if it would act or nothing is left to do
    #[arg(long)]
    dry_run: bool,
}

/// Explain what start and stop do in every state of a VM, and why
///
/// Without an instance, it explains the defaults with the timeouts that `vbox-smf gen` writes, and does not need SMF. With an instance, it shows where each property value comes from: the instance, the service, or the program's default.
#[derive(Debug, Args)]
#[command(
    after_help = "\
Exit status:
  0   success
  2   the command line is invalid
  96  the instance name is malformed, the instance does not exist, or a property has an invalid value
  99  an instance is specified, but this machine has no SMF

Examples:
  vbox-smf explain
  vbox-smf explain --set vm/stop_method=acpipowerbutton --set vm/on_paused=leave
  vbox-smf explain --vm vm1
  vbox-smf explain --fmri svc:/site/other:vm1 --set stop/timeout_seconds=60",
    mut_arg("fmri", |fmri| fmri.help("The instance, for example svc:/site/xvm/vbox:vm1"))
)]
struct ExplainArguments {
    #[command(flatten)]
    instance: Instance,
    #[command(flatten)]
    rest: commands::explain::Arguments,
}

const FMRI_HELP: &str = "The instance, for example svc:/site/xvm/vbox:vm1 [default: $SMF_FMRI]";

/// Which instance is meant. Under SMF the environment says it.
#[derive(Debug, Default, Args)]
struct Instance {
    #[arg(long, value_name = "FMRI", conflicts_with = "vm", help = FMRI_HELP)]
    fmri: Option<OsString>,
    /// The instance with this name of site/xvm/vbox
    #[arg(long, value_name = "NAME")]
    vm: Option<OsString>,
}

impl Instance {
    /// Whether an instance is named on the command line.
    const fn is_named(&self) -> bool {
        self.fmri.is_some() || self.vm.is_some()
    }

    /// Decides which instance is meant.
    fn decide(&self, environment: &[(OsString, OsString)]) -> Result<InstanceFmri, Failure> {
        let in_environment = || {
            environment
                .iter()
                .find(|(name, _)| name == "SMF_FMRI")
                .map(|(_, v)| v)
        };
        let malformed = |from: &str, error: anyhow::Error| {
            Failure::new(Kind::Config, error.context(format!("{from} is malformed")))
                .hinted("svcs -a lists the existing instances, for example svc:/site/xvm/vbox:vm1")
        };
        let parse = |from: &str, value: &OsString| {
            let text = value.to_string_lossy();
            text.parse::<InstanceFmri>()
                .map_err(|e| malformed(from, e.into()))
        };
        match (&self.fmri, &self.vm, in_environment()) {
            (Some(fmri), _, _) => parse("--fmri", fmri),
            (None, Some(vm), _) => {
                let name = vm.to_string_lossy().parse();
                name.and_then(|name| InstanceFmri::new(DEFAULT_SERVICE, name))
                    .map_err(|e| malformed("--vm", e.into()))
            }
            (None, None, Some(fmri)) => parse("SMF_FMRI", fmri),
            (None, None, None) => Err(Failure::told(
                Kind::NoSmf,
                "SMF_FMRI is not set, so SMF did not call",
            )
            .hinted("to call it manually, specify the instance with --vm NAME or --fmri FMRI")),
        }
    }
}

impl Command {
    /// A method as svc.startd calls it: its name and nothing else. To make all commands with their options and help
    /// just to find this one was a third of the instructions that a start costs.
    fn of_smf(args: &[OsString]) -> Option<Self> {
        let [_, verb] = args else { return None };
        match verb.to_str()? {
            "start" => Some(Self::Start(MethodArguments::default())),
            "stop" => Some(Self::Stop(MethodArguments::default())),
            "refresh" => Some(Self::Refresh(Instance::default())),
            _ => None,
        }
    }
}

/// Runs the program: arguments and environment in, exit status out. The only place that prints the error
/// that ended a command.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    inherited::let_go();
    let environment: Vec<_> = environment.into_iter().collect();
    let caller = if environment.iter().any(|(name, _)| name == "SMF_METHOD") {
        Caller::Smf
    } else {
        Caller::Hand
    };
    let args: Vec<_> = args.into_iter().collect();
    let parsed = || match Command::of_smf(&args) {
        Some(command) => Ok(Cli { command }),
        None => Cli::try_parse_from(&args),
    };
    ExitCode::from(exit_status(caller, || match parsed() {
        Ok(cli) => dispatch(&cli, &environment, caller).map_err(|failure| {
            output::complain(&failure.to_string());
            failure.kind
        }),
        Err(answer) => answer_usage(&answer, &args, caller),
    }))
}

/// The exit status of this work. A panic, whose message is on stderr by then, is no signal to svc.startd,
/// which would try again: it is fatal.
fn exit_status(caller: Caller, work: impl FnOnce() -> Result<Ending, Kind>) -> u8 {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(ending)) => ending.exit_status(caller),
        Ok(Err(kind)) => kind.exit_status(caller),
        Err(_) => Kind::Fatal.exit_status(caller),
    }
}

/// Prints help, the version, or what is wrong with the command line, as clap words it. svc.startd never
/// asks for help: a method that only printed it has not done its work.
fn answer_usage(answer: &clap::Error, args: &[OsString], caller: Caller) -> Result<Ending, Kind> {
    let _closed = print_answer(answer, args);
    if caller == Caller::Hand && !answer.use_stderr() {
        Ok(Ending::Done)
    } else {
        Err(Kind::Usage)
    }
}

/// clap repeats what was typed as it was typed. So the same is asked with escaped words, which gives the same answer;
/// where it does not, what clap wrote is escaped as a whole.
fn print_answer(answer: &clap::Error, args: &[OsString]) -> std::io::Result<()> {
    let plain = args
        .iter()
        .map(|arg| Printable(&arg.to_string_lossy()).to_string());
    match Cli::try_parse_from(plain) {
        Err(plain) if plain.kind() == answer.kind() => plain.print(),
        Err(_) | Ok(_) => {
            let text = answer.render().to_string();
            write!(std::io::stderr(), "{}", PrintableLines(&text))
        }
    }
}

/// Where the lines of a log go. That nobody reads them changes nothing.
fn on_stderr(line: &str) {
    // In one piece: the lines of two methods that share a terminal do not mix.
    let _closed = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Runs the command that was asked for.
fn dispatch(
    cli: &Cli,
    environment: &[(OsString, OsString)],
    caller: Caller,
) -> Result<Ending, Failure> {
    let of_the_caller = || of_the_caller(environment, is_root());
    let method = |intent, arguments: &MethodArguments| {
        let request = Request {
            intent,
            fmri: arguments.instance.decide(environment)?,
            environment: match caller {
                Caller::Smf => environment.to_vec(),
                Caller::Hand => of_the_caller(),
            },
            caller,
            dry_run: arguments.dry_run,
            // With this process: so did the time that svc.startd gives it.
            began: Duration::ZERO,
        };
        crate::engine::method::run(&RealHost::new(), &Log::new(&on_stderr), &request)
    };
    let done = |()| Ending::Done;
    match &cli.command {
        Command::Start(arguments) => method(Intent::Start, arguments).map(done),
        Command::Stop(arguments) => method(Intent::Stop, arguments).map(done),
        // Properties are read anew by every start and stop, and a refresh that failed would put the
        // instance into maintenance.
        Command::Refresh(_) => Ok(Ending::Done),
        Command::Gen(arguments) => {
            let (host, log) = (RealHost::new(), Log::new(&on_stderr));
            commands::generate::run(&host, &log, &of_the_caller(), arguments).map(done)
        }
        Command::Validate(arguments) => commands::validate::run(arguments),
        Command::Rehearse(arguments) => commands::rehearse::run(arguments).map(done),
        Command::Describe(arguments) => commands::describe::run(arguments).map(done),
        Command::Explain(arguments) => {
            // svc.startd asks for no explanation: its instance is not meant.
            let named = arguments.instance.is_named();
            let fmri = named.then(|| arguments.instance.decide(&[])).transpose()?;
            commands::explain::run(&RealHost::new(), fmri, &arguments.rest).map(done)
        }
        Command::Man(arguments) => commands::man::run(Cli::command(), arguments).map(done),
        Command::Completions(arguments) => {
            commands::completions::run(Cli::command(), arguments).map(done)
        }
        Command::Status(arguments) => {
            commands::status::run(&RealHost::new(), arguments, &of_the_caller()).map(done)
        }
        Command::Doctor(arguments) => {
            commands::doctor::run(&RealHost::new(), arguments, &of_the_caller()).map(done)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn svc_startd_s_words_mean_what_clap_takes_them_for() {
        for verb in ["start", "stop", "refresh"] {
            let args = ["vbox-smf", verb].map(OsString::from);
            let told = Command::of_smf(&args).expect("a method");
            let parsed = Cli::try_parse_from(&args).expect("a method").command;
            assert_eq!(format!("{told:?}"), format!("{parsed:?}"));
        }
        for other in [
            &["vbox-smf"][..],
            &["vbox-smf", "gen"],
            &["vbox-smf", "start", "--dry-run"],
        ] {
            let args: Vec<OsString> = other.iter().map(OsString::from).collect();
            assert!(Command::of_smf(&args).is_none());
        }
    }

    #[test]
    fn a_panic_is_fatal() {
        for caller in [Caller::Smf, Caller::Hand] {
            assert_eq!(exit_status(caller, || panic!("expected in this test")), 95);
        }
        assert_eq!(exit_status(Caller::Smf, || Err(Kind::Usage)), 96);
        assert_eq!(exit_status(Caller::Hand, || Err(Kind::Usage)), 2);
        assert_eq!(exit_status(Caller::Smf, || Ok(Ending::Done)), 0);
        assert_eq!(exit_status(Caller::Smf, || Ok(Ending::Refused)), 1);
    }

    fn instance(fmri: Option<&str>, vm: Option<&str>) -> Instance {
        Instance {
            fmri: fmri.map(OsString::from),
            vm: vm.map(OsString::from),
        }
    }

    #[test]
    fn which_instance_is_meant() {
        let smf: Vec<(OsString, OsString)> =
            vec![("SMF_FMRI".into(), "svc:/site/xvm/vbox:smf".into())];
        for (instance, environment, expected) in [
            (instance(None, None), &smf[..], "svc:/site/xvm/vbox:smf"),
            (
                instance(Some("site/other:a"), None),
                &smf[..],
                "svc:/site/other:a",
            ),
            (instance(None, Some("b")), &smf[..], "svc:/site/xvm/vbox:b"),
            (instance(None, Some("b")), &[], "svc:/site/xvm/vbox:b"),
        ] {
            let decided = instance.decide(environment).expect(expected);
            assert_eq!(decided.to_string(), expected);
        }
        for (instance, kind) in [
            (instance(None, None), Kind::NoSmf),
            (instance(Some("svc:/site/other"), None), Kind::Config),
            (instance(None, Some("web.example")), Kind::Config),
        ] {
            assert_eq!(instance.decide(&[]).expect_err("no instance").kind, kind);
        }
        let malformed = [("SMF_FMRI".into(), "svc:/site/other".into())];
        let refused = instance(None, None).decide(&malformed);
        assert_eq!(refused.expect_err("no instance").kind, Kind::Config);
    }
}
