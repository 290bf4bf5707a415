//! `vbox-smf explain`: what a start and a stop do, and which setting decides it.
//!
//! ```text
//! svcprop (three views) or --set -> level: values and where they come from -> Settings
//!     -> rules: plan::forecast for every state -> text or JSON
//! ```

mod json;
mod level;
mod rules;
mod text;

use std::time::Duration;

use crate::config::settings::{SettingError, Settings};
use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::smf::fmri::InstanceFmri;
use crate::text::output;
use crate::virtualbox::vm::{Intent, VmName};

use level::Row;

// What is told of the whole command is in cli.rs, with the instance that it may have.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Explain with another value of a property, for example `vm/on_paused=leave`; `start/timeout_seconds`
    /// and `stop/timeout_seconds` are svc.startd's limits
    #[arg(long = "set", value_name = "GROUP/PROPERTY=VALUE")]
    settings: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Everything that is explained.
#[derive(Debug)]
struct Explained {
    fmri: Option<InstanceFmri>,
    rows: Vec<Row>,
    /// Properties that nobody reads.
    unknown: Vec<String>,
    settings: Settings,
    start: Duration,
    stop: Duration,
}

/// Prints what the settings of an instance, or the defaults, make of every state.
///
/// # Errors
/// The properties cannot be read or used, or nothing can be written.
pub(crate) fn run(
    host: &dyn Host,
    fmri: Option<InstanceFmri>,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let explained = gather(host, fmri, &arguments.settings)?;
    output::print(&if arguments.json {
        json::object(&explained)
    } else {
        text::page(&explained)
    })?;
    Ok(())
}

fn gather(
    host: &dyn Host,
    fmri: Option<InstanceFmri>,
    set: &[String],
) -> Result<Explained, Failure> {
    let set = level::understand(set)?;
    let sources = match &fmri {
        Some(fmri) => level::Sources::of_instance(host, fmri, &set)?,
        None => level::Sources::of_nothing(&set),
    };
    let refused = |error: SettingError| match &fmri {
        Some(fmri) => crate::engine::method::refused_setting(fmri, error),
        None => Failure::new(Kind::Usage, error),
    };
    // Where there is no instance, its name is not shown.
    let name = fmri.as_ref().map_or("vm1", |fmri| fmri.instance().as_str());
    let name: VmName = name
        .parse()
        .map_err(|e| Failure::new(Kind::Config, anyhow::Error::new(e)))?;
    let settings = Settings::from_properties(&sources.seen, &name).map_err(refused)?;
    Ok(Explained {
        start: settings.budget(Intent::Start).map_err(refused)?,
        stop: settings.budget(Intent::Stop).map_err(refused)?,
        rows: sources.rows(),
        unknown: crate::config::settings::unknown_properties(&sources.seen)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        fmri,
        settings,
    })
}

#[cfg(test)]
mod tests;
