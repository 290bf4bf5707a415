//! A rehearsal as a picture: SVG, with lanes over time. It needs nothing but itself, runs no script, and
//! its colours stand on a light page as on a dark one.
//!
//! ```text
//! disable, manifests/vbox.xml
//!       0 s        1 s      60 s
//! vm1  [offline*][online   ][..]    SMF
//!      [starting][running  ][..]    the VM, with marks for buttons, failures and hazards
//! legend
//! ```

mod colour;
mod draw;
mod scale;

use std::fmt::Write;
use std::time::Duration;

use self::colour::Colour;
use self::draw::{draw_mark, rect, text};
use self::scale::Scale;
use super::lanes::{Lane, Mark, Span, end, lanes};
use super::scenario::Played;
use super::timeline::{cut, seconds};

/// All lengths are in pixels.
const WIDTH: f64 = 960.0;
const MARGIN: f64 = 16.0;
/// A letter of the small font, which is monospaced.
const LETTER: f64 = 6.7;
/// The column with `ok` and `NOT OK`.
const VERDICT: f64 = 56.0;
const TITLE: f64 = 26.0;
const AXIS: f64 = 22.0;
const LEGEND_ROW: f64 = 20.0;

const STYLE: &str = "\
text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#768089}\
.h{font:600 13px system-ui,sans-serif}\
.e{text-anchor:end}.m{text-anchor:middle}\
.b{fill:#fff;font-size:10px}\
.g{stroke:#808890;stroke-opacity:.3}\
.k{fill:#808890;fill-opacity:.28}\
.p{fill:#e8a33d;stroke:#5b4214;stroke-width:.5}\
.f{stroke:#d1344b;stroke-width:2;fill:none}\
.z{fill:#d1344b}.ok{fill:#3a9457}.no{fill:#d1344b;font-weight:700}";

/// How tall the parts of a lane are, by the number of lanes.
struct Heights {
    smf: f64,
    vm: f64,
    lane: f64,
    /// Whether there is room for words in the bars.
    words: bool,
}

impl Heights {
    fn of(lanes: usize) -> Self {
        match lanes {
            0..=8 => Self {
                smf: 9.0,
                vm: 15.0,
                lane: 36.0,
                words: true,
            },
            9..=20 => Self {
                smf: 6.0,
                vm: 11.0,
                lane: 24.0,
                words: false,
            },
            _ => Self {
                smf: 4.0,
                vm: 8.0,
                lane: 16.0,
                words: false,
            },
        }
    }
}

/// A picture of stories, one below the other, each with the name of its manifest.
pub(crate) fn picture(stories: &[(String, Played)]) -> String {
    let (mut body, mut y) = (String::new(), MARGIN);
    let mut seen = Vec::new();
    for (manifest, played) in stories {
        y = panel(&mut body, y, manifest, played, &mut seen);
    }
    y = legend(&mut body, y, &seen);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{h}' viewBox='0 0 {WIDTH} {h}' role='img'>\n\
         <title>Rehearsal of VirtualBox VMs under SMF</title>\n<style>{STYLE}</style>\n{body}</svg>\n",
        h = y + MARGIN
    )
}

/// Draws a story, and gives where the next one begins.
fn panel(
    out: &mut String,
    top: f64,
    manifest: &str,
    played: &Played,
    seen: &mut Vec<Colour>,
) -> f64 {
    let lanes = lanes(played);
    let heights = Heights::of(lanes.len());
    let letters = lanes.iter().map(|lane| lane.name.chars().count().min(24));
    let labels = letters.max().unwrap_or_default().max(6);
    let left = MARGIN + LETTER * f64::from(u32::try_from(labels).unwrap_or(24)) + 10.0;
    let times = played.events.iter().map(|event| event.at);
    let scale = Scale::new(times, end(played), left, WIDTH - MARGIN - VERDICT);
    let good = lanes.iter().filter(|lane| lane.good).count();
    let title = format!(
        "{}: {manifest}, {good} of {} in the expected state",
        played.scenario.word(),
        lanes.len()
    );
    text(out, (MARGIN, top + 14.0), "h", &title);
    let axis = top + TITLE + AXIS;
    let count = f64::from(u32::try_from(lanes.len()).unwrap_or(u32::MAX));
    let bottom = axis + heights.lane * count;
    grid(out, &scale, axis, bottom);
    for (nth, lane) in lanes.iter().enumerate() {
        let y = axis + heights.lane * f64::from(u32::try_from(nth).unwrap_or(u32::MAX));
        draw(out, lane, y, left, &scale, &heights, seen);
    }
    for (from, to) in scale.breaks() {
        let (x, width) = (from, to - from);
        rect(
            out,
            (x, axis - 4.0),
            (width, bottom - axis + 4.0),
            "class='k'",
            None,
        );
    }
    bottom + MARGIN
}

