//! `vbox-smf start` and `vbox-smf stop`: look, decide, act, look again.

use std::ffi::OsString;
use std::time::Duration;

use super::look::{GLANCE, Looker, Sight};
use crate::failure::{Caller, Failure, Kind};
use crate::fmri::InstanceFmri;
use crate::host::{Account, Host, RunError};
use crate::log::Log;
use crate::plan::{self, Action, Deed, Observed, Outcome, Reason, SHORT_CALL, Step, Waiting};
use crate::settings::{self, Frontend, Settings};
use crate::tools::svcprop::{self, Properties, SvcpropError};
use crate::tools::vboxmanage::{self, Command, Refusal, VBoxError, VBoxManage};
use crate::vm::{Intent, VmName};

/// What a method was asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Up or down.
    pub(crate) intent: Intent,
    /// For which instance.
    pub(crate) fmri: InstanceFmri,
    /// The method's own environment, of which children see a few names.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Who reads the exit status.
    pub(crate) caller: Caller,
    /// Say what would be done, and do nothing.
    pub(crate) dry_run: bool,
}

/// How long svc.configd may be away, as while it is restarted.
const REPOSITORY_PATIENCE: Duration = Duration::from_secs(30);
/// How long one svcprop may take.
const SVCPROP_LIMIT: Duration = Duration::from_secs(10);
/// How often the log says that something is still being waited for.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// How long the process of a VM that was saved or powered off may take to end before VirtualBox is asked.
const PROCESS_ENDS: Duration = Duration::from_secs(5);
/// How long the last look may take when the time is over: less than svc.startd's timeout leaves us.
const LAST_LOOK: Duration = Duration::from_secs(5);
/// How often a look may fail in a way that nobody knows before it is given up.
const FAILED_LOOKS: usize = 3;

/// Runs the method to its end.
///
/// # Errors
/// The VM is not proven where it should be.
pub(crate) fn run(host: &dyn Host, log: &Log<'_>, request: &Request) -> Result<(), Failure> {
    let properties = read_properties(host, log, request)?;
    let instance: VmName = request
        .fmri
        .instance()
        .as_str()
        .parse()
        .map_err(|e| Failure::new(Kind::Config, anyhow::Error::new(e)))?;
    let hint = || {
        format!(
            "svccfg -s {} setprop, then svcadm refresh and svcadm clear",
            request.fmri
        )
    };
    let settings = Settings::from_properties(&properties, &instance)
        .map_err(|e| Failure::new(Kind::Config, e).hinted(hint()))?;
    let budget = settings
        .budget(request.intent)
        .map_err(|e| Failure::new(Kind::Config, e).hinted(hint()))?;
    for path in settings::unknown_properties(&properties) {
        log.line(format_args!(
            "{}: nobody reads property {path}: is it misspelt?",
            settings.vm
        ));
    }
    let account = right_user(host, request, &properties)?;
    log.line(format_args!(
        "{}: {} of {} as {}, within {} s",
        settings.vm,
        request.intent,
        request.fmri,
        account.name,
        budget.as_secs()
    ));
    let program = vboxmanage::find(host, settings.vboxmanage.as_deref()).map_err(|e| {
        Failure::new(Kind::Config, e).hinted("install VirtualBox, or set virtualbox/vboxmanage")
    })?;
    let vbox = VBoxManage::new(host, program, child_environment(&account, request));
    Method {
        host,
        log,
        request,
        settings: &settings,
        budget,
        account: &account,
        vbox: &vbox,
        looker: Looker::new(host, log, &vbox, &settings.vm, request.intent),
        deeds: Vec::new(),
        said: None,
        failed_looks: 0,
        last_words: String::new(),
    }
    .run()
}

/// The properties of the instance. A repository that does not answer is asked again.
fn read_properties(
    host: &dyn Host,
    log: &Log<'_>,
    request: &Request,
) -> Result<Properties, Failure> {
    let users = user_properties(request.intent);
    let mut wanted = settings::WANTED.to_vec();
    // svc.startd has become that user already.
    if request.caller == Caller::Hand {
        wanted.extend(users.iter().map(String::as_str));
    }
    loop {
        let error = match svcprop::read(host, &request.fmri, &wanted, SVCPROP_LIMIT) {
            Ok(properties) => return Ok(properties),
            Err(error) => error,
        };
        let kind = match &error {
            SvcpropError::Unreachable(_) if host.now() < REPOSITORY_PATIENCE => {
                log.line(format_args!("{}: {error}; trying again", request.fmri));
                host.sleep(Duration::from_secs(1));
                continue;
            }
            SvcpropError::Unreachable(_) | SvcpropError::Failed(_) => Kind::Transient,
            SvcpropError::NoInstance(_) | SvcpropError::Garbled(_) => Kind::Config,
            SvcpropError::NoSmf(_) => Kind::NoSmf,
        };
        let hint = match &error {
            SvcpropError::Unreachable(_) => {
                "svcs -xv svc:/system/svc/repository-server tells more; see also the log of svc.configd"
            }
            SvcpropError::NoInstance(_) => "svcs -a lists the instances that there are",
            SvcpropError::NoSmf(_) => "vbox-smf rehearse shows what would happen with one",
            SvcpropError::Garbled(_) | SvcpropError::Failed(_) => {
                "run svcprop by hand to see what it says"
            }
        };
        return Err(Failure::new(kind, error).hinted(hint));
    }
}

