//! svcprop, byte for byte as illumos' prints (recorded; `tests/vectors/svcprop`), for operands that are
//! whole FMRIs.

use std::fmt::Write;

use super::repository::{Composed, Entity, Level, Property};
use super::world::World;
use crate::host::Output;
use crate::smf::escape::quoted;
use crate::smf::fmri::is_component;

const USAGE: &str = "\
Usage: svcprop [-fqtv] [-C | -c | -s snapshot] [-z zone] [-p [name/]name]... \n         {FMRI | pattern}...
       svcprop -w [-fqtv] [-z zone] [-p [name/]name] {FMRI | pattern}
";

/// What is printed before the values.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Nothing, where every `-p` names one property.
    #[default]
    Values,
    /// `-t`: the name and the type.
    Types,
    /// `-f`: the whole FMRI before that.
    Full,
}

/// The command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    form: Form,
    /// `-q`
    quiet: bool,
    /// `-c`: not the running snapshot.
    current: bool,
    /// `-p`
    properties: Vec<String>,
    operand: String,
}

/// What svcprop prints and how it exits.
pub(super) fn answer(world: &World, args: &[String]) -> Output {
    let asked = match understand(args) {
        Ok(asked) => asked,
        Err(message) => return Output::exited(2, "", &message),
    };
    let silence = |message: String| if asked.quiet { String::new() } else { message };
    if world.now < world.repository_down_until {
        let down = "svcprop: Could not connect to configuration repository: repository server unavailable.\n";
        return Output::exited(1, "", &silence(down.to_owned()));
    }
    let Some(entity) = world.repository.find(&asked.operand, asked.current) else {
        let message = format!(
            "svcprop: Pattern '{}' doesn't match any entities\n",
            asked.operand
        );
        return Output::exited(1, "", &silence(message));
    };
    let (kind, seen) = match entity {
        Entity::Instance(seen) => ("instance", seen),
        Entity::Service(service) => ("service", of_service(service)),
    };
    print(&asked, kind, &seen, &silence)
}

fn of_service(service: Level) -> Composed {
    Composed {
        service,
        ..Composed::default()
    }
}

fn print(asked: &Asked, kind: &str, seen: &Composed, silence: &dyn Fn(String) -> String) -> Output {
    // One whole group turns the names on for all.
    let names = asked.form != Form::Values || asked.properties.iter().any(|p| !p.contains('/'));
    let (mut stdout, mut stderr) = (String::new(), String::new());
    // The answers come in the reverse order of the questions.
    for path in asked.properties.iter().rev() {
        let (group, name) = match path.split_once('/') {
            Some((group, name)) => (group, Some(name)),
            None => (path.as_str(), None),
        };
        let Some(properties) = seen.group(group) else {
            missing(&mut stderr, "property group", group, kind, asked);
            continue;
        };
        let found = properties.iter().filter(|p| name.is_none_or(|n| n == p.0));
        let mut nothing = name.is_some();
        for (found, property) in found {
            nothing = false;
            if asked.form == Form::Full {
                let _ = write!(stdout, "{}/:properties/", asked.operand);
            }
            if names {
                let _ = write!(stdout, "{group}/{found} {} ", property.type_name);
            }
            values(&mut stdout, property);
        }
        if nothing {
            missing(&mut stderr, "property", path, kind, asked);
        }
    }
    let status = i32::from(!stderr.is_empty());
    let stdout = silence(stdout);
    Output::exited(status, &stdout, &silence(stderr))
}

fn missing(stderr: &mut String, what: &str, name: &str, kind: &str, asked: &Asked) {
    let _ = writeln!(
        stderr,
        "svcprop: Couldn't find {what} `{name}' for {kind} `{}'.",
        asked.operand
    );
}

/// The values of a property on a line.
fn values(text: &mut String, property: &Property) {
    for (i, value) in property.values.iter().enumerate() {
        if i > 0 {
            text.push(' ');
        }
        text.push_str(&quoted(value));
    }
    text.push('\n');
}

/// Reads the command line, or says on stderr why not.
fn understand(args: &[String]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-t" => asked.form = Form::Types,
            "-f" => asked.form = Form::Full,
            "-q" => asked.quiet = true,
            "-c" => asked.current = true,
            "-p" => {
                let path = args.next().ok_or_else(|| USAGE.to_owned())?;
                asked.properties.push(checked(path)?);
            }
            option if option.starts_with('-') => {
                let letter = option.trim_start_matches('-');
                return Err(format!("svcprop: illegal option -- {letter}\n{USAGE}"));
            }
            operand if asked.operand.is_empty() => operand.clone_into(&mut asked.operand),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if asked.operand.is_empty() {
        return Err(USAGE.to_owned());
    }
    Ok(asked)
}

fn checked(path: &str) -> Result<String, String> {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > 2 {
        return Err(format!(
            "svcprop: -p argument `{path}' has too many components.\n{USAGE}"
        ));
    }
    match parts.iter().find(|part| !is_component(part.as_bytes())) {
        Some(bad) => Err(format!("svcprop: Invalid component name `{bad}'.\n")),
        None => Ok(path.to_owned()),
    }
}
