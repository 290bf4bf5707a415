//! Instances of this program's own method: whether it will take the properties, and whether svc.startd
//! leaves it the time that they ask for.

use std::time::Duration;

use super::value;
use crate::config::settings::{MARGIN, SettingError, Settings, WANTED, unknown_properties};
use crate::smf::composition::Layers;
use crate::smf::method::is_ours;
use crate::smf::tools::svcprop::{Properties, Value};
use crate::text::printable::Printable;
use crate::validate::code::Code;
use crate::validate::entity::{Entity, Instance, Service};
use crate::validate::finding::Findings;
use crate::validate::value::{ValueType, count};
use crate::virtualbox::vm::{Intent, VmName};

/// Checks an instance, where its methods are this program.
pub(super) fn check(service: &Service<'_>, instance: &Instance<'_>, findings: &mut Findings) {
    let layers = instance.layers(service);
    let method = |name| layers.find(|entity| entity.find(name, "method"));
    let Some(start) = method("start").filter(|_| runs_us(service, instance)) else {
        return;
    };
    let (own, of_service) = (wanted(&instance.entity), wanted(&service.entity));
    let properties: Properties = Layers::new(&own, &of_service)
        .entries()
        .map(|(path, value)| (path.clone(), value.clone()))
        .collect();
    for path in unknown_properties(&properties) {
        let message = format!("{} is not a property of the method", Printable(path));
        let (group, name) = path.split_once('/').unwrap_or((path, ""));
        let found = layers.find(|entity| entity.named(group)?.property(name));
        let at = found.map_or(instance.at, |property| property.at);
        findings.add(Code::VmProperty, at, message);
    }
    let Ok(name) = instance.name.parse::<VmName>() else {
        return;
    };
    let settings = match Settings::from_properties(&properties, &name) {
        Ok(settings) => settings,
        Err(error) => return setting(&error, instance, findings),
    };
    if let Err(error) = settings.budget(Intent::Start) {
        let message = format!("the method start of {}: {error}", Printable(instance.name));
        findings.add(Code::ShortTimeout, start.at, message);
    }
    let (Some(limit), Some(timeout)) = (settings.stop_limit, settings.stop_timeout) else {
        return;
    };
    if timeout + MARGIN > limit {
        short_stop(
            timeout,
            limit,
            method("stop").map_or(instance.at, |stop| stop.at),
            instance,
            findings,
        );
    }
}

/// Whether the start method of an instance, its own or its service's, is this program.
pub(in crate::validate) fn runs_us(service: &Service<'_>, instance: &Instance<'_>) -> bool {
    let start = instance
        .layers(service)
        .find(|entity| entity.find("start", "method"));
    start
        .and_then(|start| value(start, "exec"))
        .is_some_and(|(exec, _)| is_ours(exec))
}

/// A value as svcprop will print it: a count of -1 is 2^64-1.
fn stored(value_type: ValueType, text: &str) -> String {
    let count = count(text).filter(|_| value_type == ValueType::Count);
    count.map_or_else(|| text.to_owned(), |count| count.to_string())
}

/// The properties of a level that the method reads.
fn wanted(entity: &Entity<'_>) -> Properties {
    let mut properties = Properties::new();
    for group in &entity.groups {
        for property in &group.properties {
            let path = format!("{}/{}", group.name, property.name);
            let wanted = WANTED.iter().any(|w| *w == group.name || *w == path);
            if let Some(value_type) = property.value_type.filter(|_| wanted) {
                properties.entry(path).or_insert_with(|| Value {
                    value_type: value_type.name().to_owned(),
                    values: property
                        .values
                        .iter()
                        .map(|value| stored(value_type, &value.text))
                        .collect(),
                });
            }
        }
    }
    properties
}

fn setting(error: &SettingError, instance: &Instance<'_>, findings: &mut Findings) {
    let message = format!("the methods of {} fail: {error}", Printable(instance.name));
    findings.add(Code::VmProperty, instance.at, message);
}

fn short_stop(
    timeout: Duration,
    limit: Duration,
    at: usize,
    instance: &Instance<'_>,
    findings: &mut Findings,
) {
    let message = format!(
        "{} may take {} s to stop, but svc.startd kills the method after {} s",
        Printable(instance.name),
        timeout.as_secs(),
        limit.as_secs()
    );
    let help = format!(
        "raise timeout_seconds of the stop method to at least {}, or lower vm/stop_timeout",
        (timeout + MARGIN).as_secs()
    );
    findings.add_with_help(Code::ShortTimeout, at, message, help);
}
