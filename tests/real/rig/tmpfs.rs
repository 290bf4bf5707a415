//! A small file system over a folder of a user, to be full soon.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::User;

/// Mounted for as long as this lives.
pub(crate) struct Tmpfs {
    folder: PathBuf,
}

impl Tmpfs {
    /// Over a folder, which is made where it is missing.
    pub(crate) fn over(folder: &Path, user: &User<'_>, size: &str) -> Self {
        let own = || {
            chown(folder, Some(user.uid), Some(user.uid))?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        };
        fs::create_dir_all(folder)
            .and_then(|()| own())
            .expect("a folder to mount over");
        let (target, options) = (
            c_path(folder),
            CString::new(format!("size={size}")).expect("a size"),
        );
        // SAFETY: all are C strings that live to the end of the call, which reads them only.
        let answer = unsafe {
            libc::mount(
                c"tmpfs".as_ptr(),
                target.as_ptr(),
                c"tmpfs".as_ptr(),
                libc::MS_NOSUID | libc::MS_NODEV,
                options.as_ptr().cast(),
            )
        };
        assert_eq!(answer, 0, "mount: {}", io::Error::last_os_error());
        own().expect("to give it to the user");
        Self {
            folder: folder.to_owned(),
        }
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Detached: a VM may still have a file open in it.
        // SAFETY: the path is a C string that lives to the end of the call.
        unsafe { libc::umount2(c_path(&self.folder).as_ptr(), libc::MNT_DETACH) };
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("a path without a zero byte")
}