fn grid(out: &mut String, scale: &Scale, top: f64, bottom: f64) {
    for (x, label) in scale.ticks() {
        let y = top - 4.0;
        writeln!(out, "<path class='g' d='M{x:.1} {y:.1}V{bottom:.1}'/>").expect("a String");
        text(out, (x, top - 8.0), "m", &label);
    }
    for (from, to) in scale.breaks() {
        let middle = f64::midpoint(from, to);
        text(out, (middle, top - 8.0), "m", "...");
    }
}

fn draw(
    out: &mut String,
    lane: &Lane,
    top: f64,
    left: f64,
    scale: &Scale,
    heights: &Heights,
    seen: &mut Vec<Colour>,
) {
    let bars = heights.smf + heights.vm + 1.0;
    let y = top + (heights.lane - bars) / 2.0;
    let middle = top + heights.lane / 2.0 + 4.0;
    text(out, (left - 8.0, middle), "e", &cut(&lane.name));
    for span in &lane.smf {
        let colour = Colour::of_smf(span.state);
        bar(
            out,
            span,
            colour,
            span.state.word(),
            (y, heights.smf),
            scale,
            false,
        );
        note(seen, colour);
    }
    let vm = (y + heights.smf + 1.0, heights.vm);
    for span in &lane.vm {
        let colour = Colour::of_vm(&span.state);
        let word = span.state.human_words();
        bar(out, span, colour, word, vm, scale, heights.words);
        note(seen, colour);
    }
    for (at, mark) in &lane.marks {
        draw_mark(out, scale.x(*at), vm, *mark, *at);
    }
    let x = WIDTH - MARGIN - VERDICT + 6.0;
    if lane.good {
        text(out, (x, middle), "ok", "ok");
    } else {
        text(out, (x, middle), "no", "NOT OK");
    }
}

fn note(seen: &mut Vec<Colour>, colour: Colour) {
    if !seen.contains(&colour) {
        seen.push(colour);
    }
}

fn bar<S>(
    out: &mut String,
    span: &Span<S>,
    colour: Colour,
    word: &str,
    (y, height): (f64, f64),
    scale: &Scale,
    words: bool,
) {
    let x = scale.x(span.from);
    // What was, is to be seen, however short it was.
    let width = (scale.x(span.to) - x).max(1.0);
    let told = format!("{word}: {} s to {} s", seconds(span.from), seconds(span.to));
    rect(out, (x, y), (width, height), &colour.paint(), Some(&told));
    let letters = f64::from(u32::try_from(word.chars().count()).unwrap_or(u32::MAX));
    if words && colour.carries_words() && letters * LETTER + 4.0 < width {
        text(out, (x + 4.0, y + height - 4.0), "b", word);
    }
}

/// What the colours and the marks mean: those that are there.
fn legend(out: &mut String, top: f64, seen: &[Colour]) -> f64 {
    let mut y = top + 4.0;
    for (title, of_smf) in [("SMF (upper bar)", true), ("VM (lower bar)", false)] {
        text(out, (MARGIN, y + 9.0), "", title);
        let mut x = MARGIN + 130.0;
        let shown = Colour::ALL.iter().filter(|c| c.is_of_smf() == of_smf);
        for colour in shown.filter(|colour| seen.contains(colour)) {
            rect(out, (x, y), (18.0, 10.0), &colour.paint(), None);
            let words = colour.words();
            text(out, (x + 23.0, y + 9.0), "", words);
            x += 23.0 + LETTER * f64::from(u32::try_from(words.len()).unwrap_or(0)) + 16.0;
        }
        y += LEGEND_ROW;
    }
    text(out, (MARGIN, y + 9.0), "", "marks");
    let mut x = MARGIN + 134.0;
    for (mark, words) in [
        (Mark::Press, "the guest is asked to shut down"),
        (Mark::Failure, "VBoxManage fails"),
        (Mark::Hazard, "a risk on real VirtualBox"),
    ] {
        draw_mark(out, x, (y, 12.0), mark, Duration::ZERO);
        text(out, (x + 9.0, y + 9.0), "", words);
        x += 9.0 + LETTER * f64::from(u32::try_from(words.len()).unwrap_or(0)) + 24.0;
    }
    y + LEGEND_ROW
}

#[cfg(test)]
mod tests;
