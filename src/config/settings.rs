//! What an administrator set, checked: the properties of [`crate::config::schema`] as values that cannot be wrong.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::config::schema::{self, Allowed, Default, Property};
use crate::smf::timeout;
use crate::smf::tools::svcprop::{Properties, Value};
use crate::text::printable::Printable;
use crate::virtualbox::vm::{Intent, VmName};

pub(crate) use crate::config::choices::{
    Frontend, OnAborted, OnPaused, OnSaved, OnStuck, StopFallback, StopMethod,
};

/// Why a property cannot be used: the property, its value, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SettingError {
    /// Another type than the schema's.
    #[error("property {path} has type {found}, not {wanted}; allowed: {allowed}")]
    Type {
        /// `group/name`.
        path: String,
        /// The type it has.
        found: String,
        /// The type it should have.
        wanted: &'static str,
        /// What is allowed.
        allowed: Allowed,
    },
    /// Not exactly one value.
    #[error("property {path} has {found} values; exactly one is allowed")]
    Count {
        /// `group/name`.
        path: String,
        /// How many there are.
        found: usize,
    },
    /// A value that is not allowed.
    #[error("property {path} is '{}'; allowed: {allowed}", Printable(.value))]
    Value {
        /// `group/name`.
        path: String,
        /// The value it has.
        value: String,
        /// What is allowed.
        allowed: Allowed,
    },
    /// The delay leaves no time to start the VM in.
    #[error("property vm/start_delay is {delay} s, but a start has {budget} s in total and needs at least {START_FLOOR} s of that; set start/timeout_seconds to {wanted} or more", delay = .delay.as_secs(), budget = .budget.as_secs(), START_FLOOR = START_FLOOR.as_secs(), wanted = (*.delay + START_FLOOR + MARGIN).as_secs())]
    Delay {
        /// The delay.
        delay: Duration,
        /// What a start has.
        budget: Duration,
    },
}

impl SettingError {
    /// What of `svccfg setprop` mends it: `vm/stop_method = astring: VALUE`.
    pub(crate) fn setprop(&self) -> String {
        let path = match self {
            Self::Type { path, .. } | Self::Count { path, .. } | Self::Value { path, .. } => path,
            Self::Delay { .. } => &schema::START_DELAY.path(),
        };
        let row = schema::PROPERTIES.iter().find(|row| row.path() == *path);
        let kind = row.map_or("TYPE", |row| row.value_type.name());
        format!("{path} = {kind}: VALUE")
    }
}

/// The time that svc.startd's timeout keeps for itself: ours always ends first, because svc.startd's is
/// a SIGKILL to everything that the method started, VBoxSVC included.
pub(crate) const MARGIN: Duration = Duration::from_secs(10);
/// What is left after a delay must suffice to start a VM.
pub(crate) const START_FLOOR: Duration = Duration::from_secs(10);
/// What a start has where svc.startd sets no limit.
const START_UNLIMITED: Duration = Duration::from_secs(120);
/// What a stop has where neither svc.startd nor `vm/stop_timeout` sets a limit.
const STOP_UNLIMITED: Duration = Duration::from_secs(180);

/// Everything that decides what a method does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `vm/name`, or the instance's name.
    pub(crate) vm: VmName,
    /// `vm/stop_method`
    pub(crate) stop_method: StopMethod,
    /// `vm/stop_fallback`
    pub(crate) stop_fallback: StopFallback,
    /// `vm/stop_timeout`
    pub(crate) stop_timeout: Option<Duration>,
    /// `vm/frontend`
    pub(crate) frontend: Frontend,
    /// `vm/start_delay`
    pub(crate) start_delay: Duration,
    /// `vm/on_paused`
    pub(crate) on_paused: OnPaused,
    /// `vm/on_saved`
    pub(crate) on_saved: OnSaved,
    /// `vm/on_aborted`
    pub(crate) on_aborted: OnAborted,
    /// `vm/on_stuck`
    pub(crate) on_stuck: OnStuck,
    /// `virtualbox/vboxmanage`
    pub(crate) vboxmanage: Option<PathBuf>,
    /// svc.startd's limit of the start method.
    pub(crate) start_limit: Option<Duration>,
    /// svc.startd's limit of the stop method.
    pub(crate) stop_limit: Option<Duration>,
}

