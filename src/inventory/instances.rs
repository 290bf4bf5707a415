//! The instances that SMF has, for commands that look at many: one svcs and one svcprop, however many there are.

use std::ffi::OsString;
use std::time::Duration;

use crate::config::settings::{SettingError, Settings, WANTED};
use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::smf::credential::{self, Credential, Ignored};
use crate::smf::fmri::{DEFAULT_SERVICE, InstanceFmri, is_service_name};
use crate::smf::method;
use crate::smf::tools::svcprop::{self, Properties, SvcpropError};
use crate::smf::tools::svcs::{self, SmfState, SvcsError};
use crate::text::printable::Printable;
use crate::virtualbox::vboxmanage::LISTED_MAX;
use crate::virtualbox::vm::{Intent, VmName};

use super::limit::Limit;

/// How long svcs and svcprop may take, each.
const LIMIT: Duration = Duration::from_secs(20);

/// So many instances are looked at by one call: as many as VMs of a user.
const INSTANCES_MAX: usize = LISTED_MAX;

/// What is read beside the settings: whose the instance is, what its methods run in, since when it is in its state.
const BESIDE: [&str; 11] = [
    "start/user",
    "start/use_profile",
    "start/profile",
    "start/environment",
    "start/exec",
    "stop/exec",
    "method_context/user",
    "method_context/use_profile",
    "method_context/profile",
    "method_context/environment",
    "restarter/state_timestamp",
];

/// Which instances are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Services of which all instances are, as `svc:/site/xvm/vbox`.
    services: Vec<String>,
    /// Where there are some, only these of them are.
    named: Vec<Named>,
}

/// An operand.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// An instance of this name, of any of the services.
    Name(String),
    Fmri(InstanceFmri),
}

impl Named {
    fn is(&self, fmri: &InstanceFmri) -> bool {
        match self {
            Self::Name(name) => fmri.instance().as_str() == name,
            Self::Fmri(own) => own == fmri,
        }
    }
}

impl Selection {
    /// All instances of the usual service and of these; with operands, only those that they name.
    ///
    /// # Errors
    /// A service or an operand is malformed.
    pub(crate) fn new(services: &[String], operands: &[String]) -> Result<Self, Failure> {
        let mut selection = Self {
            services: vec![format!("svc:/{DEFAULT_SERVICE}")],
            named: Vec::new(),
        };
        for text in services {
            let bare = text.strip_prefix("svc:").unwrap_or(text);
            let bare = bare.strip_prefix('/').unwrap_or(bare);
            if !is_service_name(bare) {
                return Err(Failure::told(
                    Kind::Usage,
                    format_args!("-s {}: not a service name", Printable(text)),
                )
                .hinted("for example site/xvm/vbox"));
            }
            let fmri = format!("svc:/{bare}");
            if !selection.services.contains(&fmri) {
                selection.services.push(fmri);
            }
        }
        for text in operands {
            let named = if text.contains(':') {
                text.parse().map(Named::Fmri)
            } else {
                text.parse::<crate::smf::fmri::InstanceName>()
                    .map(|name| Named::Name(name.to_string()))
            };
            selection.named.push(named.map_err(|e| {
                Failure::new(Kind::Usage, e).hinted("for example vm1 or svc:/site/xvm/vbox:vm1")
            })?);
        }
        Ok(selection)
    }

    /// Whether all instances are meant.
    pub(crate) fn is_all(&self) -> bool {
        self.named.is_empty()
    }

    /// What svcs is asked for.
    fn operands(&self) -> Vec<String> {
        let fmris = self.named.iter().filter_map(|named| match named {
            Named::Fmri(fmri) => Some(fmri.to_string()),
            Named::Name(_) => None,
        });
        let by_name = self.named.iter().any(|n| matches!(n, Named::Name(_)));
        let services = self.services.iter().filter(|_| self.is_all() || by_name);
        services.cloned().chain(fmris).collect()
    }

    fn includes(&self, fmri: &InstanceFmri) -> bool {
        self.is_all() || self.named.iter().any(|named| named.is(fmri))
    }
}

