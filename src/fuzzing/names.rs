//! FMRIs and names: what is read is what is printed, and what one part lets through the others know too.

use crate::manifest::names::{
    Operand, OperandError, ServiceName, ServiceNameError, instance_from, instance_like,
};
use crate::smf::fmri::{FmriError, InstanceFmri, InstanceName};
use crate::text::shell::shell_word;
use crate::validate::fuzzing::{is_instance, is_service};
use crate::virtualbox::vm::{Uuid, VmName, VmNameError};

use super::assert_printable;

/// An FMRI of an instance, as svc.startd hands it over or somebody types it.
///
/// # Panics
/// Something that is promised does not hold.
pub fn fmri(bytes: &[u8]) {
    super::text(bytes, |text| {
        let read: Result<InstanceFmri, FmriError> = text.parse();
        match read {
            Ok(fmri) => {
                let printed = fmri.to_string();
                assert_printable(&printed);
                assert_eq!(printed.parse(), Ok(fmri.clone()));
                let parts = InstanceFmri::new(fmri.service(), fmri.instance().clone());
                assert_eq!(parts, Ok(fmri.clone()));
                // What the method takes, the rules for manifests take: they are ports of one grammar.
                assert!(is_instance(text, fmri.service(), fmri.instance().as_str()));
            }
            Err(error) => assert_printable(&error.to_string()),
        }
    });
}

/// The names of services, instances and VMs, and the operands that hold them.
///
/// # Panics
/// Something that is promised does not hold.
pub fn names(bytes: &[u8]) {
    super::text(bytes, |text| {
        service(text);
        vm(text);
        operand(text);
        let made = instance_from(text);
        assert!(made.parse::<InstanceName>().is_ok(), "{made}");
        let (vm, mark) = text.split_once('\n').unwrap_or((text, ""));
        let like = instance_like(vm, mark);
        assert_eq!(like.as_str().parse(), Ok(like.clone()));
        let word = shell_word(text);
        assert_eq!(as_a_shell_reads(&word).as_deref(), Some(text), "{word}");
    });
}

fn service(text: &str) {
    let read: Result<ServiceName, ServiceNameError> = text.parse();
    match read {
        Ok(name) => {
            assert_eq!(name.as_str(), text);
            assert!(is_service(text), "{text}");
            let instance: InstanceName = "vm1".parse().expect("an instance's name");
            assert!(InstanceFmri::new(text, instance).is_ok(), "{text}");
            assert!(!name.short().is_empty());
        }
        Err(error) => assert_printable(&error.to_string()),
    }
}

fn vm(text: &str) {
    let read: Result<VmName, VmNameError> = text.parse();
    match read {
        Ok(name) => {
            assert_eq!(name.as_str(), text);
            assert_printable(&name.to_string());
        }
        Err(error) => assert_printable(&error.to_string()),
    }
    if let Ok(uuid) = text.parse::<Uuid>() {
        assert_eq!(uuid.to_string().parse(), Ok(uuid));
    }
}

fn operand(text: &str) {
    let read: Result<Operand, OperandError> = text.parse();
    match read {
        Ok(operand) => {
            let whole = match &operand.vm {
                Some(vm) => format!("{}={}", operand.instance, vm.as_str()),
                None => operand.instance.to_string(),
            };
            assert_eq!(whole.parse(), Ok(operand));
        }
        Err(error) => {
            assert_printable(&error.to_string());
            // What is suggested has to work.
            if let Some(suggestion) = error.suggestion() {
                let word = as_a_shell_reads(suggestion).expect("one word of a shell");
                assert!(word.parse::<Operand>().is_ok(), "{suggestion}");
            }
        }
    }
}

/// One word, without what a shell takes away; none where a shell reads something else.
fn as_a_shell_reads(word: &str) -> Option<String> {
    let mut read = String::new();
    let mut quoted = false;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => quoted = !quoted,
            '\\' if !quoted => read.push(chars.next()?),
            c if quoted || c.is_ascii_alphanumeric() || "/._-+,:@=".contains(c) => read.push(c),
            _ => return None,
        }
    }
    (!quoted).then_some(read)
}
