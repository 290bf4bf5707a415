//! What may become of an output on its way.

/// Leaves so many thousandths of it.
pub(crate) fn cut(output: &mut Vec<u8>, thousandths: u64) {
    let thousandths = usize::try_from(thousandths.min(1000)).unwrap_or(1000);
    output.truncate(output.len() * thousandths / 1000);
}

/// Changes one to four places, and with `letters` also letters and digits into others. (A digit of an SMF property that
/// is another digit is an answer that nobody can doubt, so that svcprop's are left.)
pub(crate) fn garble(output: &mut Vec<u8>, seed: u64, letters: bool) {
    const STRANGE: [&[u8]; 7] = [
        b"\0",
        b"\xff\xfe",
        b"\xc3",
        b"\x1b[2J",
        b"\x07",
        b"\r",
        "\u{202e}".as_bytes(),
    ];
    let mut state = seed;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below.max(1)
    };
    for _ in 0..=next(4) {
        if output.is_empty() {
            return;
        }
        let at = next(output.len());
        if letters && next(2) == 0 {
            output[at] ^= 1 << next(7);
        } else {
            let strange = STRANGE[next(STRANGE.len())];
            let replaced = next(2);
            output.splice(at..at + replaced, strange.iter().copied());
        }
    }
}