/// An instance, as SMF has it.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) fmri: InstanceFmri,
    pub(crate) state: SmfState,
    /// The state that it is on its way to.
    pub(crate) next: Option<SmfState>,
    /// Since when, as svcs prints it.
    pub(crate) since: String,
    /// None where svcprop did not respond.
    pub(crate) known: Option<Known>,
}

/// What its properties say.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) properties: Properties,
    pub(crate) settings: Result<Settings, SettingError>,
    /// As whom svc.startd runs the start method: a login name or a number. Where the properties do not tell, the user whom
    /// they name.
    pub(crate) user: String,
    /// The user whom the method context names in vain.
    pub(crate) ignored: Option<Ignored>,
}

impl Known {
    fn new(fmri: &InstanceFmri, properties: Properties) -> Option<Self> {
        let instance: VmName = fmri.instance().as_str().parse().ok()?;
        let credential = Credential::new(&properties, Intent::Start.method());
        let user = credential.user().or(credential.named());
        Some(Self {
            settings: Settings::from_properties(&properties, &instance),
            user: user.unwrap_or(credential::ROOT).to_owned(),
            ignored: credential.ignored(),
            properties,
        })
    }
}

impl Instance {
    /// The program that the methods run, where it is not this one: the instance is another program's, whatever its
    /// service is called, and its properties mean what that one says. What has no method counts as ours.
    pub(crate) fn another_program(&self) -> Option<String> {
        method::another_program_of(&self.known.as_ref()?.properties)
    }

    /// The name by which people call it: without the service, where it is the usual one.
    pub(crate) fn short_name(&self) -> String {
        if self.fmri.service() == DEFAULT_SERVICE {
            self.fmri.instance().to_string()
        } else {
            format!("{}:{}", self.fmri.service(), self.fmri.instance())
        }
    }

    /// Seconds since 1970 when it came into its state.
    pub(crate) fn since_seconds(&self) -> Option<u64> {
        let value = self
            .known
            .as_ref()?
            .properties
            .get("restarter/state_timestamp")?;
        let text = value.values.first()?;
        let seconds = text
            .split_once('.')
            .map_or(text.as_str(), |(whole, _)| whole);
        seconds.parse().ok()
    }
}

/// What SMF said.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// In the order of their FMRIs.
    pub(crate) instances: Vec<Instance>,
    /// What could not be asked, or was asked for and is not there.
    pub(crate) troubles: Vec<String>,
    /// This machine has no SMF at all.
    pub(crate) no_smf: bool,
    /// SMF said all that it was asked.
    pub(crate) answered: bool,
}

