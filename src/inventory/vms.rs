//! Which VMs users have, asked as those users.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::limit::{self, Limit};
use crate::failure::{Failure, Kind};
use crate::host::{Account, AsUserError, Host, UserTask};
use crate::text::log::Log;
use crate::virtualbox::server::LOCK_PATIENCE;
use crate::virtualbox::session;
use crate::virtualbox::vboxmanage::{LISTED_MAX, Registered, VBoxError};

/// How long VirtualBox may take: 25 to 60 ms a VM, and a cold start.
const LIMIT: Duration = Duration::from_secs(120);

/// What is asked about a user's VMs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// The user.
    pub(crate) user: String,
    /// The `VBoxManage` to use, as the property virtualbox/vboxmanage.
    pub(crate) vboxmanage: Option<PathBuf>,
    /// The environment of the user's VMs, as `NAME=VALUE`.
    pub(crate) environment: Vec<String>,
}

/// The VMs of users, those of each in the order in which VirtualBox looks for a name.
///
/// # Errors
/// A user is another one, and this is not root; or the VirtualBox of one does not answer.
pub(crate) fn ask(
    host: &dyn Host,
    log: &Log<'_>,
    questions: &[Question],
) -> Result<Vec<Vec<Registered>>, Failure> {
    let caller = caller(host)?;
    let is_caller = |user: &str| user == caller.name || user == caller.uid.to_string();
    let other = questions.iter().find(|q| !is_caller(&q.user));
    if let Some(Question { user, .. }) = other.filter(|_| caller.uid != 0) {
        return Err(Failure::told(
            Kind::Permission,
            format_args!(
                "only '{user}' can access that user's VMs, and the current user is '{}'",
                caller.name
            ),
        )
        .hinted(format!("run it as root, or as {user}")));
    }
    let limit = Limit::from_now(host, Duration::from_secs(limit::USUAL));
    let works: Vec<_> = questions
        .iter()
        .map(|question| {
            move |host: &dyn Host| {
                let answer = as_this_user(host, log, question, limit);
                let answer = answer.map_err(|failure| (failure.kind, failure.to_string()));
                serde_json::to_vec(&answer).unwrap_or_default()
            }
        })
        .collect();
    let tasks: Vec<_> = questions
        .iter()
        .zip(&works)
        .map(|(question, work)| UserTask {
            user: if is_caller(&question.user) {
                &caller.name
            } else {
                &question.user
            },
            work,
        })
        .collect();
    let given = host.as_users(&tasks, limit.whole(host), &|line| log.line(line));
    let all = given.into_iter().zip(questions);
    all.map(|(given, question)| {
        understand(given).map_err(|failure| {
            if is_caller(&question.user) {
                failure
            } else {
                failure.about(&format!("the VMs of '{}'", question.user))
            }
        })
    })
    .collect()
}

/// Who asks.
///
/// # Errors
/// The password database has no entry.
pub(crate) fn caller(host: &dyn Host) -> Result<Account, Failure> {
    host.account().map_err(no_account)
}

fn no_account(error: std::io::Error) -> Failure {
    Failure::new(Kind::Config, error).hinted("VirtualBox needs a user with a home directory")
}

/// What came back from another process: its user may have had a hand in it.
fn understand(given: Result<Vec<u8>, AsUserError>) -> Result<Vec<Registered>, Failure> {
    let bytes = given.map_err(|error| {
        let kind = match &error {
            AsUserError::NoSuchUser(_) | AsUserError::NotPermitted(_) => Kind::Permission,
            AsUserError::NoAnswer(..) | AsUserError::Failed(..) => Kind::Transient,
        };
        Failure::new(kind, error)
    })?;
    let answer: Result<Vec<Registered>, (Kind, String)> = serde_json::from_slice(&bytes)
        .map_err(|_| Failure::told(Kind::Transient, "unexpected result from the child process"))?;
    let vms = answer.map_err(|(kind, message)| Failure::told(kind, message))?;
    // The other side stops at as many.
    if vms.len() > LISTED_MAX {
        return Err(Failure::told(
            Kind::Transient,
            format_args!(
                "the child process returned {} VMs; the limit is {LISTED_MAX}",
                vms.len()
            ),
        ));
    }
    Ok(vms)
}

