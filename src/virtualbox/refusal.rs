//! What VBoxManage's failures mean: one table of the words that decide, and one row of advice for each cause.
//!
//! A failure is told by VirtualBox's codes, and by its words only where it gives no code, or one code for different
//! things. Every text was recorded (tests/vectors/vboxmanage) or stands in VirtualBox's source where the real one could
//! not be made to say it: the ones of another hypervisor, of the kernel driver and of the extension pack.

use crate::failure::Kind;

/// What has to be mended before another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Refusal {
    /// This user has no such VM.
    NotRegistered,
    /// The VM's settings file is missing, broken, or cannot be read by the user.
    Inaccessible,
    /// A disk, or the device or image behind it, is missing.
    DiskMissing,
    /// A disk, or the device or image behind it, cannot be opened by this user.
    DiskDenied,
    /// A disk is no image that VirtualBox understands.
    DiskBroken,
    /// A disk is attached to another VM that runs.
    DiskInUse,
    /// A disk has another UUID than VirtualBox has registered.
    DiskReplaced,
    /// VirtualBox's kernel driver is not loaded, or a frontend with a window found no screen.
    Driver,
    /// The kernel driver is of another version than VirtualBox.
    DriverVersion,
    /// The user may not open the kernel driver's device.
    DriverDenied,
    /// Another hypervisor has the processor's virtualization.
    OtherHypervisor,
    /// The processor's virtualization is missing, or turned off in the firmware.
    NoVirtualization,
    /// The host is short of memory.
    NoMemory,
    /// The VM needs an extension pack that is not installed.
    ExtensionPack,
    /// The program of the frontend is not there, or VirtualBox knows no such frontend.
    Frontend,
    /// The home directory, or `VBOX_USER_HOME`, cannot be used.
    Home,
    /// The VM's folder, or that of its log, cannot be written by this user.
    Folder,
    /// The file system of the VM's folder is full.
    NoSpace,
    /// The file, socket or device that one of the VM's ports goes to cannot be used by this user.
    Port,
    /// VirtualBox.xml is broken.
    Registry,
    /// VirtualBox.xml, or a folder on the way to it, cannot be read by this user.
    RegistryDenied,
    /// The saved state is broken, or does not fit the VM or this version of VirtualBox.
    SavedState,
    /// The server, or VBoxManage, was started in a locale that does not have a character of the VM's name.
    Locale,
    /// The guest has no Guest Additions.
    NoAdditions,
}

/// What the words of a failure mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// VirtualBox's server is gone, or is not there yet.
    ServerGone,
    /// Somebody else has the VM, or it is in another state than was seen.
    Elsewhere,
    /// Something that the VM needs is not there yet, and may come while the host boots.
    NotYet(Awaited),
    /// The VM's process ended before it did anything: its folder, its log or its saved state cannot be used.
    EndedEarly,
    /// Another attempt would say the same.
    Refused(Refusal),
}

/// What a VM needs that may come while the host boots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A network interface of the host.
    Interface,
    /// Who listens where one of its serial ports is to be connected to.
    Listener,
}

impl Awaited {
    /// The next step, where it did not come in time.
    pub(crate) const fn next_step(self) -> &'static str {
        match self {
            Self::Interface => {
                "create that network interface, or set another one with VBoxManage modifyvm (VBoxManage list bridgedifs lists the available ones); then run svcadm clear on the instance"
            }
            Self::Listener => {
                "start the program that listens there, or change the serial port with VBoxManage modifyvm (--uartmode1); then run svcadm clear on the instance"
            }
        }
    }
}

impl Refusal {
    /// Every cause.
    pub(crate) const ALL: [Self; 24] = [
        Self::NotRegistered,
        Self::Inaccessible,
        Self::DiskMissing,
        Self::DiskDenied,
        Self::DiskBroken,
        Self::DiskInUse,
        Self::DiskReplaced,
        Self::Driver,
        Self::DriverVersion,
        Self::DriverDenied,
        Self::OtherHypervisor,
        Self::NoVirtualization,
        Self::NoMemory,
        Self::ExtensionPack,
        Self::Frontend,
        Self::Home,
        Self::Folder,
        Self::NoSpace,
        Self::Port,
        Self::Registry,
        Self::RegistryDenied,
        Self::SavedState,
        Self::Locale,
        Self::NoAdditions,
    ];

