//! How the real programs were seen to fail (`tests/vectors`): `@` stands for what was asked for.

/// VBoxManage 7.2.22.
const VBOXMANAGE: [&str; 14] = [
    "\
VBoxManage: error: Failed to create the VirtualBox object!
VBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)
VBoxManage: error: Most likely, the VirtualBox COM server is not running or failed to start.
",
    "\
VBoxManage: error: Failed to create the VirtualBox object!
VBoxManage: error: Code NS_ERROR_FACTORY_NOT_REGISTERED (0x80040154) - Class not registered (extended info not available)
VBoxManage: error: Most likely, the VirtualBox COM server is not running or failed to start.
",
    "\
VBoxManage: error: Failed to create the VirtualBox object!
VBoxManage: error: Code NS_ERROR_SOCKET_FAIL (0xC1F30200) - IPC daemon socket error (extended info not available)
VBoxManage: error: Most likely, the VirtualBox COM server is not running or failed to start.
",
    "\
VBoxManage: error: Code NS_ERROR_ABORT (0x80004004) - Operation aborted (extended info not available)
VBoxManage: error: Context: \"WaitForCompletion(-1)\" at line 925 of file VBoxManageMisc.cpp
",
    "\
VBoxManage: error: The machine '@' is already locked by a session (or being locked or unlocked)
VBoxManage: error: Details: code VBOX_E_INVALID_OBJECT_STATE (0x80bb0007), component MachineWrap, interface IMachine, callee nsISupports
",
    "\
VBoxManage: error: An unexpected process (PID=0x00001A2B) has tried to lock the machine '@', while only the process started by LaunchVMProcess (PID=0x00001A2C) is allowed
VBoxManage: error: Details: code E_ACCESSDENIED (0x80070005), component MachineWrap, interface IMachine, callee nsISupports
",
    "\
VBoxManage: error: The object is not ready
VBoxManage: error: Details: code E_ACCESSDENIED (0x80070005), component SessionMachine, interface IMachine, callee nsISupports
",
    "VBoxManage: error: Machine '@' is not currently running.\n",
    "\
VBoxManage: error: Invalid machine state: Paused
VBoxManage: error: Details: code VBOX_E_INVALID_VM_STATE (0x80bb0002), component ConsoleWrap, interface IConsole, callee nsISupports
VBoxManage: error: Context: \"PowerButton()\" at line 658 of file VBoxManageControlVM.cpp
",
    "\
VBoxManage: error: Failed to save machine state.
VBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)
VBoxManage: error: Context: \"RTEXITCODE handleControlVM(HandlerArg*)\" at line 648 of file VBoxManageControlVM.cpp
",
    "\
VBoxManage: error: Could not find a registered machine named '@'
VBoxManage: error: Details: code VBOX_E_OBJECT_NOT_FOUND (0x80bb0001), component VirtualBoxWrap, interface IVirtualBox, callee nsISupports
",
    "\
VBoxManage: error: Could not open the medium '/home/vb/disk.vdi'.
VBoxManage: error: VD: error VERR_FILE_NOT_FOUND opening image file '/home/vb/disk.vdi' (VERR_FILE_NOT_FOUND)
",
    "VBoxManage: error: something that nobody has seen before\n",
    "",
];

/// svcprop, whose entity is the last argument.
const SVCPROP: [&str; 5] = [
    "svcprop: Could not connect to configuration repository: repository server unavailable.\n",
    "svcprop: Pattern '@' doesn't match any entities\n",
    "svcprop: Couldn't find property group `vm' for instance `@'.\n",
    "svcprop: Couldn't find property `start/timeout_seconds' for instance `@'.\n",
    "",
];

fn text(texts: &[&str], which: u64, asked_for: &str) -> String {
    let count = u64::try_from(texts.len()).unwrap_or(1);
    let at = usize::try_from(which % count).unwrap_or_default();
    texts[at].replace('@', asked_for)
}

/// One of the texts of VBoxManage.
pub(crate) fn vboxmanage(which: u64, vm: &str) -> String {
    text(&VBOXMANAGE, which, vm)
}

/// One of the texts of svcprop.
pub(crate) fn svcprop(which: u64, entity: &str) -> String {
    text(&SVCPROP, which, entity)
}
