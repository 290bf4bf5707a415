//! Where the manifests go: standard output, a file, or a folder with a file for each VM.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Arguments;
use crate::failure::{Failure, Kind};
use crate::host::Host;
use crate::host::atomic_write::{self, PlaceError, first_free, place, place_each};
use crate::host::real::current_uid;
use crate::host::real::interruption::Interruption;
use crate::host::real::writing::Folder;
use crate::manifest::blueprint::{Blueprint, InstanceBlueprint};
use crate::manifest::{build, write};
use crate::smf::tools::svccfg::{self, SvccfgError};
use crate::text::output;
use crate::text::printable::PrintablePath;

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// Standard output.
    Stdout,
    /// One file.
    File(&'a Path),
    /// A file for each VM in this folder.
    Folder(&'a Path),
}

impl<'a> Target<'a> {
    /// What the arguments say.
    pub(super) fn of(arguments: &'a Arguments) -> Self {
        match &arguments.output_dir {
            Some(folder) => Self::Folder(folder),
            None if arguments.output == Path::new("-") => Self::Stdout,
            None => Self::File(&arguments.output),
        }
    }
}

/// The file of an instance.
pub(super) fn file_of(folder: &Path, instance: &InstanceBlueprint) -> PathBuf {
    folder.join(format!("{}.xml", instance.name))
}

/// The manifests, each made when it is asked for: those of a folder say all of the service again, so that together
/// they are many times as long as one for all VMs.
pub(super) struct Texts<'b> {
    blueprint: &'b Blueprint,
    /// Where they go; nowhere is standard output.
    paths: Vec<Option<PathBuf>>,
    /// The service without its instances, where each has a file.
    alone: Option<Blueprint>,
}

impl<'b> Texts<'b> {
    /// The manifests. Those of a folder say the same of the service, each with one instance: in whatever order
    /// they are imported, none changes what another one said.
    pub(super) fn of(blueprint: &'b Blueprint, target: &Target<'_>) -> Self {
        let (paths, alone) = match target {
            Target::Stdout => (vec![None], None),
            Target::File(path) => (vec![Some(path.to_path_buf())], None),
            Target::Folder(folder) => {
                let paths = blueprint
                    .instances
                    .iter()
                    .map(|of| Some(file_of(folder, of)));
                let alone = Blueprint {
                    service: blueprint.service.clone(),
                    method: blueprint.method.clone(),
                    model: blueprint.model,
                    settings: blueprint.settings.clone(),
                    needs: blueprint.needs.clone(),
                    notify: blueprint.notify.clone(),
                    instances: Vec::new(),
                };
                (paths.collect(), Some(alone))
            }
        };
        Self {
            blueprint,
            paths,
            alone,
        }
    }

    /// The one with this number.
    ///
    /// # Errors
    /// A value cannot stand in XML.
    pub(super) fn make(&mut self, nth: usize) -> Result<String, Failure> {
        let blueprint = match &mut self.alone {
            None => self.blueprint,
            Some(alone) => {
                alone.instances = self
                    .blueprint
                    .instances
                    .get(nth)
                    .cloned()
                    .into_iter()
                    .collect();
                alone
            }
        };
        write::to_text(&build::build(blueprint)).map_err(|error| Failure::new(Kind::Usage, error))
    }
}

/// Asks svccfg about each.
///
/// # Errors
/// It is not there, or says no; or a value cannot stand in XML.
pub(super) fn ask_svccfg(host: &dyn Host, texts: &mut Texts<'_>) -> Result<(), Failure> {
    // What svccfg reads is removed before a signal has its effect.
    let interruption = Interruption::note();
    for nth in 0..texts.paths.len() {
        if interruption.came() {
            return Err(PlaceError::Interrupted.into());
        }
        let text = texts.make(nth)?;
        let folder = std::env::temp_dir();
        let scratch = Scratch::below(&folder, &text).map_err(|error| {
            let error = anyhow::Error::new(error).context(format!(
                "cannot write a file for svccfg in {}",
                PrintablePath(&folder)
            ));
            Failure::new(Kind::Transient, error)
                .hinted("set TMPDIR to your own folder, or omit --svccfg")
        })?;
        svccfg::validate(host, &scratch.file).map_err(|error| match error {
            SvccfgError::NotHere => Failure::new(Kind::Config, error).hinted("omit --svccfg"),
            SvccfgError::Refused(_) => Failure::new(Kind::Config, error)
                .hinted("nothing was written; omit --svccfg to write the manifest for inspection"),
            SvccfgError::Run(_) | SvccfgError::Killed(_) => Failure::new(Kind::Transient, error),
        })?;
    }
    Ok(())
}

/// A file for svccfg to read, in a folder that nobody else may enter; both are gone afterwards.
struct Scratch {
    /// Where the folder is.
    above: Folder,
    name: OsString,
    folder: Folder,
    /// As svccfg reads it.
    file: PathBuf,
}

/// The file's name in its folder.
const SCRATCH: &str = "manifest.xml";

