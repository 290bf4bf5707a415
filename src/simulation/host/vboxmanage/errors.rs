//! What VBoxManage 7.2.22 says when something is wrong, as it was recorded.

use std::path::Path;

use crate::host::Output;
use crate::virtualbox::vm::VmState;

/// A VBoxManage command, for the last line of its errors: the call that failed, and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    call: &'static str,
    line: u32,
    file: &'static str,
}

const fn context(call: &'static str, line: u32, file: &'static str) -> Context {
    Context { call, line, file }
}

const INFO: &str = "VBoxManageInfo.cpp";
const MISC: &str = "VBoxManageMisc.cpp";
const CONTROL: &str = "VBoxManageControlVM.cpp";
const LAUNCH: Context = context(
    "LaunchVMProcess(a->session, sessionType.raw(), ComSafeArrayAsInParam(aBstrEnv), progress.asOutParam())",
    920,
    MISC,
);

/// `showvminfo` looks a VM up.
pub(super) const FIND_TO_SHOW: Context = context(
    "FindMachine(Bstr(VMNameOrUuid).raw(), machine.asOutParam())",
    3248,
    INFO,
);
/// `startvm` looks a VM up.
pub(super) const FIND_TO_START: Context = context(
    "FindMachine(Bstr(pszVM).raw(), machine.asOutParam())",
    907,
    MISC,
);
/// `controlvm` looks a VM up.
pub(super) const FIND_TO_CONTROL: Context = context(
    "FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())",
    363,
    CONTROL,
);
/// `discardstate` looks a VM up. (The line is not from a recording.)
pub(super) const FIND_TO_DISCARD: Context = context(
    "FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())",
    1284,
    MISC,
);
/// `showvminfo` takes a session.
pub(super) const LOCK_TO_SHOW: Context =
    context("LockMachine(a->session, LockType_Shared)", 3328, INFO);
/// `controlvm` takes a session.
pub(super) const LOCK_TO_CONTROL: Context =
    context("LockMachine(a->session, LockType_Shared)", 369, CONTROL);
/// `startvm` on a VM whose settings cannot be read.
pub(super) const LOCK_TO_START: Context = LAUNCH;

/// The call of a `controlvm` that only running guests take. (Those of `acpisleepbutton` and `poweroff`
/// are not from a recording.)
pub(super) fn control_call(verb: &str) -> Context {
    let (call, line) = match verb {
        "pause" => ("Pause()", 388),
        "resume" => ("Resume()", 393),
        "reset" => ("Reset()", 398),
        "poweroff" => ("PowerDown(progress.asOutParam())", 408),
        "acpisleepbutton" => ("SleepButton()", 664),
        "shutdown" => ("Shutdown(ComSafeArrayAsInParam(aShutdownFlags))", 694),
        _ => ("PowerButton()", 658),
    };
    context(call, line, CONTROL)
}

/// An error with all its lines; exit status 1.
fn error(message: &str, code: &str, component: &str, at: Context) -> Output {
    let stderr = format!(
        "VBoxManage: error: {message}\n\
         VBoxManage: error: Details: code {code}, component {component}, callee nsISupports\n\
         VBoxManage: error: Context: \"{}\" at line {} of file {}\n",
        at.call, at.line, at.file
    );
    Output::exited(1, "", &stderr)
}

const INVALID_VM_STATE: &str = "VBOX_E_INVALID_VM_STATE (0x80bb0002)";
const INVALID_OBJECT_STATE: &str = "VBOX_E_INVALID_OBJECT_STATE (0x80bb0007)";
const MACHINE: &str = "MachineWrap, interface IMachine";
const CONSOLE: &str = "ConsoleWrap, interface IConsole";

pub(super) fn not_found(wanted: &str, at: Context) -> Output {
    let message = match wanted.parse::<crate::virtualbox::vm::Uuid>() {
        Ok(uuid) => format!("Could not find a registered machine with UUID {{{uuid}}}"),
        Err(_) => format!("Could not find a registered machine named '{wanted}'"),
    };
    let component = "VirtualBoxWrap, interface IVirtualBox";
    error(
        &message,
        "VBOX_E_OBJECT_NOT_FOUND (0x80bb0001)",
        component,
        at,
    )
}

pub(super) fn inaccessible(at: Context) -> Output {
    let message = "The object functionality is limited";
    error(message, "E_ACCESSDENIED (0x80070005)", MACHINE, at)
}

