//! The actions of the plan, in VBoxManage's words.

use crate::plan::Action;
use crate::settings::Settings;
use crate::tools::vboxmanage::Command;

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
    }
}