fn as_this_user(
    host: &dyn Host,
    log: &Log<'_>,
    question: &Question,
    limit: Limit,
) -> Result<Vec<Registered>, Failure> {
    let account = host.account().map_err(no_account)?;
    let environment: Vec<(OsString, OsString)> = question
        .environment
        .iter()
        .filter_map(|variable| variable.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let vbox = session::open(host, question.vboxmanage.as_deref(), &account, &environment)
        .map_err(|error| {
            let next_step = error.next_step();
            Failure::new(Kind::Config, error).hinted(next_step)
        })?;
    let lock = session::lock_if_cold(host, limit.of(host, LOCK_PATIENCE))
        .inspect_err(|error| {
            log.line(format_args!(
                "continuing without the lock for cold starts: {error}"
            ));
        })
        .ok();
    let inventory = session::ask_patiently(host, || vbox.inventory(limit.of(host, LIMIT)));
    drop(lock);
    inventory.map_err(failed)
}

fn failed(error: VBoxError) -> Failure {
    match &error {
        VBoxError::Refused(refusal, _) => {
            let (kind, next_step) = (refusal.kind(), refusal.next_step());
            Failure::new(kind, error).hinted(next_step)
        }
        VBoxError::Garbled(_) => Failure::new(Kind::Config, error)
            .hinted("name the VMs and --user instead of --from-virtualbox"),
        VBoxError::Run(_)
        | VBoxError::ServerGone(_)
        | VBoxError::Elsewhere(_)
        | VBoxError::NotYet(..)
        | VBoxError::EndedEarly(_)
        | VBoxError::Other(_) => Failure::new(Kind::Transient, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_answer_is_understood_or_refused(
            vms in proptest::collection::vec(
                (any::<u32>(), any::<String>(), proptest::option::of(any::<String>()), proptest::collection::vec(any::<String>(), 0..3)),
                0..4,
            ),
            cut in 1..20_usize,
        ) {
            let vms: Vec<_> = vms
                .into_iter()
                .map(|(number, name, settings_file, disks)| Registered {
                    uuid: format!("{number:08x}-0000-4000-8000-000000000000").parse().unwrap(),
                    name,
                    settings_file,
                    disks,
                })
                .collect();
            let bytes = serde_json::to_vec(&Ok::<_, (Kind, String)>(&vms)).unwrap();
            prop_assert_eq!(understand(Ok(bytes.clone())).unwrap(), vms);
            let shorter = bytes[..bytes.len() - cut.min(bytes.len())].to_vec();
            prop_assert!(understand(Ok(shorter)).is_err());
        }
    }

    #[test]
    fn a_failure_comes_back_as_it_was() {
        let failure: Result<Vec<Registered>, _> = Err((Kind::Config, "no VBoxManage; find it"));
        let bytes = serde_json::to_vec(&failure).unwrap();
        let back = understand(Ok(bytes)).unwrap_err();
        assert_eq!(
            (back.kind, back.to_string().as_str()),
            (Kind::Config, "no VBoxManage; find it")
        );
        let forged = br#"{"Ok":[{"uuid":"../../x","name":"","settings_file":null,"disks":[]}]}"#;
        assert!(understand(Ok(forged.to_vec())).is_err());
    }

    #[test]
    fn nobody_but_root_asks_for_another_user() {
        let host = crate::host::fake::Fake::default().account("alice", 100);
        let question = Question {
            user: "bob".to_owned(),
            ..Question::default()
        };
        let failure = ask(&host, &Log::new(&|_| ()), &[question]).unwrap_err();
        assert_eq!(failure.kind, Kind::Permission);
        assert_eq!(
            failure.to_string(),
            "only 'bob' can access that user's VMs, and the current user is 'alice'; run it as root, or as bob"
        );
    }
}