/// Asks SMF. What cannot be known is left out, and told.
pub(crate) fn gather(
    host: &dyn Host,
    selection: &Selection,
    environment: &[(OsString, OsString)],
    limit: Limit,
) -> Gathered {
    let mut gathered = Gathered::default();
    let zone = environment.iter().find(|(name, _)| name == "TZ");
    let lines = match svcs::list(
        host,
        &selection.operands(),
        zone.map(|(_, zone)| zone),
        limit.of(host, LIMIT),
    ) {
        Ok(lines) => lines,
        Err(error) => {
            gathered.no_smf = matches!(error, SvcsError::NoSmf(_));
            gathered.troubles.push(error.to_string());
            return gathered;
        }
    };
    let mut lines: Vec<_> = lines
        .into_iter()
        .filter(|line| selection.includes(&line.fmri))
        .collect();
    lines.sort_by(|a, b| a.fmri.cmp(&b.fmri));
    lines.dedup_by(|a, b| a.fmri == b.fmri);
    for named in &selection.named {
        if !lines.iter().any(|line| named.is(&line.fmri)) {
            let what = match named {
                Named::Name(name) => name.clone(),
                Named::Fmri(fmri) => fmri.to_string(),
            };
            gathered.troubles.push(format!("{what}: no such instance"));
        }
    }
    let all = lines.len();
    lines.truncate(INSTANCES_MAX);
    let fmris: Vec<_> = lines.iter().map(|line| line.fmri.clone()).collect();
    let wanted: Vec<&str> = WANTED.into_iter().chain(BESIDE).collect();
    let mut properties = match svcprop::read_all(host, &fmris, &wanted, limit.of(host, LIMIT)) {
        Ok(properties) => {
            gathered.answered = all <= INSTANCES_MAX;
            Some(properties)
        }
        Err(error) => {
            gathered.no_smf = matches!(error, SvcpropError::NoSmf(_));
            gathered.troubles.push(error.to_string());
            None
        }
    };
    if all > INSTANCES_MAX {
        gathered.troubles.push(format!(
            "there are {all} instances, and {INSTANCES_MAX} are the most that are looked at: name those that are meant"
        ));
    }
    gathered.instances = lines
        .into_iter()
        .map(|line| {
            let own = properties
                .as_mut()
                .map(|all| all.remove(&line.fmri).unwrap_or_default());
            Instance {
                known: own.and_then(|own| Known::new(&line.fmri, own)),
                state: line.state,
                next: line.next,
                since: line.since,
                fmri: line.fmri,
            }
        })
        .collect();
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn operands(services: &[&str], operands: &[&str]) -> Vec<String> {
        Selection::new(&strings(services), &strings(operands))
            .expect("a selection")
            .operands()
    }

    /// Ten thousand are looked at, and of more than that it is said that there are more.
    #[test]
    fn so_many_instances_and_no_more() {
        use std::fmt::Write as _;
        let host = |count: usize| {
            let (mut listed, mut properties) = (String::new(), String::new());
            for nth in 0..count {
                let fmri = format!("svc:/site/xvm/vbox:v{nth:05}");
                writeln!(listed, "online - 13:25:07 {fmri}").expect("a String");
                writeln!(properties, "{fmri}/:properties/vm/name astring v").expect("a String");
            }
            let asked = "-H -o state,nstate,stime,fmri svc:/site/xvm/vbox";
            Fake::default()
                .answer(asked, 0, &listed, "")
                .answer_any(&properties)
        };
        for (count, looked_at, troubles) in [
            (INSTANCES_MAX, INSTANCES_MAX, 0),
            (INSTANCES_MAX + 1, INSTANCES_MAX, 1),
            (60_000, INSTANCES_MAX, 1),
        ] {
            let host = host(count);
            let limit = Limit::from_now(&host, Duration::from_secs(60));
            let selection = Selection::new(&[], &[]).expect("a selection");
            let gathered = gather(&host, &selection, &[], limit);
            assert_eq!(gathered.instances.len(), looked_at);
            assert_eq!(gathered.troubles.len(), troubles, "{:?}", gathered.troubles);
            assert_eq!(gathered.answered, troubles == 0);
            for trouble in gathered.troubles {
                assert!(
                    trouble.starts_with(&format!("there are {count} instances")),
                    "{trouble}"
                );
            }
        }
    }

    #[test]
    fn what_svcs_is_asked_for() {
        let usual = "svc:/site/xvm/vbox";
        assert_eq!(operands(&[], &[]), [usual]);
        for other in ["site/other", "svc:/site/other", "/site/other"] {
            assert_eq!(operands(&[other], &[]), [usual, "svc:/site/other"]);
        }
        assert_eq!(operands(&["site/xvm/vbox"], &["vm1"]), [usual]);
        assert_eq!(operands(&[], &["site/other:a"]), ["svc:/site/other:a"]);
        assert_eq!(
            operands(&[], &["vm1", "site/other:a"]),
            [usual, "svc:/site/other:a"]
        );
        for (services, names) in [
            (&["site/x:y"][..], &[][..]),
            (&[], &["1vm"]),
            (&[], &["a:"]),
        ] {
            let refused = Selection::new(&strings(services), &strings(names));
            assert_eq!(refused.expect_err("malformed").kind, Kind::Usage);
        }
    }

    const LINES: &str = "online - 13:25:07 svc:/site/xvm/vbox:vm2\n\
        disabled - Aug_09 svc:/site/xvm/vbox:vm1\n";

    fn asked(names: &str, wanted_fmris: &str, stdout: &str, stderr: &str) -> Fake {
        let wanted: Vec<String> = WANTED
            .iter()
            .chain(&BESIDE)
            .map(|path| format!("-p {path}"))
            .collect();
        let svcprop = format!("-f {} {wanted_fmris}", wanted.join(" "));
        let status = i32::from(!stderr.is_empty());
        Fake::default()
            .answer(
                &format!("-H -o state,nstate,stime,fmri {names}"),
                0,
                LINES,
                "",
            )
            .answer(&svcprop, status, stdout, stderr)
    }

    #[test]
    fn instances_with_their_properties() {
        let fmris = "svc:/site/xvm/vbox:vm1 svc:/site/xvm/vbox:vm2";
        let said = "svc:/site/xvm/vbox:vm2/:properties/method_context/user astring vb\n\
            svc:/site/xvm/vbox:vm2/:properties/method_context/use_profile boolean false\n\
            svc:/site/xvm/vbox:vm2/:properties/vm/name astring two\\ words\n\
            svc:/site/xvm/vbox:vm2/:properties/restarter/state_timestamp time 1795270000.5\n\
            svc:/site/xvm/vbox:vm1/:properties/vm/stop_method astring x\n";
        let fake = asked("svc:/site/xvm/vbox", fmris, said, "");
        let all = Selection::new(&[], &[]).expect("all");
        let gathered = gather(&fake, &all, &[], Limit::from_now(&fake, LIMIT));
        assert_eq!(gathered.troubles, [] as [String; 0]);
        assert_eq!(fake.asked().len(), 2);
        let [vm1, vm2] = gathered.instances.as_slice() else {
            panic!("{gathered:?}");
        };
        let known = |instance: &Instance| instance.known.clone().expect("properties");
        assert_eq!(vm1.short_name(), "vm1");
        assert_eq!(known(vm1).user, "root");
        assert!(known(vm1).settings.is_err());
        assert_eq!(vm1.since_seconds(), None);
        assert_eq!(known(vm2).user, "vb");
        assert_eq!(
            known(vm2).settings.expect("settings").vm.as_str(),
            "two words"
        );
        assert_eq!(vm2.since_seconds(), Some(1_795_270_000));
    }

    /// vboxsvc's instances have the same service and a group `vm` as well.
    #[test]
    fn an_instance_is_its_methods_programs() {
        for (start, stop, expected) in [
            ("/lib/svc/method/vbox %m", "/lib/svc/method/vbox %m", None),
            ("'/opt/x y/vbox-smf' start", ":true", None),
            (":true", "/lib/svc/method/vbox %m", None),
            (
                "/lib/svc/method/vbox.sh start",
                "/lib/svc/method/vbox.sh stop",
                Some("/lib/svc/method/vbox.sh"),
            ),
            (":true", "/opt/down %i", Some("/opt/down")),
            (":true", ":true", Some(":true")),
        ] {
            let said: String = [("start", start), ("stop", stop)]
                .map(|(method, exec)| {
                    let escaped = exec.replace(' ', "\\ ").replace('\'', "\\'");
                    format!("svc:/site/xvm/vbox:vm2/:properties/{method}/exec astring {escaped}\n")
                })
                .concat();
            let fmris = "svc:/site/xvm/vbox:vm1 svc:/site/xvm/vbox:vm2";
            let fake = asked("svc:/site/xvm/vbox", fmris, &said, "");
            let all = Selection::new(&[], &[]).expect("all");
            let gathered = gather(
                &fake,
                &all,
                &[],
                Limit::from_now(&fake, Duration::from_secs(60)),
            );
            let program = gathered.instances[1].another_program();
            assert_eq!(program.as_deref(), expected, "{start}, {stop}");
            // It has no methods at all.
            assert_eq!(gathered.instances[0].another_program(), None);
        }
    }

    #[test]
    fn what_is_there_is_told_although_svcprop_fails() {
        let fmris = "svc:/site/xvm/vbox:vm2";
        let down = "svcprop: Could not connect to configuration repository: repository server unavailable.\n";
        let fake = asked("svc:/site/xvm/vbox", fmris, "", down);
        let some = Selection::new(&[], &strings(&["vm2", "vm3"])).expect("some");
        let gathered = gather(&fake, &some, &[], Limit::from_now(&fake, LIMIT));
        assert_eq!(gathered.instances.len(), 1);
        assert!(gathered.instances[0].known.is_none());
        assert_eq!(gathered.troubles.len(), 2, "{:?}", gathered.troubles);
        assert!(gathered.troubles[0].contains("vm3"));
    }
}
