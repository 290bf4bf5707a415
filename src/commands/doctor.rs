//! `vbox-smf doctor`: what is wrong, and the command that mends it.
//!
//! ```text
//! svcs, svcprop  -> instances ──────────────┐
//! machine        -> SMF, VirtualBox, driver ├-> checks -> text or JSON
//! each user      -> files, server, VMs ─────┤
//! join (status)  -> instances beside VMs ───┘
//! ```

use std::ffi::OsString;
use std::fmt::Write as _;
use std::time::Duration;

use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::text::output;
use crate::text::shell::shell_word;

use super::status::join::{Asked, join};
use crate::inventory::instances::{Gathered, Selection, gather};
use crate::inventory::limit::{self, Limit};
use crate::inventory::owners::{Answer, NoAnswer, Owner, as_owners, owners};

mod budget;
mod check;
mod contract;
mod instance;
mod machine;
mod print;
#[cfg(test)]
mod tests;
mod user;
mod writable;

use check::{Check, Topic, Verdict};

/// Check the host, the owners of VMs, and the instances
///
/// Each check is ok, warn or fail; warnings and failures come with a hint. Nothing is changed. VMs are queried as by status, without locking any.
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(crate) struct Arguments {
    #[arg(value_name = "INSTANCE", help = super::status::ONLY_THESE)]
    instances: Vec<String>,
    /// Also include the instances of this service, in addition to those of site/xvm/vbox
    #[arg(short, long = "service", value_name = "SERVICE")]
    services: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Wait at most this long for SMF and the VirtualBox of all users together
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = limit::USUAL,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    timeout: u64,
}

/// What `--help` ends with.
fn help() -> String {
    let mut text = String::from("Checks:\n");
    for topic in Topic::ALL {
        writeln!(text, "  {:<14} {}", topic.word(), topic.about()).expect("a String");
    }
    text.push_str(
        "
Root can examine every user; other users can examine only themselves.

Exit status:
  0  no check failed; there may be warnings
  1  a check failed
  2  the command line is invalid

Examples:
  vbox-smf doctor
  vbox-smf doctor vm1
  vbox-smf doctor --json | jq -r '.checks[] | select(.verdict == \"fail\") | .command'",
    );
    text
}

/// Makes every check and prints what was found.
///
/// # Errors
/// A check failed, or the result cannot be printed.
pub(crate) fn run(
    host: &dyn Host,
    arguments: &Arguments,
    environment: &[(OsString, OsString)],
) -> Result<(), Failure> {
    let selection = Selection::new(&arguments.services, &arguments.instances)?;
    let limit = Limit::from_now(host, Duration::from_secs(arguments.timeout));
    let gathered = gather(host, &selection, environment, limit);
    let checks = examine(host, &gathered, environment, limit);
    output::print(&if arguments.json {
        print::json(&checks)
    } else {
        print::text(&checks)
    })?;
    let failed = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Fail)
        .count();
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::told(
        Kind::Transient,
        format_args!("{failed} of {} checks failed", checks.len()),
    ))
}

fn examine(
    host: &dyn Host,
    gathered: &Gathered,
    environment: &[(OsString, OsString)],
    limit: Limit,
) -> Vec<Check> {
    let instances = &gathered.instances;
    let mut owners = owners(host, instances, environment);
    if gathered.no_smf
        && let Ok(account) = host.account()
    {
        owners.push(Owner::ourselves(account, environment));
    }
    let services = if gathered.no_smf {
        machine::Services::default()
    } else {
        machine::services(host, limit)
    };
    let mut checks = machine::smf(gathered);
    checks.extend(machine::virtualbox(host, &owners, environment, limit));
    checks.extend(machine::driver(host, &services));
    checks.extend(machine::methods(host, instances));
    let mut asked = Vec::new();
    let examined = examine_users(host, &owners, limit);
    for (owner, (found, answer)) in owners.into_iter().zip(examined) {
        checks.extend(found);
        checks.extend(instance::environment(instances, &owner));
        asked.push(Asked {
            user_home: owner.user_home(),
            owner: owner.name,
            members: owner.members,
            answer,
        });
    }
    let rows = join(instances, &asked, false);
    for (instance, row) in instances.iter().zip(&rows) {
        if let Some(program) = instance.another_program() {
            checks.extend(instance::of_another(row, &program));
            continue;
        }
        checks.extend(instance::configuration(instance));
        checks.extend(instance::vm(row));
    }
    checks.extend(instance::autostart(
        instances,
        &asked,
        services.autostart.as_ref(),
    ));
    checks
}

/// Examines users as those users, side by side.
fn examine_users(host: &dyn Host, owners: &[Owner], limit: Limit) -> Vec<(Vec<Check>, Answer)> {
    let known: Vec<&Owner> = owners.iter().filter(|o| o.account.is_some()).collect();
    let mut examined = as_owners(host, &known, limit, |host, owner| {
        let account = owner.account.as_ref()?;
        Some(user::examine(host, owner, account, limit))
    })
    .into_iter();
    owners
        .iter()
        .map(|owner| examined_user(owner, || examined.next()))
        .collect()
}

/// What is told of a user who was examined, if there is such a user.
fn examined_user(
    owner: &Owner,
    examined: impl FnOnce() -> Option<Result<Option<user::Examined>, NoAnswer>>,
) -> (Vec<Check>, Answer) {
    let name = owner.name.as_str();
    let Some(account) = &owner.account else {
        let reason = "no such user".to_owned();
        let hint = "create the user, or set method_context/user".to_owned();
        let check = Check::fail(Topic::User, name, reason.as_str())
            .hint("the instances go to maintenance; set method_context/user, or create the user")
            .command(format!("useradd -m {}", shell_word(name)));
        let no_answer = NoAnswer {
            reason,
            hint,
            not_permitted: false,
        };
        return (vec![check], Err(no_answer));
    };
    let mut checks = vec![Check::ok(
        Topic::User,
        name,
        format!("user id {}", account.uid),
    )];
    let lost = || NoAnswer {
        reason: format!("the process for user {name} did not respond"),
        hint: "run it as that user".to_owned(),
        not_permitted: false,
    };
    match examined()
        .unwrap_or_else(|| Err(lost()))
        .and_then(|e| e.ok_or_else(lost))
    {
        Ok(examined) => {
            checks.extend(examined.checks);
            (checks, examined.answer)
        }
        Err(error) => {
            let finding = format!("not examined: {}", error.reason);
            let check = if error.not_permitted {
                Check::warn(Topic::User, name, finding)
            } else {
                Check::fail(Topic::User, name, finding)
            };
            checks.push(check.hint(error.hint.as_str()));
            (checks, Err(error))
        }
    }
}