    /// What svc.startd should make of it. A VM that is inaccessible is in no state that anybody could act on.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Inaccessible => Kind::Fatal,
            Self::NoMemory => Kind::Transient,
            Self::NotRegistered
            | Self::DiskMissing
            | Self::DiskDenied
            | Self::DiskBroken
            | Self::DiskInUse
            | Self::DiskReplaced
            | Self::Driver
            | Self::DriverVersion
            | Self::DriverDenied
            | Self::OtherHypervisor
            | Self::NoVirtualization
            | Self::ExtensionPack
            | Self::Frontend
            | Self::Home
            | Self::Folder
            | Self::NoSpace
            | Self::Port
            | Self::Registry
            | Self::RegistryDenied
            | Self::SavedState
            | Self::Locale
            | Self::NoAdditions => Kind::Config,
        }
    }

    /// The next step, where nothing more is known than the cause.
    pub(crate) const fn next_step(self) -> &'static str {
        match self {
            Self::NotRegistered => {
                "run VBoxManage list vms as that user to see its VMs (a VM whose settings file cannot be read is listed as <inaccessible>, without its name); set vm/name or method_context/user, or register the VM"
            }
            Self::Inaccessible => {
                "VBoxManage list vms shows the VM as <inaccessible>: restore its settings file (VirtualBox keeps the previous version as .vbox-prev) or make it readable for that user, then run svcadm clear on the instance"
            }
            Self::DiskMissing => {
                "restore the disk, or detach it with VBoxManage storageattach, then run svcadm clear on the instance"
            }
            Self::DiskDenied => {
                "give the user read and write access to the disk and to the folders above it, then run svcadm clear on the instance"
            }
            Self::DiskBroken => {
                "restore the disk from a backup: VirtualBox cannot read its header; then run svcadm clear on the instance"
            }
            Self::DiskInUse => {
                "stop the other VM that uses this disk, or detach the disk from one of them, then run svcadm clear on the instance"
            }
            Self::DiskReplaced => {
                "the file is not the disk that was attached: restore the original, or give the file the registered UUID with VBoxManage internalcommands sethduuid, then run svcadm clear on the instance"
            }
            // Without a screen a window ends with the same words as any VM without the driver.
            Self::Driver => {
                "load VirtualBox's kernel driver (svcs -a | grep virtualbox, modinfo | grep vbox), or set vm/frontend=headless: a window needs a display; then run svcadm clear on the instance"
            }
            Self::DriverVersion => {
                "the loaded kernel driver does not match this version of VirtualBox: reboot, or reload the driver after stopping all VMs, then run svcadm clear on the instance"
            }
            Self::DriverDenied => {
                "the user cannot open /dev/vboxdrv: reinstall the VirtualBox package, or check the mode of the device, then run svcadm clear on the instance"
            }
            Self::OtherHypervisor => {
                "another hypervisor (KVM, bhyve) uses the CPU's virtualization extensions: stop its guests, then run svcadm clear on the instance"
            }
            Self::NoVirtualization => {
                "enable the CPU's virtualization extensions (VT-x, AMD-V) in the firmware, then run svcadm clear on the instance"
            }
            Self::NoMemory => {
                "free memory on the host (swap -s, prstat -s rss), or reduce the VM's memory, then run svcadm clear on the instance"
            }
            Self::ExtensionPack => {
                "install the VirtualBox Extension Pack of the same version (VBoxManage extpack install, as root), or disable the features that need it in the VM's settings, then run svcadm clear on the instance"
            }
            Self::Frontend => "set vm/frontend=headless, or install that frontend",
            Self::Home => {
                "make the home directory writable for that user, then run svcadm clear on the instance"
            }
            Self::Folder => {
                "make that user the owner of the VM's folder and its contents, then run svcadm clear on the instance"
            }
            Self::NoSpace => {
                "free space on that file system, or raise its quota, then run svcadm clear on the instance"
            }
            Self::Port => {
                "allow the user to write to the target of the VM's serial or parallel port (check the folder of a file or socket, or the mode and group of a device), or change the port with VBoxManage modifyvm (--uartmode1), then run svcadm clear on the instance"
            }
            Self::Registry => {
                "restore VirtualBox.xml from VirtualBox.xml-prev, then run svcadm clear on the instance"
            }
            Self::RegistryDenied => {
                "make that user the owner of VirtualBox.xml and of the folder that contains it, then run svcadm clear on the instance"
            }
            Self::SavedState => {
                "see the VM's VBox.log for details; vm/on_saved=discard starts the VM without the saved state, and the guest's memory contents are lost"
            }
            Self::Locale => {
                "VirtualBox's server was started with a locale that is not UTF-8: stop all VMs of that user, so that the server exits, or give the VM an ASCII name; then run svcadm clear on the instance"
            }
            Self::NoAdditions => {
                "install the Guest Additions, or set vm/stop_method=acpipowerbutton"
            }
        }
    }
}