/// A VM that VBoxSVC holds for stopping, though nothing of it is left: there is no reason given.
pub(super) fn wedged(at: Context) -> Output {
    let stderr = format!(
        "VBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)\n\
         VBoxManage: error: Context: \"{}\" at line {} of file {}\n",
        at.call, at.line, at.file
    );
    Output::exited(1, "", &stderr)
}

pub(super) fn already_locked(name: &str) -> Output {
    let message = format!(
        "The machine '{name}' is already locked by a session (or being locked or unlocked)"
    );
    error(&message, INVALID_OBJECT_STATE, MACHINE, LAUNCH)
}

pub(super) fn not_locked(name: &str) -> Output {
    let message = format!("The machine '{name}' is not locked by a session");
    error(&message, INVALID_OBJECT_STATE, MACHINE, LAUNCH)
}

pub(super) fn bad_frontend(frontend: &str) -> Output {
    let message = format!("Invalid frontend name: '{frontend}'");
    error(
        &message,
        "NS_ERROR_INVALID_ARG (0x80070057)",
        MACHINE,
        LAUNCH,
    )
}

/// What a failed `startvm` printed before it failed.
fn waiting(wanted: &str) -> String {
    format!("Waiting for VM \"{wanted}\" to power on...\n")
}

pub(super) fn started(wanted: &str) -> Output {
    let stdout = format!(
        "{}VM \"{wanted}\" has been successfully started.\n",
        waiting(wanted)
    );
    Output::exited(0, &stdout, "")
}

pub(super) fn no_driver(wanted: &str, name: &str) -> Output {
    let stderr = format!(
        "VBoxManage: error: The virtual machine '{name}' has terminated unexpectedly during startup with exit code 1 (0x1)\n\
         VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component {MACHINE}\n"
    );
    Output::exited(1, &waiting(wanted), &stderr)
}

/// The VM's process was killed during a `startvm`. (From VirtualBox's source, not from a recording.)
pub(crate) fn killed_at_start(wanted: &str, name: &str) -> Output {
    let stderr = format!(
        "VBoxManage: error: The virtual machine '{name}' has terminated unexpectedly during startup because of signal 9\n\
         VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component {MACHINE}\n"
    );
    Output::exited(1, &waiting(wanted), &stderr)
}

/// The VM's process ended while it was asked for something. (XPCOM's words for that, not a recording.)
pub(crate) fn call_failed() -> Output {
    let stderr = "VBoxManage: error: Code NS_ERROR_CALL_FAILED (0x800706BE) - Call to remote object failed (extended info not available)\n";
    Output::exited(1, "", stderr)
}

pub(super) fn missing_disk(wanted: &str, disk: &str) -> Output {
    let stderr = format!(
        "VBoxManage: error: Could not open the medium '{disk}'.\n\
         VBoxManage: error: VD: error VERR_FILE_NOT_FOUND opening image file '{disk}' (VERR_FILE_NOT_FOUND)\n\
         VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component MediumWrap, interface IMedium\n"
    );
    Output::exited(1, &waiting(wanted), &stderr)
}

/// The host is short of memory.
pub(super) fn no_memory(wanted: &str) -> Output {
    let stderr = "VBoxManage: error: Failed to allocate the VM structure (VERR_NO_MEMORY)\n\
         VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component ConsoleWrap, interface IConsole\n";
    Output::exited(1, &waiting(wanted), stderr)
}

pub(super) fn not_running(wanted: &str) -> Output {
    let stderr = format!("VBoxManage: error: Machine '{wanted}' is not currently running.\n");
    Output::exited(1, "", &stderr)
}

/// VirtualBox's own name of a state (`Global::stringifyMachineState`).
fn state_name(state: &VmState) -> String {
    match state {
        VmState::PowerOff => "PoweredOff".into(),
        other => format!("{other:?}"),
    }
}

pub(super) fn invalid_state(state: &VmState, verb: &str) -> Output {
    let message = match (verb, state) {
        ("pause", VmState::Paused) => "Already paused".into(),
        ("resume", _) => format!(
            "Cannot resume the machine as it is not paused (machine state: {})",
            state_name(state)
        ),
        _ => format!("Invalid machine state: {}", state_name(state)),
    };
    error(&message, INVALID_VM_STATE, CONSOLE, control_call(verb))
}

