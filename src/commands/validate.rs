//! `vbox-smf validate`: what svccfg would say of a manifest.
//!
//! ```text
//! operands -> sources -> bytes -> rules::judge -> findings -> text or JSON, and the verdict
//! ```

mod explain;
mod json;
mod text;

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Ending, Failure, Kind};
use crate::manifest::source::{Source, SourceError, each};
use crate::text::output;
use crate::text::pipe_writer::Paper;
use crate::validate::{Finding, Flavour, Severity, judge};

use text::Tally;

/// Check SMF manifests as `svccfg validate` and `svccfg import` would
///
/// Each finding has its position, its severity, the stage at which svccfg would report it, and a hint. Findings of the stage `lint` are warnings of this program that svccfg does not report.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
vbox-smf validate [OPTIONS] <FILE>...
       vbox-smf validate --explain [CODE]")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "command line flags that can be combined freely"
)]
pub(crate) struct Arguments {
    /// A file, a folder with *.xml files anywhere below it, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    files: Vec<PathBuf>,
    /// The files are profiles: check them as `svccfg apply` would; violations of the DTD alone are warnings
    #[arg(long)]
    profile: bool,
    /// Treat warnings as errors
    #[arg(long)]
    strict: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print neither findings nor the summary: only set the exit status
    #[arg(long, short, conflicts_with = "json")]
    quiet: bool,
    /// Explain the code of a finding, for example SMF0104, or list all codes
    #[arg(
        long,
        value_name = "CODE",
        exclusive = true,
        num_args = 0..=1,
        default_missing_value = explain::ALL
    )]
    explain: Option<String>,
}

/// A file and what was found in it.
#[derive(Debug)]
struct Judged {
    /// As it is called in messages; not escaped.
    name: String,
    findings: Vec<Finding>,
    verdict: Verdict,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// svccfg takes it.
    Accepted,
    /// svccfg takes it, but `--strict` does not: there are warnings.
    Warned,
    /// svccfg does not take it.
    Refused,
}

impl Verdict {
    fn of(findings: &[Finding], strict: bool) -> Self {
        if findings.iter().any(|f| f.severity() == Severity::Error) {
            Self::Refused
        } else if strict && !findings.is_empty() {
            Self::Warned
        } else {
            Self::Accepted
        }
    }

    /// The word in JSON.
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Warned | Self::Refused => "refused",
        }
    }
}

/// Judges every file and prints what was found.
///
/// # Errors
/// The arguments do not make sense together. A file that cannot be read is no failure of the command:
/// the others are judged, and the ending says it.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    let stdout = io::stdout().lock();
    let mut paper = Paper::new(BufWriter::with_capacity(1 << 16, stdout));
    if let Some(code) = &arguments.explain {
        let text = explain::explain(code)?;
        paper.write(|out| out.write_all(text.as_bytes()));
        return Ok(close(paper, Ending::Done));
    }
    let stdins = arguments.files.iter().filter(|f| *f == Path::new("-"));
    if stdins.count() > 1 {
        return Err(Failure::told(
            Kind::Usage,
            "- is given twice; standard input can be read only once",
        ));
    }
    let mut tally = Tally::default();
    let mut report = json::Report::default();
    if arguments.json {
        paper.write(json::Report::begin);
    }
    for operand in &arguments.files {
        each(
            operand,
            &mut |found| match found.and_then(|source| judged(&source, arguments)) {
                Ok(judged) => {
                    tally.count(&judged);
                    if arguments.json {
                        paper.write(|out| report.add(out, &judged));
                    } else if !arguments.quiet {
                        paper.write(|out| text::print(out, &judged));
                    }
                }
                Err(error) => {
                    tally.unread += 1;
                    output::complain(&error.to_string());
                }
            },
        );
    }
    if arguments.json {
        paper.write(json::Report::end);
    }
    let ending = close(paper, tally.ending());
    if !arguments.json && !arguments.quiet {
        output::tell(&tally.to_string());
    }
    Ok(ending)
}

fn judged(source: &Source, arguments: &Arguments) -> Result<Judged, SourceError> {
    let flavour = if arguments.profile {
        Flavour::Profile
    } else {
        Flavour::Manifest
    };
    let (bytes, neighbours) = source.read()?;
    let findings = judge(&bytes, flavour, &|href| neighbours.read(href));
    Ok(Judged {
        name: source.name(),
        verdict: Verdict::of(&findings, arguments.strict),
        findings,
    })
}

/// Ends the output. A verdict that could not be written whole is not a verdict.
fn close<W: io::Write>(paper: Paper<W>, ending: Ending) -> Ending {
    match paper.close() {
        Ok(()) => ending,
        Err(error) => {
            output::complain(&format!("cannot write to standard output: {error}"));
            Ending::Incomplete
        }
    }
}
