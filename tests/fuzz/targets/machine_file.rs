#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| vbox_smf::fuzzing::machine_file(bytes));
