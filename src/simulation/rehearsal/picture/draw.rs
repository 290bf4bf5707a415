//! The strokes of the picture.

use std::fmt::Write;
use std::time::Duration;

use crate::simulation::rehearsal::lanes::Mark;
use crate::simulation::rehearsal::timeline::seconds;
use crate::text::printable::Printable;

/// Draws a mark into a bar.
pub(super) fn draw_mark(
    out: &mut String,
    x: f64,
    (y, height): (f64, f64),
    mark: Mark,
    at: Duration,
) {
    let at = seconds(at);
    let half = (height / 3.0).min(4.0);
    let middle = y + height / 2.0;
    let (shape, told) = match mark {
        Mark::Press => (
            format!(
                "<path class='p' d='M{:.1} {:.1}h{:.1}l-{half:.1} {:.1}z'>",
                x - half,
                y - 1.0,
                2.0 * half,
                1.6 * half
            ),
            "the guest is asked to shut down",
        ),
        Mark::Failure => (
            format!(
                "<path class='f' d='M{:.1} {:.1}l{d:.1} {d:.1}m0 -{d:.1}l-{d:.1} {d:.1}'>",
                x - half,
                middle - half,
                d = 2.0 * half
            ),
            "VBoxManage fails",
        ),
        Mark::Hazard => (
            format!("<circle class='z' cx='{x:.1}' cy='{middle:.1}' r='{half:.1}'>"),
            "a risk on real VirtualBox",
        ),
    };
    let name = if mark == Mark::Hazard {
        "circle"
    } else {
        "path"
    };
    writeln!(out, "{shape}<title>{told}, {at} s</title></{name}>").expect("a String");
}

/// A box, with words for whoever points at it.
pub(super) fn rect(
    out: &mut String,
    (x, y): (f64, f64),
    (width, height): (f64, f64),
    paint: &str,
    told: Option<&str>,
) {
    let shape =
        format!("<rect x='{x:.1}' y='{y:.1}' width='{width:.1}' height='{height:.1}' {paint}");
    match told {
        Some(told) => writeln!(out, "{shape}><title>{}</title></rect>", escaped(told)),
        None => writeln!(out, "{shape}/>"),
    }
    .expect("a String");
}

/// Words, in a class of the style sheet.
pub(super) fn text(out: &mut String, (x, y): (f64, f64), class: &str, what: &str) {
    let what = escaped(what);
    writeln!(
        out,
        "<text x='{x:.1}' y='{y:.1}' class='{class}'>{what}</text>"
    )
    .expect("a String");
}

/// As it stands in XML. What XML cannot represent, and what a viewer would not show as it is, is escaped as in a log.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in Printable(text).to_string().chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}