/// svc.startd's limit of a method, where there is one.
fn method_limit(properties: &Properties, path: &str) -> Option<Duration> {
    let value = properties.get(path)?;
    timeout::limit(&value.value_type, &value.values)
}

/// The paths that svcprop is asked for: both groups, and svc.startd's limits. svcprop answers in the reverse order: what
/// is first here is the end of the answer, and shows that nothing of the groups is missing.
pub(crate) const WANTED: [&str; 4] = [START_LIMIT, schema::VM, schema::VIRTUALBOX, STOP_LIMIT];
/// svc.startd's limit of the start method.
pub(crate) const START_LIMIT: &str = "start/timeout_seconds";
/// svc.startd's limit of the stop method.
pub(crate) const STOP_LIMIT: &str = "stop/timeout_seconds";

/// Properties of any group that are SMF's own (`smf_security(7)`).
const SMF_OWN: [&str; 4] = [
    "value_authorization",
    "modify_authorization",
    "read_authorization",
    "stability",
];

impl Settings {
    /// Checks the properties of an instance.
    ///
    /// # Errors
    /// A property has a wrong type, not exactly one value, or one that is not allowed. There is never
    /// a silent default.
    pub(crate) fn from_properties(
        properties: &Properties,
        instance: &VmName,
    ) -> Result<Self, SettingError> {
        let read = Reader { properties };
        Ok(Self {
            vm: read
                .parsed(&schema::NAME, |v| v.parse().ok())?
                .unwrap_or_else(|| instance.clone()),
            stop_method: read.choice(&schema::STOP_METHOD, StopMethod::parse)?,
            stop_fallback: read.choice(&schema::STOP_FALLBACK, StopFallback::parse)?,
            stop_timeout: read.seconds(&schema::STOP_TIMEOUT)?,
            frontend: read.choice(&schema::FRONTEND, Frontend::parse)?,
            start_delay: read.seconds(&schema::START_DELAY)?.unwrap_or_default(),
            on_paused: read.choice(&schema::ON_PAUSED, OnPaused::parse)?,
            on_saved: read.choice(&schema::ON_SAVED, OnSaved::parse)?,
            on_aborted: read.choice(&schema::ON_ABORTED, OnAborted::parse)?,
            on_stuck: read.choice(&schema::ON_STUCK, OnStuck::parse)?,
            vboxmanage: read.parsed(&schema::VBOXMANAGE, |v| Some(PathBuf::from(v)))?,
            start_limit: method_limit(properties, START_LIMIT),
            stop_limit: method_limit(properties, STOP_LIMIT),
        })
    }

    /// A VM is started whether it is off, saved or aborted.
    pub(crate) fn start_from_any_rest(&self) -> bool {
        self.on_saved == OnSaved::Restore && self.on_aborted == OnAborted::Start
    }

    /// How long a method may take in all, from its beginning.
    ///
    /// # Errors
    /// `vm/start_delay` does not fit into a start.
    pub(crate) fn budget(&self, intent: Intent) -> Result<Duration, SettingError> {
        match intent {
            Intent::Start => {
                let budget = self.start_limit.map_or(START_UNLIMITED, within);
                if !self.start_delay.is_zero() && self.start_delay + START_FLOOR > budget {
                    return Err(SettingError::Delay {
                        delay: self.start_delay,
                        budget,
                    });
                }
                Ok(budget)
            }
            Intent::Stop => Ok([self.stop_timeout, self.stop_limit.map(within)]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(STOP_UNLIMITED)),
        }
    }
}

/// What is left of svc.startd's limit: 10 s less, and never less than half of it.
fn within(limit: Duration) -> Duration {
    limit.saturating_sub(MARGIN).max(limit / 2)
}

/// Properties that no row of the schema knows, for a warning: a typing error would go unseen.
pub(crate) fn unknown_properties(properties: &Properties) -> Vec<&str> {
    properties
        .keys()
        .map(String::as_str)
        .filter(|path| {
            let (group, name) = path.split_once('/').unwrap_or((path, ""));
            schema::GROUPS.iter().any(|g| g.name == group)
                && !SMF_OWN.contains(&name)
                && !schema::PROPERTIES
                    .iter()
                    .any(|p| p.group == group && p.name == name)
        })
        .collect()
}

