//! The command line: what was typed, and nothing decided yet.

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands;
use crate::failure::{Caller, Failure, Kind, SUCCESS};

/// VirtualBox VMs as SMF services: one VM per instance of svc:/site/xvm/vbox
#[derive(Debug, Parser)]
#[command(name = "vbox-smf", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Gen(commands::generate::Arguments),
    Rehearse(commands::rehearse::Arguments),
}

/// Runs the program: arguments and environment in, exit status out. The only place that prints errors.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let environment: Vec<_> = environment.into_iter().collect();
    let caller = if environment.iter().any(|(name, _)| name == "SMF_METHOD") {
        Caller::Smf
    } else {
        Caller::Hand
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| dispatch(args, &environment, caller)));
    let status = match outcome {
        Ok(Ok(())) => SUCCESS,
        Ok(Err(failure)) => {
            complain(&failure.to_string());
            failure.kind.exit_status(caller)
        }
        // The panic's message is already on stderr.
        Err(_) => Kind::Fatal.exit_status(caller),
    };
    ExitCode::from(status)
}

/// Prints an error. That stderr is closed changes nothing about the exit status.
fn complain(message: &str) {
    let _closed = writeln!(
        std::io::stderr(),
        "vbox-smf: {}",
        crate::vm::Printable(message)
    );
}

fn dispatch(
    args: impl IntoIterator<Item = OsString>,
    _environment: &[(OsString, OsString)],
    _caller: Caller,
) -> Result<(), Failure> {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        // --help and --version are answers, not errors.
        Err(answer) if !answer.use_stderr() => {
            let _closed = answer.print();
            return Ok(());
        }
        Err(error) => return Err(Failure::told(Kind::Usage, error.render())),
    };
    match cli.command {
        Command::Gen(arguments) => commands::generate::run(&arguments),
        Command::Rehearse(arguments) => commands::rehearse::run(&arguments),
    }
}
