//! The options of the table as arguments of the command line.

use clap::{Arg, ArgAction, ArgMatches, Command, Error};

use crate::manifest::options::{GenOption, OPTIONS, Parser};

/// The options that were typed, in the order of the table, each with its texts as they were typed.
#[derive(Debug, Default)]
pub(super) struct Typed(Vec<(&'static GenOption, Vec<String>)>);

impl Typed {
    /// Each option that was typed, with its texts: of a switch one text, which says nothing.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static GenOption, &[String])> {
        self.0
            .iter()
            .map(|(option, texts)| (*option, texts.as_slice()))
    }

    /// The texts of an option.
    pub(super) fn of(&self, option: &GenOption) -> &[String] {
        let mut typed = self.iter();
        typed
            .find(|(other, _)| *other == option)
            .map_or(&[], |(_, texts)| texts)
    }
}

/// The names of the options among clap's arguments.
pub(super) fn ids() -> Vec<&'static str> {
    OPTIONS.iter().map(|option| option.key).collect()
}

fn argument(option: &GenOption) -> Arg {
    let argument = Arg::new(option.key).long(option.long).help(option.help);
    let argument = match option.heading {
        Some(heading) => argument.help_heading(heading),
        None => argument,
    };
    match option.parser {
        Parser::Flag(_) => argument.action(ArgAction::SetTrue),
        Parser::Text(_) | Parser::Pair(_) => argument
            .action(ArgAction::Append)
            .value_name(option.value_name),
    }
}

impl clap::Args for Typed {
    fn augment_args(command: Command) -> Command {
        command.args(OPTIONS.iter().map(|option| argument(option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Typed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let texts = |option: &GenOption| match option.parser {
            Parser::Flag(_) if matches.get_flag(option.key) => vec![String::new()],
            Parser::Flag(_) => Vec::new(),
            Parser::Text(_) | Parser::Pair(_) => {
                let texts = matches.get_many::<String>(option.key);
                texts.into_iter().flatten().cloned().collect()
            }
        };
        let all = OPTIONS.iter().map(|option| (*option, texts(option)));
        Ok(Self(all.filter(|(_, texts)| !texts.is_empty()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
