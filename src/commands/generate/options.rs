//! From what was typed to a [`Request`].

use std::fmt;

use super::Arguments;
use super::scope::Scopes;
use crate::failure::{Failure, Kind};
use crate::manifest::duration::DurationError;
use crate::manifest::names::{Operand, OperandError};
use crate::manifest::options::{GenOption, Parser, Per, Placement, USER, ValueError};
use crate::manifest::request::{Origin, Owners, Request, Scope, ScopedDirective, VmRequest};
use crate::text::printable::Printable;

/// What the arguments ask for.
///
/// # Errors
/// A name or a value cannot be.
pub(super) fn request(arguments: &Arguments) -> Result<Request, Failure> {
    request_for(arguments, vms(&arguments.vms)?, Vec::new())
}

/// The same where VirtualBox has said which VMs there are, and more about them.
///
/// # Errors
/// A name or a value cannot be.
pub(super) fn request_for(
    arguments: &Arguments,
    vms: Vec<VmRequest>,
    found: Vec<ScopedDirective>,
) -> Result<Request, Failure> {
    let directives = directives(arguments, &vms, found)?;
    Ok(Request {
        service: arguments.service.parse().map_err(usage("--service"))?,
        method: arguments.method.parse().map_err(usage("--method"))?,
        model: arguments.model.parse().map_err(model_failure)?,
        owners: Owners::Needed,
        vms,
        directives,
    })
}

/// The VMs that are named.
///
/// # Errors
/// No instance can be called like one.
pub(super) fn vms(texts: &[String]) -> Result<Vec<VmRequest>, Failure> {
    texts
        .iter()
        .map(|text| {
            let operand: Operand = text.parse().map_err(operand_failure)?;
            Ok(VmRequest {
                instance: operand.instance,
                vm: operand.vm,
                origin: Origin::new(text),
            })
        })
        .collect()
}

/// Wishes of one option alone.
///
/// # Errors
/// A name or a value cannot be.
pub(super) fn of_option(
    option: &GenOption,
    texts: &[String],
    vms: &[VmRequest],
) -> Result<Vec<ScopedDirective>, Failure> {
    let mut lowered = Lowered::new(vms, Vec::new());
    lowered.option(option, texts)?;
    Ok(lowered.directives)
}

fn directives(
    arguments: &Arguments,
    vms: &[VmRequest],
    found: Vec<ScopedDirective>,
) -> Result<Vec<ScopedDirective>, Failure> {
    let typed = &arguments.options;
    let mut lowered = Lowered::new(vms, found);
    // Where no VM specified, --user has said whose VMs to look for, and they have their users.
    if !arguments.vms.is_empty() {
        lowered.option(&USER, typed.of(&USER))?;
    }
    // What follows may be for the VMs of a user.
    lowered.scopes.learn_users(&lowered.directives);
    for (option, texts) in typed.iter().filter(|(option, _)| **option != USER) {
        lowered.option(option, texts)?;
    }
    Ok(lowered.directives)
}

/// The directives so far.
struct Lowered {
    scopes: Scopes,
    directives: Vec<ScopedDirective>,
}

impl Lowered {
    fn new(vms: &[VmRequest], directives: Vec<ScopedDirective>) -> Self {
        Self {
            scopes: Scopes::new(vms),
            directives,
        }
    }

    fn option(&mut self, option: &GenOption, texts: &[String]) -> Result<(), Failure> {
        for text in texts {
            let directive = self.directive(option, text)?;
            self.directives.push(directive);
        }
        Ok(())
    }

    fn directive(&self, option: &GenOption, text: &str) -> Result<ScopedDirective, Failure> {
        let long = format!("--{}", option.long);
        let typed = format!("{long} {text}");
        let (scope, want, origin) = match option.parser {
            Parser::Flag(want) => (Scope::All, Ok(want(true)), &long),
            Parser::Text(parse) => {
                let (scope, value) = self.scopes.split(&long, text, option.per)?;
                (scope, parse(value), &typed)
            }
            Parser::Pair(parse) => {
                // First the value, which may hold a colon.
                let Some((name, value)) = text.split_once('=') else {
                    return Err(no_value(option, text));
                };
                let (scope, name) = self.scopes.split(&long, name, option.per)?;
                (scope, parse(name, value), &typed)
            }
        };
        Ok(ScopedDirective {
            scope,
            want: want.map_err(|error| value_failure(option, error))?,
            origin: Origin::new(origin),
        })
    }
}

/// `NAME` where `NAME=VALUE` is needed.
fn no_value(option: &GenOption, text: &str) -> Failure {
    let shown = Printable(text);
    let message = format!("--{} {shown}: no '=' and value", option.long);
    let pair = option.value_name.rsplit(']').next().unwrap_or_default();
    Failure::told(Kind::Usage, message).hinted(match option.per {
        Per::Vm => format!("write it as {pair} or INSTANCE:{pair}"),
        Per::User => format!("write it as {pair}, USER:{pair} or INSTANCE:{pair}"),
    })
}

fn value_failure(option: &GenOption, error: ValueError) -> Failure {
    let failure = match option.placement {
        // The message begins with the property.
        Placement::Property => Failure::told(Kind::Usage, error.message),
        Placement::Dependency | Placement::List | Placement::Instance | Placement::EachInstance => {
            let message = format!("--{}: {}", option.long, error.message);
            Failure::told(Kind::Usage, message)
        }
    };
    super::hinted(failure, error.hint)
}

/// With the whole command to try instead.
pub(super) fn operand_failure(error: OperandError) -> Failure {
    let hint = error.suggestion().map(|s| format!("try vbox-smf gen {s}"));
    super::hinted(Failure::new(Kind::Usage, error), hint)
}

pub(super) fn model_failure(error: DurationError) -> Failure {
    usage("--model")(error).hinted("omit --model, or use transient")
}

/// An error in the value of an option.
pub(super) fn usage<E: fmt::Display>(option: &'static str) -> impl FnOnce(E) -> Failure {
    move |error| Failure::told(Kind::Usage, format_args!("{option}: {error}"))
}

#[cfg(test)]
mod tests;