/// Where the user of an instance is: on the method, else on the whole instance (`smf_method(7)`).
fn user_properties(intent: Intent) -> [String; 2] {
    [
        format!("{}/user", intent.method()),
        "method_context/user".to_owned(),
    ]
}

/// Makes sure that we are the user whose VM it is. svc.startd sees to that; by hand root becomes that
/// user, and nobody else can.
fn right_user(
    host: &dyn Host,
    request: &Request,
    properties: &Properties,
) -> Result<Account, Failure> {
    let account = host.account().map_err(|e| {
        Failure::new(Kind::Config, e).hinted("VirtualBox needs a user with a home directory")
    })?;
    let user = user_properties(request.intent)
        .iter()
        .find_map(|path| properties.get(path)?.values.first().cloned());
    let Some(user) = user.filter(|user| *user != account.name && *user != account.uid.to_string())
    else {
        return Ok(account);
    };
    if account.uid != 0 {
        return Err(Failure::told(
            Kind::Permission,
            format_args!(
                "{} runs as user '{user}', and this is '{}'",
                request.fmri, account.name
            ),
        )
        .hinted(format!("run it as root, or as {user}")));
    }
    host.become_user(&user).map_err(|e| {
        Failure::new(
            Kind::Permission,
            anyhow::Error::new(e).context(format!("cannot become user '{user}'")),
        )
        .hinted("check method_context/user of the instance")
    })
}

/// What VBoxManage sees of the environment. The first client's environment lives on in VBoxSVC and in
/// every VM that it starts, so it is made anew, and only what `method_environment` is for goes through.
fn child_environment(account: &Account, request: &Request) -> Vec<(OsString, OsString)> {
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("LC_ALL".into(), "C".into()),
        ("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into()),
        ("HOME".into(), account.home.clone().into()),
        ("USER".into(), account.name.clone().into()),
        ("LOGNAME".into(), account.name.clone().into()),
    ];
    let passes = |name: &OsString| name == "TZ" || name.to_string_lossy().starts_with("VBOX_");
    environment.extend(
        request
            .environment
            .iter()
            .filter(|(name, _)| passes(name))
            .cloned(),
    );
    environment
}

/// A run of a method, from the first look to the end.
struct Method<'a> {
    host: &'a dyn Host,
    log: &'a Log<'a>,
    request: &'a Request,
    settings: &'a Settings,
    budget: Duration,
    account: &'a Account,
    vbox: &'a VBoxManage<'a>,
    looker: Looker<'a>,
    deeds: Vec<Deed>,
    /// The last line of the log about a wait, and when.
    said: Option<(String, Duration)>,
    failed_looks: usize,
    /// What VBoxManage said when it last gave no answer.
    last_words: String,
}

