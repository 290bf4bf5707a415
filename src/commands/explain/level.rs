//! Where the value of each property comes from.
//!
//! A method sees the running snapshot of its instance, in which the instance's own values come before those
//! of its service. svcprop does not say which is which, so it is asked three times: for that, for what the
//! instance has itself (`-C`), and for what the service has. The latter two are what is so now: where they
//! make another value than the snapshot's, `svcadm refresh` is still to come.

use crate::commands::docs;
use crate::config::schema::{Allowed, PROPERTIES, Property, ReadBy};
use crate::config::settings::{START_LIMIT, STOP_LIMIT, WANTED};
use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::manifest::method::{self, MethodPath, Timeouts};
use crate::manifest::setting::{Setting, SettingError};
use crate::smf::fmri::InstanceFmri;
use crate::smf::method::{EXECS, another_program_of, not_ours};
use crate::smf::tools::svcprop::{self, Asked, Properties, SvcpropError, Value, View};
use crate::smf::tools::svcprop::{SVCPROP_LIMIT, not_read};
use crate::text::printable::Printable;

/// The level that a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The instance.
    Instance,
    /// The service: every instance without a value of its own has it.
    Service,
    /// Neither any more: it holds until the next refresh.
    Snapshot,
    /// Nobody set it.
    Default,
    /// `--set`.
    Set,
    /// No instance was named: what `vbox-smf gen` writes.
    Generated,
}

impl Level {
    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Service => "service",
            Self::Snapshot => "snapshot",
            Self::Default => "default",
            Self::Set => "set",
            Self::Generated => "generated",
        }
    }
}

/// A property, its value, and where that comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// `group/name`.
    pub(super) path: String,
    /// Which methods read it.
    pub(super) read_by: ReadBy,
    /// Its value; none where nobody set it and no value says what holds then.
    pub(super) value: Option<String>,
    /// What holds without a value, in words.
    pub(super) without: &'static str,
    /// Where it comes from.
    pub(super) level: Level,
    /// What the next refresh makes of it, where that is something else.
    pub(super) after_refresh: Option<String>,
    /// What it means: a sentence.
    pub(super) meaning: String,
}

/// What properties there are, on which level.
#[derive(Debug)]
pub(super) struct Sources {
    /// What a method would see.
    pub(super) seen: Properties,
    own: Properties,
    service: Properties,
    set: Properties,
    live: bool,
}

/// The type of svc.startd's limits.
const COUNT: &str = "count";
const NO_LIMIT: &str = "no limit";

fn value(value_type: &str, text: &str) -> Value {
    Value {
        value_type: value_type.to_owned(),
        values: vec![text.to_owned()],
    }
}

/// What `--set` says: a property as `gen` takes it, or a limit of svc.startd.
///
/// # Errors
/// There is no such property, or it cannot have this value.
pub(super) fn understand(texts: &[String]) -> Result<Properties, Failure> {
    let mut set = Properties::new();
    for text in texts {
        let told = |message: String| {
            let message = format!("--set {}: {message}", Printable(text));
            Failure::told(Kind::Usage, message)
        };
        let Some((path, given)) = text.split_once('=') else {
            return Err(told("no '=' and value".to_owned())
                .hinted("write GROUP/PROPERTY=VALUE, for example vm/on_paused=leave"));
        };
        let (path, value) = if [START_LIMIT, STOP_LIMIT].contains(&path) {
            if given.parse::<u64>().is_err() || !given.bytes().all(|b| b.is_ascii_digit()) {
                return Err(told(
                    "allowed: a number of seconds; 0 means no limit".to_owned(),
                ));
            }
            (path.to_owned(), value(COUNT, given))
        } else {
            let setting = Setting::new(path, given).map_err(|error| {
                let unknown = matches!(error, SettingError::Unknown(_));
                let failure = Failure::new(Kind::Usage, error);
                if unknown {
                    failure.hinted("vbox-smf describe lists the properties")
                } else {
                    failure
                }
            })?;
            let kind = setting.property.value_type.name();
            (setting.property.path(), value(kind, &setting.value))
        };
        if set.insert(path, value).is_some() {
            return Err(told("the property is set twice".to_owned()));
        }
    }
    Ok(set)
}