/// Words that decide, in the order in which they are looked for, and what they mean. All words of a row must be there.
///
/// `NS_ERROR_FAILURE` alone says nothing, so the words in front of it do; words come before codes where one code stands
/// for different things.
pub(crate) const MEANINGS: [(&[&str], Meaning); 70] = {
    use Meaning::{Elsewhere, EndedEarly, NotYet, Refused, ServerGone};
    use Refusal as R;
    [
        (
            &["Could not find a registered machine"],
            Refused(R::NotRegistered),
        ),
        (
            &["The object functionality is limited"],
            Refused(R::Inaccessible),
        ),
        (&["Could not create guest session"], Refused(R::NoAdditions)),
        (&["global settings directory"], Refused(R::Home)),
        (&["Failed to initialize COM!"], Refused(R::Home)),
        // Before the registry's own: both name VirtualBox.xml.
        (
            &["does not match the value", "stored in the media registry"],
            Refused(R::DiskReplaced),
        ),
        (
            &["VirtualBox.xml'", "VERR_ACCESS_DENIED"],
            Refused(R::RegistryDenied),
        ),
        (&["VirtualBox.xml'"], Refused(R::Registry)),
        (
            &["VERR_VM_DRIVER_VERSION_MISMATCH"],
            Refused(R::DriverVersion),
        ),
        (&["VERR_VM_DRIVER_NOT_ACCESSIBLE"], Refused(R::DriverDenied)),
        (&["VERR_SUP_DRIVERLESS"], Refused(R::Driver)),
        (&["Kernel driver not installed"], Refused(R::Driver)),
        (&["VERR_VM_DRIVER_NOT_INSTALLED"], Refused(R::Driver)),
        (&["VERR_VM_DRIVER_LOAD_ERROR"], Refused(R::Driver)),
        (&["VERR_VM_DRIVER_OPEN_ERROR"], Refused(R::Driver)),
        (&["VERR_SUPDRV_COMPONENT_NOT_FOUND"], Refused(R::Driver)),
        (
            &["terminated unexpectedly during startup with exit code 1 "],
            Refused(R::Driver),
        ),
        (&["VERR_VMX_IN_VMX_ROOT_MODE"], Refused(R::OtherHypervisor)),
        (&["VERR_SVM_IN_USE"], Refused(R::OtherHypervisor)),
        (&["VERR_VMX_NO_VMX"], Refused(R::NoVirtualization)),
        (&["VERR_SVM_NO_SVM"], Refused(R::NoVirtualization)),
        (&["VERR_SVM_DISABLED"], Refused(R::NoVirtualization)),
        (
            &["VERR_VMX_MSR_ALL_VMX_DISABLED"],
            Refused(R::NoVirtualization),
        ),
        (&["VERR_VMX_MSR_VMX_DISABLED"], Refused(R::NoVirtualization)),
        (&["VERR_NEM_NOT_AVAILABLE"], Refused(R::NoVirtualization)),
        (&["VERR_NO_MEMORY"], Refused(R::NoMemory)),
        (&["VERR_NO_PAGE_MEMORY"], Refused(R::NoMemory)),
        (&["VERR_NO_LOW_MEMORY"], Refused(R::NoMemory)),
        (&["VERR_NO_CONT_MEMORY"], Refused(R::NoMemory)),
        (&["NS_ERROR_OUT_OF_MEMORY"], Refused(R::NoMemory)),
        (&["E_OUTOFMEMORY"], Refused(R::NoMemory)),
        (&["xtension Pack"], Refused(R::ExtensionPack)),
        (&["xtension pack"], Refused(R::ExtensionPack)),
        (&["VERR_PROC_NO_ARG_TRANSLATION"], Refused(R::Locale)),
        (&["VERR_NO_TRANSLATION"], Refused(R::Locale)),
        (&["Could not launch the VM process"], Refused(R::Frontend)),
        (&["Invalid frontend name"], Refused(R::Frontend)),
        // What the saved state itself is the cause of.
        (&["VERR_SSM_"], Refused(R::SavedState)),
        (&["Failed to load unit"], Refused(R::SavedState)),
        (&["Locking of attached media failed"], Refused(R::DiskInUse)),
        (
            &["VERR_ACCESS_DENIED", "opening image file"],
            Refused(R::DiskDenied),
        ),
        (&["VERR_VD_IMAGE_READ_ONLY"], Refused(R::DiskDenied)),
        (
            &["VERR_FILE_NOT_FOUND", "opening image file"],
            Refused(R::DiskMissing),
        ),
        (
            &["VERR_PATH_NOT_FOUND", "opening image file"],
            Refused(R::DiskMissing),
        ),
        // A saved VM's disk is missed without its name.
        (
            &["File not found. (VERR_FILE_NOT_FOUND)"],
            Refused(R::DiskMissing),
        ),
        (&["Could not open the medium"], Refused(R::DiskBroken)),
        (
            &["Nonexistent host networking interface"],
            NotYet(Awaited::Interface),
        ),
        (
            &["VERR_INTNET_FLT_IF_NOT_FOUND"],
            NotYet(Awaited::Interface),
        ),
        (
            &["failed to connect to local socket"],
            NotYet(Awaited::Listener),
        ),
        (&["failed to connect to socket"], NotYet(Awaited::Listener)),
        (&["failed to create the raw output file"], Refused(R::Port)),
        (&["failed to bind to local socket"], Refused(R::Port)),
        (&["failed to create server socket"], Refused(R::Port)),
        (&["Failed to open host device"], Refused(R::Port)),
        (&["Cannot open host device"], Refused(R::Port)),
        (
            &["The VM session was closed before any attempt to power it on"],
            EndedEarly,
        ),
        (&["Failed to create the VirtualBox object!"], ServerGone),
        (&["NS_ERROR_SOCKET_FAIL"], ServerGone),
        (&["NS_ERROR_FACTORY_NOT_REGISTERED"], ServerGone),
        (&["NS_ERROR_ABORT"], ServerGone),
        (&["NS_ERROR_CALL_FAILED"], ServerGone),
        (&["NS_ERROR_NOT_INITIALIZED"], ServerGone),
        (&["has tried to lock the machine"], Elsewhere),
        (&["The object is not ready"], Elsewhere),
        (&["already has a lock request pending"], Elsewhere),
        (&["VBOX_E_INVALID_OBJECT_STATE"], Elsewhere),
        (&["VBOX_E_INVALID_VM_STATE"], Elsewhere),
        (&["is not currently running"], Elsewhere),
        (&["Machine in invalid state"], Elsewhere),
        (&["VBOX_E_OBJECT_NOT_FOUND"], Refused(R::NotRegistered)),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Each has its row in the table, its kind and its next step, and no two the same one.
    #[test]
    fn every_cause_is_told_by_words_of_its_own() {
        for refusal in Refusal::ALL {
            // Found by a look at the files alone.
            let by_files = [Refusal::Folder, Refusal::NoSpace].contains(&refusal);
            let in_table = MEANINGS
                .iter()
                .any(|(_, meaning)| *meaning == Meaning::Refused(refusal));
            assert!(in_table != by_files, "{refusal:?}");
            let others = Refusal::ALL.iter().filter(|other| **other != refusal);
            let mut steps = others.map(|other| other.next_step());
            assert!(
                !steps.any(|step| step == refusal.next_step()),
                "{refusal:?}"
            );
        }
    }

    /// What loses the guest's memory says so in the same line, and is said of the state alone.
    #[test]
    fn only_a_saved_state_that_is_the_cause_is_to_be_discarded() {
        for refusal in Refusal::ALL {
            let step = refusal.next_step();
            let discards = step.contains("discard");
            assert_eq!(discards, refusal == Refusal::SavedState, "{refusal:?}");
            assert!(!discards || step.contains("lost"), "{step}");
        }
    }

    #[test]
    fn no_row_hides_another() {
        for (i, (words, _)) in MEANINGS.iter().enumerate() {
            let earlier = &MEANINGS[..i];
            let hides = |(before, _): &&(&[&str], Meaning)| {
                before
                    .iter()
                    .all(|word| words.iter().any(|own| own.contains(word)))
            };
            assert_eq!(earlier.iter().find(hides), None, "{words:?}");
        }
    }
}