/// Takes single properties out, each by its row of the schema.
struct Reader<'a> {
    properties: &'a Properties,
}

impl Reader<'_> {
    /// The one value of a property, where it is there: of the right type, and allowed.
    fn value(&self, property: &Property) -> Result<Option<&str>, SettingError> {
        let path = property.path();
        let Some(Value { value_type, values }) = self.properties.get(&path) else {
            return Ok(None);
        };
        if value_type != property.value_type.name() {
            return Err(SettingError::Type {
                path,
                found: value_type.clone(),
                wanted: property.value_type.name(),
                allowed: property.allowed,
            });
        }
        match values.as_slice() {
            [value] if property.allowed.accepts(value) => Ok(Some(value)),
            [value] => Err(SettingError::Value {
                path,
                value: value.clone(),
                allowed: property.allowed,
            }),
            _ => Err(SettingError::Count {
                path,
                found: values.len(),
            }),
        }
    }

    /// The value of a property, or its default, as what it stands for.
    fn parsed<T>(
        &self,
        property: &Property,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, SettingError> {
        let default = match property.default {
            Default::Value(value) => Some(value),
            Default::Absent(_) => None,
        };
        Ok(self.value(property)?.or(default).map(|value| {
            parse(value)
                .unwrap_or_else(|| unreachable!("the schema allows {} = {value}", property.path()))
        }))
    }

    fn choice<T>(
        &self,
        property: &Property,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, SettingError> {
        let chosen = self.parsed(property, parse)?;
        Ok(chosen.unwrap_or_else(|| unreachable!("{} has a default", property.path())))
    }

    fn seconds(&self, property: &Property) -> Result<Option<Duration>, SettingError> {
        self.parsed(property, |value| {
            value.parse().ok().map(Duration::from_secs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn properties(rows: &[(&str, &str, &[&str])]) -> Properties {
        rows.iter()
            .map(|(path, value_type, values)| {
                let value = Value {
                    value_type: (*value_type).to_owned(),
                    values: values.iter().map(|v| (*v).to_owned()).collect(),
                };
                ((*path).to_owned(), value)
            })
            .collect()
    }

    fn settings(rows: &[(&str, &str, &[&str])]) -> Result<Settings, SettingError> {
        Settings::from_properties(&properties(rows), &"vm1".parse().expect("a name"))
    }

    /// A row with the list of another enum would end here.
    #[test]
    fn every_choice_of_the_schema_is_read() {
        for property in schema::PROPERTIES {
            let Allowed::Choices(choices) = property.allowed else {
                continue;
            };
            let path = property.path();
            let mut read = Vec::new();
            for choice in choices {
                let row = (&*path, property.value_type.name(), &[choice.value][..]);
                let set = settings(&[row]).expect(choice.value);
                // The old word for headless is the same as the new one.
                assert!(choice.value == "vrdp" || !read.contains(&set), "{path}");
                read.push(set);
            }
        }
    }

    #[test]
    fn nothing_set_gives_the_defaults_of_the_schema() {
        let nothing = settings(&[]).expect("defaults");
        assert_eq!(nothing.vm.as_str(), "vm1");
        let rows: Vec<(String, String)> = schema::PROPERTIES
            .iter()
            .filter_map(|p| match p.default {
                Default::Value(v) => Some((p.path(), v.to_owned())),
                Default::Absent(_) => None,
            })
            .collect();
        for (path, value) in rows {
            let property = schema::PROPERTIES
                .iter()
                .find(|p| p.path() == path)
                .expect("a row");
            let explicit = settings(&[(&path, property.value_type.name(), &[&value])]);
            assert_eq!(explicit.as_ref(), Ok(&nothing), "{path}");
        }
    }

    #[test]
    fn every_property_refuses_a_wrong_type_and_several_values() {
        for property in schema::PROPERTIES {
            let path = property.path();
            let error = settings(&[(&path, "boolean", &["true"])]).expect_err(&path);
            assert!(matches!(error, SettingError::Type { .. }), "{error}");
            for values in [&[] as &[&str], &["1", "2"]] {
                let error =
                    settings(&[(&path, property.value_type.name(), values)]).expect_err(&path);
                assert!(matches!(error, SettingError::Count { .. }), "{error}");
            }
        }
    }

    #[test]
    fn every_property_refuses_a_value_that_is_not_allowed() {
        for property in schema::PROPERTIES {
            let path = property.path();
            let bad = match property.allowed {
                Allowed::Choices(_) => "SaveState",
                Allowed::Seconds { .. } => "86401",
                Allowed::VmName => "",
                Allowed::AbsolutePath => "VBoxManage",
            };
            let error = settings(&[(&path, property.value_type.name(), &[bad])]).expect_err(&path);
            let told = error.to_string();
            assert!(
                told.contains(&path) && told.contains(&property.allowed.to_string()),
                "{told}"
            );
        }
    }

    #[test]
    fn the_old_word_for_headless() {
        let set = settings(&[("vm/frontend", "astring", &["vrdp"])]).expect("vrdp");
        assert_eq!(set.frontend, Frontend::Headless);
    }

    #[test]
    fn limits_of_svc_startd() {
        for (value_type, value, expected) in [
            ("count", "60", Some(60)),
            ("count", "0", None),
            ("count", "18446744073709551615", None),
            ("count", "18446744073709551614", Some(u64::from(u32::MAX))),
            ("count", "18446744073709551615000", None),
            ("integer", "60", None),
            ("astring", "60", None),
        ] {
            let set = settings(&[("stop/timeout_seconds", value_type, &[value])]).expect(value);
            assert_eq!(
                set.stop_limit,
                expected.map(Duration::from_secs),
                "{value_type} {value}"
            );
        }
    }

    #[test]
    fn budgets() {
        for (start_limit, stop_limit, stop_timeout, start, stop) in [
            (None, None, None, 120, 180),
            (Some("60"), Some("300"), None, 50, 290),
            (Some("60"), Some("300"), Some("240"), 50, 240),
            (Some("60"), Some("60"), Some("240"), 50, 50),
            (Some("0"), Some("0"), Some("86400"), 120, 86_400),
            (Some("10"), Some("4"), None, 5, 2),
        ] {
            let rows: Vec<(&str, &str, [&str; 1])> = [
                ("start/timeout_seconds", start_limit),
                ("stop/timeout_seconds", stop_limit),
                ("vm/stop_timeout", stop_timeout),
            ]
            .into_iter()
            .filter_map(|(path, value)| value.map(|v| (path, "count", [v])))
            .collect();
            let rows: Vec<_> = rows
                .iter()
                .map(|(p, t, v)| (*p, *t, v.as_slice()))
                .collect();
            let set = settings(&rows).expect("settings");
            assert_eq!(set.budget(Intent::Start), Ok(Duration::from_secs(start)));
            assert_eq!(set.budget(Intent::Stop), Ok(Duration::from_secs(stop)));
        }
    }

    #[test]
    fn a_delay_must_fit() {
        let with = |delay: &str| {
            settings(&[
                ("vm/start_delay", "count", &[delay]),
                ("start/timeout_seconds", "count", &["60"]),
            ])
            .expect("settings")
        };
        assert!(with("40").budget(Intent::Start).is_ok());
        let error = with("41").budget(Intent::Start).expect_err("41");
        assert!(
            error
                .to_string()
                .contains("set start/timeout_seconds to 61"),
            "{error}"
        );
        assert!(with("41").budget(Intent::Stop).is_ok());
    }

    #[test]
    fn a_typing_error_is_seen() {
        let read = properties(&[
            ("vm/stop_metod", "astring", &["x"]),
            ("vm/value_authorization", "astring", &["x"]),
            ("vm/stability", "astring", &["Evolving"]),
            ("virtualbox/manage", "astring", &["x"]),
            ("vm/stop_method", "astring", &["savestate"]),
            ("start/timeout_seconds", "count", &["1"]),
        ]);
        assert_eq!(
            unknown_properties(&read),
            ["virtualbox/manage", "vm/stop_metod"]
        );
    }
}