impl Method<'_> {
    fn run(mut self) -> Result<(), Failure> {
        let mut seen_since: Option<(Sight, Duration)> = None;
        loop {
            let sight = self.look()?;
            let now = self.host.now();
            let since = match &seen_since {
                Some((before, since)) if *before == sight => *since,
                _ => now,
            };
            seen_since = Some((sight.clone(), since));
            let observed = Observed {
                state: sight.state.as_ref(),
                process: sight.process,
                unchanged: now.saturating_sub(since),
                elapsed: now,
                deeds: &self.deeds,
            };
            match plan::next(&observed, self.request.intent, self.budget, self.settings) {
                Step::Done(note) => {
                    self.say(&sight, note.told(sight.state.as_ref()));
                    return Ok(());
                }
                Step::Fail(kind, reason) => return Err(self.failure(kind, &reason)),
                Step::Wait(pause, what) if self.request.dry_run && what != Waiting::Answer => {
                    let delay = pause.as_secs();
                    self.say(
                        &sight,
                        format_args!("{what}: up to {delay} s (dry run: not done)"),
                    );
                    return Ok(());
                }
                Step::Wait(pause, what) => self.wait(&sight, pause, what),
                Step::Act(action, _, because) if self.request.dry_run => {
                    self.say(
                        &sight,
                        format_args!("{action}{because} (dry run: not done)"),
                    );
                    return Ok(());
                }
                Step::Act(action, limit, because) => {
                    self.say(&sight, format_args!("{action}{because}"));
                    self.act(action, limit)?;
                }
            }
        }
    }

    /// One line of the log: the VM, the state seen, and what is done.
    fn say(&self, sight: &Sight, what: impl std::fmt::Display) {
        self.log
            .line(format_args!("{}: {}: {what}", self.named(), sight.words()));
    }

    /// The VM with its UUID, once that is known.
    fn named(&self) -> String {
        let vm = &self.settings.vm;
        match self.looker.uuid() {
            Some(uuid) if vm.as_uuid().as_ref() != Some(uuid) => format!("{vm} {{{uuid}}}"),
            _ => vm.to_string(),
        }
    }

    fn failure(&self, kind: Kind, reason: &Reason) -> Failure {
        let words = match reason {
            Reason::OutOfTime { state: None, .. } if !self.last_words.is_empty() => {
                format!(" ({})", self.last_words)
            }
            _ => String::new(),
        };
        Failure::told(kind, format_args!("{}: {reason}{words}", self.named()))
    }

    /// Looks at the VM. VirtualBox not answering this time is no failure yet.
    fn look(&mut self) -> Result<Sight, Failure> {
        let left = self.budget.saturating_sub(self.host.now());
        let error = match self.looker.look(left.clamp(LAST_LOOK, SHORT_CALL)) {
            Ok(sight) => {
                self.failed_looks = 0;
                return Ok(sight);
            }
            Err(error) => error,
        };
        self.looker.doubt();
        self.failed_looks += 1;
        self.last_words = error.to_string();
        let may_pass = match &error {
            VBoxError::ServerGone(_) => !self.ipc_folder_is_wrong(&error),
            VBoxError::Elsewhere(_) => true,
            VBoxError::Other(_) | VBoxError::Garbled(_) => self.failed_looks < FAILED_LOOKS,
            VBoxError::Run(_) | VBoxError::Refused(..) => false,
        };
        if !may_pass {
            return Err(self.refused(error));
        }
        self.log
            .line(format_args!("{}: {error}; looking again", self.named()));
        let exponent = u32::try_from(self.failed_looks.min(5)).unwrap_or_default();
        self.host.sleep(GLANCE * 2_u32.pow(exponent));
        let process = self.looker.census().is_ok_and(|census| census.lives);
        Ok(Sight {
            state: None,
            or_paused: false,
            process,
        })
    }

    /// VirtualBox's clients and server meet in a folder in /tmp; one that is not this user's looks like
    /// a server that is gone, for ever.
    fn ipc_folder_is_wrong(&self, error: &VBoxError) -> bool {
        let VBoxError::ServerGone(words) = error else {
            return false;
        };
        words.contains("SOCKET_FAIL")
            && vboxmanage::ipc_folder_is_wrong(self.host, self.account, &self.request.environment)
    }

    /// A VBoxManage failure that ends the run.
    fn refused(&self, error: VBoxError) -> Failure {
        let vm = self.named();
        let told = |kind, error: &VBoxError| Failure::told(kind, format_args!("{vm}: {error}"));
        match &error {
            VBoxError::Refused(refusal, _) => {
                let kind = match refusal {
                    // Its state is not known: design, table of states.
                    Refusal::Inaccessible => Kind::Fatal,
                    _ => Kind::Config,
                };
                let who = match refusal {
                    Refusal::NotRegistered => format!(", looked for as user {}", self.account.name),
                    _ => String::new(),
                };
                Failure::told(kind, format_args!("{vm}: {error}{who}"))
                    .hinted(refusal.next_step(self.settings.frontend != Frontend::Headless))
            }
            VBoxError::Run(RunError::Spawn { .. }) => Failure::new(Kind::Config, error)
                .hinted("install VirtualBox, or set virtualbox/vboxmanage"),
            VBoxError::Run(RunError::Hung { .. }) => {
                let kind = match self.request.intent {
                    Intent::Start => Kind::Transient,
                    Intent::Stop => Kind::Fatal,
                };
                let user = &self.account.name;
                told(kind, &error).hinted(format!(
                    "its server may be deadlocked: pkill -9 -u {user} VBoxSVC ends it, and aborts the VMs of {user}"
                ))
            }
            VBoxError::ServerGone(_) => Failure::told(Kind::Config, format_args!("{vm}: {error}"))
                .hinted(Refusal::IpcFolder.next_step(false)),
            VBoxError::Elsewhere(_) | VBoxError::Garbled(_) | VBoxError::Other(_) => {
                told(Kind::Transient, &error)
            }
        }
    }

    /// Does it, and remembers what came of it.
    fn act(&mut self, action: Action, limit: Duration) -> Result<(), Failure> {
        let Some(uuid) = self.looker.uuid().cloned() else {
            unreachable!("a state was seen, so the UUID is known");
        };
        let result = self
            .vbox
            .command(&uuid, command(action, self.settings), limit);
        self.looker.doubt();
        let outcome = match result {
            Ok(()) => Outcome::Accepted,
            Err(VBoxError::Refused(Refusal::NoAdditions, _)) => Outcome::NoAdditions,
            Err(VBoxError::Run(RunError::Hung { .. })) => Outcome::Hung,
            Err(VBoxError::ServerGone(words)) => Outcome::ServerGone(words),
            Err(VBoxError::Elsewhere(words)) => Outcome::Elsewhere(words),
            Err(VBoxError::Other(words) | VBoxError::Garbled(words)) => Outcome::Refused(words),
            Err(error @ (VBoxError::Refused(..) | VBoxError::Run(RunError::Spawn { .. }))) => {
                return Err(self.refused(error));
            }
        };
        match &outcome {
            Outcome::Accepted => {}
            Outcome::NoAdditions => self.note(format_args!("{action}: it has no Guest Additions")),
            Outcome::Hung => self.note(format_args!(
                "{action}: VBoxManage gave no answer within {} s and was killed",
                limit.as_secs()
            )),
            Outcome::ServerGone(words) | Outcome::Elsewhere(words) | Outcome::Refused(words) => {
                self.note(format_args!("{action} failed: {words}"));
            }
        }
        self.said = None;
        let accepted = outcome == Outcome::Accepted;
        self.deeds.push(Deed {
            action,
            at: self.host.now(),
            outcome,
        });
        if accepted {
            self.settle(action);
        }
        Ok(())
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.log.line(format_args!("{}: {what}", self.named()));
    }

    /// What VBoxManage accepted is not yet seen: a short list, or the process's end, is what to look for.
    fn settle(&mut self, action: Action) {
        match action {
            Action::SaveState | Action::PowerOff | Action::EmergencyStop => {
                self.watch(PROCESS_ENDS, |_| {});
            }
            Action::Start | Action::PressPower | Action::PressSleep | Action::AskAdditions => {
                self.looker.expect_running();
            }
            Action::Resume | Action::DiscardState => {}
        }
    }

    /// Waits, and says so: once, and then every ten seconds.
    fn wait(&mut self, sight: &Sight, pause: Duration, what: Waiting) {
        let text = format!("{}: {}: {what}", self.named(), sight.words());
        let (log, host, budget) = (self.log, self.host, self.budget);
        let mut said = self.said.take().filter(|(before, _)| *before == text);
        let mut say = |now: Duration| {
            if said
                .as_ref()
                .is_none_or(|(_, at)| now.saturating_sub(*at) >= LINE_EVERY)
            {
                log.line(format_args!(
                    "{text}, {} s left",
                    budget.saturating_sub(now).as_secs()
                ));
                said = Some((text.clone(), now));
            }
        };
        say(host.now());
        if sight.process {
            self.watch(pause, say);
        } else {
            sleep(host, pause, say);
        }
        self.said = said;
    }

    /// Waits until the VM's process is gone, or for this long.
    fn watch(&self, at_most: Duration, mut tick: impl FnMut(Duration)) {
        let until = self.host.now() + at_most;
        while self.looker.census().is_ok_and(|census| census.lives) {
            let now = self.host.now();
            tick(now);
            match until.checked_sub(now) {
                Some(left) if !left.is_zero() => self.host.sleep(left.min(GLANCE)),
                _ => return,
            }
        }
    }
}

/// Waits, in pieces that are short enough for the log.
fn sleep(host: &dyn Host, how_long: Duration, mut tick: impl FnMut(Duration)) {
    let until = host.now() + how_long;
    while let Some(left) = until.checked_sub(host.now()).filter(|left| !left.is_zero()) {
        host.sleep(left.min(LINE_EVERY));
        tick(host.now());
    }
}

/// An action in VBoxManage's words.
fn command(action: Action, settings: &Settings) -> Command {
    match action {
        Action::Start => Command::Start(settings.frontend.word()),
        Action::EmergencyStop => Command::Start("emergencystop"),
        Action::DiscardState => Command::DiscardState,
        Action::Resume => Command::Control("resume"),
        Action::PressPower => Command::Control("acpipowerbutton"),
        Action::PressSleep => Command::Control("acpisleepbutton"),
        Action::AskAdditions => Command::Control("shutdown"),
        Action::SaveState => Command::Control("savestate"),
        Action::PowerOff => Command::Control("poweroff"),
    }
}