impl Sources {
    /// The properties of an instance.
    ///
    /// # Errors
    /// svcprop does not tell them.
    pub(super) fn of_instance(
        host: &dyn Host,
        fmri: &InstanceFmri,
        set: &Properties,
    ) -> Result<Self, Failure> {
        let read = |view| {
            let wanted: Vec<&str> = match view {
                View::Running => WANTED.into_iter().chain(EXECS).collect(),
                _ => WANTED.to_vec(),
            };
            let asked = svcprop::begin(host, view, fmri, &wanted, SVCPROP_LIMIT);
            asked.and_then(Asked::answer).map_err(|error| {
                let none = matches!(error, SvcpropError::NoSmf(_));
                let failure = not_read(error);
                if none {
                    failure.hinted("without --fmri or --vm, the defaults are explained")
                } else {
                    failure
                }
            })
        };
        let mut seen = read(View::Running)?;
        if let Some(program) = another_program_of(&seen) {
            return Err(not_ours(fmri, &program));
        }
        let own = read(View::OfInstance)?;
        let service = read(View::OfService)?;
        seen.extend(set.clone());
        Ok(Self {
            seen,
            own,
            service,
            set: set.clone(),
            live: true,
        })
    }

    /// No properties but these, and svc.startd's limits as `gen` writes them for these.
    pub(super) fn of_nothing(set: &Properties) -> Self {
        let settings: Vec<Setting> = set
            .iter()
            .filter_map(|(path, value)| Setting::new(path, value.values.first()?).ok())
            .collect();
        let methods = method::all(&MethodPath::default(), Timeouts::for_settings(&settings));
        let mut seen: Properties = methods
            .iter()
            .map(|method| {
                let path = format!("{}/timeout_seconds", method.name);
                (path, value(COUNT, &method.timeout_seconds))
            })
            .collect();
        seen.extend(set.clone());
        Self {
            seen,
            own: Properties::new(),
            service: Properties::new(),
            set: set.clone(),
            live: false,
        }
    }

    /// Every property of the schema and both limits, in the order of the tables.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = PROPERTIES.iter().map(|p| self.of_schema(p)).collect();
        for (path, read_by) in [(START_LIMIT, ReadBy::Start), (STOP_LIMIT, ReadBy::Stop)] {
            let meaning = "Seconds after which svc.startd kills the method and all its child processes; unset and 0 mean no limit.";
            rows.push(self.row(path, read_by, None, NO_LIMIT, |_| meaning.to_owned()));
        }
        rows
    }

    fn of_schema(&self, property: &Property) -> Row {
        let without = docs::default_words(property);
        let default = match property.default {
            crate::config::schema::Default::Value(value) => Some(value),
            crate::config::schema::Default::Absent(_) => None,
        };
        self.row(
            &property.path(),
            property.read_by,
            default,
            without,
            |value| match property.allowed {
                Allowed::Choices(choices) => choices
                    .iter()
                    .find(|choice| Some(choice.value) == value)
                    .map_or(property.description, |choice| choice.description)
                    .to_owned(),
                Allowed::Seconds { .. } | Allowed::VmName | Allowed::AbsolutePath => {
                    property.description.to_owned()
                }
            },
        )
    }

    fn row(
        &self,
        path: &str,
        read_by: ReadBy,
        default: Option<&'static str>,
        without: &'static str,
        meaning: impl Fn(Option<&str>) -> String,
    ) -> Row {
        let value = self.seen.get(path).map(words);
        let value = value.or_else(|| default.map(str::to_owned));
        let level = self.level(path);
        // What is set for this explanation is in no repository.
        let now = self.own.get(path).or_else(|| self.service.get(path));
        let after_refresh = (self.live && level != Level::Set && now != self.seen.get(path))
            .then(|| now.map_or(without.to_owned(), words))
            .filter(|next| Some(next) != value.as_ref());
        Row {
            path: path.to_owned(),
            read_by,
            meaning: meaning(value.as_deref()),
            value,
            without,
            level,
            after_refresh,
        }
    }

    /// Where a value comes from. One that both the instance and the service have is the instance's.
    fn level(&self, path: &str) -> Level {
        let Some(seen) = self.seen.get(path) else {
            return Level::Default;
        };
        let is = |there: &Properties| there.get(path) == Some(seen);
        if self.set.contains_key(path) {
            Level::Set
        } else if !self.live {
            Level::Generated
        } else if is(&self.own) {
            Level::Instance
        } else if is(&self.service) {
            Level::Service
        } else {
            Level::Snapshot
        }
    }
}

/// The values as text. A property of the schema has exactly one, or is refused.
fn words(value: &Value) -> String {
    value.values.join(" ")
}