impl Scratch {
    /// Makes it below this folder, which may be anybody's.
    fn below(temporary: &Path, text: &str) -> Result<Self, PlaceError> {
        let cannot = |error| PlaceError::cannot(temporary, error);
        // svccfg runs in another folder than we do.
        let temporary = std::path::absolute(temporary).map_err(cannot)?;
        let above = atomic_write::folder(&temporary, &temporary)?;
        let me = std::process::id();
        let (name, ()) = first_free(
            |attempt| format!("vbox-smf-{me}-{attempt}").into(),
            |name| above.make_folder(name.as_os_str()),
        )
        .map_err(|(_, error)| cannot(error))?;
        let folder = above.enter(name.as_os_str()).map_err(cannot)?;
        let file = temporary.join(&name).join(SCRATCH);
        let scratch = Self {
            above,
            name: name.into(),
            folder,
            file,
        };
        // Whoever may rename in `temporary` was told of; it is not to become a file of another place.
        let about = scratch.folder.about().map_err(cannot)?;
        if about.owner != current_uid() || about.mode & 0o077 != 0 {
            return Err(PlaceError::Changed(temporary.join(&scratch.name)));
        }
        let mut file = scratch.folder.create(OsStr::new(SCRATCH)).map_err(cannot)?;
        file.write_all(text.as_bytes()).map_err(cannot)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing depends on it.
        let _gone = self.folder.remove(OsStr::new(SCRATCH));
        let _gone = self.above.remove_folder(&self.name);
    }
}

/// Writes them: all or none.
///
/// # Errors
/// There is something already, or one cannot be made or written.
pub(super) fn deliver(texts: &mut Texts<'_>, force: bool) -> Result<(), Failure> {
    let paths: Option<Vec<PathBuf>> = texts.paths.iter().cloned().collect();
    match paths {
        None => output::print(&texts.make(0)?).map(drop),
        Some(paths) => place_each(&paths, &mut |nth| texts.make(nth), force),
    }
}

/// Writes a text that is one for all VMs.
///
/// # Errors
/// As [`deliver`].
pub(super) fn deliver_one(target: &Target<'_>, text: &str, force: bool) -> Result<(), Failure> {
    match target {
        Target::Stdout => output::print(text).map(drop),
        Target::File(path) | Target::Folder(path) => {
            place(path, text, force).map_err(Failure::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::arguments;
    use super::*;
    use crate::host::fake::Fake;
    use crate::manifest::read;
    use crate::manifest::resolve::resolve;

    const LINE: [&str; 9] = [
        "a",
        "b=b b",
        "c",
        "--user=u",
        "--user=c:v",
        "--set=vm/stop_timeout=900",
        "--set=b:vm/start_delay=60",
        "--after=b:a",
        "--notify=mailto:root",
    ];

    fn blueprint() -> Blueprint {
        resolve(&super::super::options::request(&arguments(&LINE)).unwrap()).unwrap()
    }

    #[test]
    fn the_files_of_a_folder_say_the_same_of_the_service() {
        let blueprint = blueprint();
        let one = Texts::of(&blueprint, &Target::Stdout).make(0).unwrap();
        let mut together = read::from_text(&one).unwrap();
        let mut folder = Texts::of(&blueprint, &Target::Folder(Path::new("/d")));
        let paths: Vec<_> = folder.paths.iter().flatten().cloned().collect();
        assert_eq!(
            paths,
            ["/d/a.xml", "/d/b.xml", "/d/c.xml"].map(PathBuf::from)
        );
        let instances = std::mem::take(&mut together.services[0].instances);
        for (nth, instance) in instances.into_iter().enumerate() {
            let mut alone = read::from_text(&folder.make(nth).unwrap()).unwrap();
            assert_eq!(std::mem::take(&mut alone.services[0].instances), [instance]);
            assert_eq!(alone, together);
        }
    }

    #[test]
    fn svccfg_reads_a_file_that_is_gone_afterwards() {
        let blueprint = blueprint();
        let mut texts = Texts::of(&blueprint, &Target::Stdout);
        let fake = Fake::default();
        // Any program of this host is killed.
        let failure = ask_svccfg(&fake, &mut texts).unwrap_err();
        assert_eq!(failure.kind, Kind::Transient);
        let asked = fake.asked();
        let path = asked[0].strip_prefix("validate ").unwrap();
        assert!(!Path::new(path).exists(), "{path}");
    }

    /// What somebody has put under the name of the folder is left alone, and nobody else can look into ours.
    #[test]
    fn the_file_for_svccfg_is_nobody_else_s() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let me = std::process::id();
        let top = std::env::temp_dir().join(format!("vbox-smf-scratch-{me}"));
        let _gone = fs::remove_dir_all(&top);
        fs::create_dir(&top).unwrap();
        let taken = |attempt: u32| top.join(format!("vbox-smf-{me}-{attempt}"));
        fs::create_dir(taken(0)).unwrap();
        fs::write(taken(1), "theirs").unwrap();
        symlink(taken(0), taken(2)).unwrap();
        symlink("nowhere", taken(3)).unwrap();
        symlink(taken(4), taken(4)).unwrap();
        let scratch = Scratch::below(&top, "ours").unwrap();
        assert_eq!(top.join(&scratch.name), taken(5));
        assert_eq!(fs::read_to_string(&scratch.file).unwrap(), "ours");
        for (path, mode) in [(&taken(5), 0o700), (&scratch.file, 0o600)] {
            let about = fs::symlink_metadata(path).unwrap();
            assert_eq!(
                about.permissions().mode() & 0o777,
                mode,
                "{}",
                path.display()
            );
        }
        drop(scratch);
        assert_eq!(
            fs::read_dir(&top).unwrap().count(),
            5,
            "ours is gone, theirs is not"
        );
        assert_eq!(fs::read_dir(taken(0)).unwrap().count(), 0);
        assert_eq!(fs::read_to_string(taken(1)).unwrap(), "theirs");
        fs::remove_dir_all(&top).unwrap();
        assert!(Scratch::below(&top, "").is_err());
    }
}