/// `savestate` where nothing can be saved; the number is that of `MachineState`.
pub(super) fn not_to_be_saved(state: &VmState) -> Output {
    let number = match state {
        VmState::GuruMeditation => 8,
        VmState::Starting => 11,
        VmState::Stopping => 12,
        VmState::Saving => 13,
        _ => 14,
    };
    let stderr = format!(
        "VBoxManage: error: Machine in invalid state {number} -- {}.\n",
        state.human_words()
    );
    Output::exited(1, "", &stderr)
}

/// `setextradata` looks a VM up. (The line is not from a recording.)
pub(super) const FIND_TO_SET_EXTRA_DATA: Context = context(
    "FindMachine(Bstr(a->argv[0]).raw(), machine.asOutParam())",
    1190,
    MISC,
);

/// The state was saved, and the settings were not: seen of one in fifty where many are saved at once.
pub(super) fn state_not_written() -> Output {
    let stderr = "0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...NS_ERROR_FAILURE\n\
        VBoxManage: error: Failed to save machine state.\n\
        VBoxManage: error: Assertion failed: [SUCCEEDED(hrc)] at '/src/VBox/Main/src-server/MachineImpl.cpp' (10409) in nsresult Machine::i_saveStorageControllers(settings::Storage&).\n\
        VBoxManage: error: COM RC=E_ACCESSDENIED (0x80070005).\n\
        VBoxManage: error: Please contact the product vendor!\n\
        VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component SessionMachine, interface IMachine\n\
        VBoxManage: error: Context: \"RTEXITCODE handleControlVM(HandlerArg*)\" at line 648 of file VBoxManageControlVM.cpp\n";
    Output::exited(1, "", stderr)
}

pub(super) fn disk_full() -> Output {
    let stderr = "0%...10%...20%...NS_ERROR_FAILURE\n\
        VBoxManage: error: Failed to save machine state.\n\
        VBoxManage: error: Code NS_ERROR_FAILURE (0x80004005) - Operation failed (extended info not available)\n\
        VBoxManage: error: Context: \"RTEXITCODE handleControlVM(HandlerArg*)\" at line 648 of file VBoxManageControlVM.cpp\n";
    Output::exited(1, "", stderr)
}

pub(super) fn no_additions() -> Output {
    error(
        "Could not create guest session: VERR_NOT_FOUND",
        "VBOX_E_IPRT_ERROR (0x80bb0005)",
        "GuestWrap, interface IGuest",
        control_call("shutdown"),
    )
}

/// Real VirtualBox says this and exits 0.
pub(super) fn nothing_to_discard(state: &VmState) -> Output {
    let message = format!(
        "Cannot discard the saved state as the machine is not in the Saved or Aborted-Saved state (machine state: {})",
        state_name(state)
    );
    let at = context("DiscardSavedState(true )", 1292, MISC);
    let component = "SessionMachine, interface IMachine";
    let mut output = error(&message, INVALID_VM_STATE, component, at);
    output.ended = crate::host::ExitStatus::Exited(0);
    output
}

/// All of a progress bar.
pub(super) const PROGRESS: &str =
    "0%...10%...20%...30%...40%...50%...60%...70%...80%...90%...100%\n";

/// The server cannot be reached.
fn no_server(code: &str) -> Output {
    let stderr = format!(
        "VBoxManage: error: Failed to create the VirtualBox object!\n\
         VBoxManage: error: Code {code} (extended info not available)\n\
         VBoxManage: error: Most likely, the VirtualBox COM server is not running or failed to start.\n"
    );
    Output::exited(1, "", &stderr)
}

/// Two cold starts at once.
pub(crate) fn lost_race() -> Output {
    no_server("NS_ERROR_FAILURE (0x80004005) - Operation failed")
}

/// VBoxSVC was killed.
pub(crate) fn server_gone() -> Output {
    no_server("NS_ERROR_FACTORY_NOT_REGISTERED (0x80040154) - Class not registered")
}

/// VBoxSVC was killed during a `startvm`.
pub(crate) fn aborted(wanted: &str) -> Output {
    let stderr = "VBoxManage: error: Code NS_ERROR_ABORT (0x80004004) - Operation aborted (extended info not available)\n\
        VBoxManage: error: Context: \"WaitForCompletion(-1)\" at line 925 of file VBoxManageMisc.cpp\n";
    Output::exited(1, &waiting(wanted), stderr)
}

/// The settings directory cannot be used.
pub(crate) fn no_home(home: &Path) -> Output {
    let stderr = format!(
        "VBoxManage: error: Failed to initialize COM because the global settings directory '{}/.config/VirtualBox' is not accessible!\n",
        home.display()
    );
    Output::exited(1, "", &stderr)
}
