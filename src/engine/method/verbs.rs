//! The actions of the plan, in VBoxManage's words.

use crate::config::settings::Settings;
use crate::engine::plan::Action;
use crate::virtualbox::vboxmanage::Command;

/// What is set in a VM's extra data, and taken away again, for VirtualBox to write the VM's settings.
pub(crate) const KEY: &str = "vbox-smf/settings";

/// An action in VBoxManage's words.
pub(crate) fn command(action: Action, settings: &Settings) -> Command {
    match action {
        Action::Start => Command::Start(settings.frontend.word()),
        Action::EmergencyStop => Command::Start("emergencystop"),
        Action::DiscardState => Command::DiscardState,
        Action::Resume => Command::Control("resume"),
        Action::PressPower => Command::Control("acpipowerbutton"),
        Action::PressSleep => Command::Control("acpisleepbutton"),
        Action::AskAdditions => Command::Control("shutdown"),
        Action::SaveState => Command::Control("savestate"),
        Action::PowerOff => Command::Control("poweroff"),
        Action::WriteSettings => Command::ExtraData(KEY, Some("written")),
    }
}
