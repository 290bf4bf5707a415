//! Access control lists: what the permission bits do not tell.
//!
//! On ZFS and NFS an entry can let somebody write whom the mode does not name; `ls -V` shows it, `ls -l` only a `+`.
//! On UFS and Linux, where the lists are those of the POSIX draft, the group's bits of the mode are the mask of all named
//! users and groups.
#![cfg_attr(
    any(target_os = "linux", target_os = "illumos", target_os = "solaris"),
    expect(unsafe_code, reason = "calls into libc")
)]

use std::fs::File;
use std::io;
use std::path::Path;

/// Whether the list of what is at a path, which is no link, lets somebody else than its owner change it.
///
/// # Errors
/// The list cannot be read.
pub(super) fn lets_others_change(path: &Path) -> io::Result<bool> {
    system::lets_others_change(path)
}

/// The same of a folder that was opened.
///
/// # Errors
/// The list cannot be read.
pub(super) fn lets_others_change_folder(folder: &File) -> io::Result<bool> {
    system::lets_others_change_folder(folder)
}

/// Whether the list of a file that was opened names anybody: the mode does not say then what each of them may do.
///
/// # Errors
/// The list cannot be read.
pub(super) fn names_somebody(file: &File) -> io::Result<bool> {
    system::names_somebody(file)
}

#[cfg(target_os = "linux")]
mod system {
    use std::ffi::CString;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    /// More than any file system keeps of one file.
    const LIST_MAX: usize = 64 * 1024;

    pub(super) fn lets_others_change(path: &Path) -> io::Result<bool> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        let mut list = vec![0; LIST_MAX];
        // SAFETY: both strings end with a zero, and no more than its length is written to the list.
        let length = unsafe {
            libc::lgetxattr(
                path.as_ptr(),
                c"system.posix_acl_access".as_ptr(),
                list.as_mut_ptr().cast(),
                list.len(),
            )
        };
        match usize::try_from(length) {
            Ok(length) => Ok(super::posix::lets_others_change(&list[..length])),
            Err(_) => match io::Error::last_os_error() {
                // There is no list, or the file system has none.
                error if matches!(error.raw_os_error(), Some(libc::ENODATA | libc::ENOTSUP)) => {
                    Ok(false)
                }
                error => Err(error),
            },
        }
    }

    /// The system gives a list only where it says more than the mode.
    pub(super) fn names_somebody(file: &File) -> io::Result<bool> {
        // SAFETY: the descriptor is open, the name ends with a zero, and nothing is written where there is room for nothing.
        let length = unsafe {
            libc::fgetxattr(
                file.as_raw_fd(),
                c"system.posix_acl_access".as_ptr(),
                std::ptr::null_mut(),
                0,
            )
        };
        if length >= 0 {
            return Ok(true);
        }
        match io::Error::last_os_error() {
            error if matches!(error.raw_os_error(), Some(libc::ENODATA | libc::ENOTSUP)) => {
                Ok(false)
            }
            error => Err(error),
        }
    }

    /// The group's bits of the mode are the mask of all that are named.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "as on the systems where it is asked for"
    )]
    pub(super) fn lets_others_change_folder(_: &File) -> io::Result<bool> {
        Ok(false)
    }
}

#[cfg(any(target_os = "illumos", target_os = "solaris"))]
mod system {
    use std::ffi::{CStr, CString, c_char, c_int, c_void};
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use super::nfs4::{self, Entry};

    // `acl(2)`: in libc, and not in the crate of that name. The numbers are those of sys/acl.h and sys/unistd.h.
    unsafe extern "C" {
        fn acl(path: *const c_char, command: c_int, entries: c_int, list: *mut c_void) -> c_int;
        fn facl(fd: c_int, command: c_int, entries: c_int, list: *mut c_void) -> c_int;
    }
    const GETACLCNT: c_int = 3;
    const ACE_GETACL: c_int = 4;
    const ACE_GETACLCNT: c_int = 6;
    const PC_ACL_ENABLED: c_int = 20;
    const ACL_ACLENT_ENABLED: libc::c_long = 1;
    const ACL_ACE_ENABLED: libc::c_long = 2;
    /// Owner, group, mask and others: what the mode says as well.
    const MIN_ACL_ENTRIES: c_int = 4;

    fn count(path: &CStr, command: c_int) -> io::Result<c_int> {
        // SAFETY: the path is a C string that lives for the call, and no list is written for these commands.
        match unsafe { acl(path.as_ptr(), command, 0, std::ptr::null_mut()) } {
            -1 => Err(io::Error::last_os_error()),
            count => Ok(count),
        }
    }

    pub(super) fn lets_others_change(path: &Path) -> io::Result<bool> {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: the path is a C string that lives for the call.
        match unsafe { libc::pathconf(path.as_ptr(), PC_ACL_ENABLED) } {
            ACL_ACE_ENABLED => {}
            ACL_ACLENT_ENABLED => return Ok(count(&path, GETACLCNT)? > MIN_ACL_ENTRIES),
            // The file system has none: tmpfs, lofs over it, pcfs.
            _ => return Ok(false),
        }
        let count = count(&path, ACE_GETACLCNT)?;
        let mut list = vec![Entry::default(); usize::try_from(count).unwrap_or_default()];
        // SAFETY: the list has room for so many entries, which have the layout of ace_t and any bits as values.
        let written = unsafe { acl(path.as_ptr(), ACE_GETACL, count, list.as_mut_ptr().cast()) };
        if written < 0 {
            return Err(io::Error::last_os_error());
        }
        list.truncate(usize::try_from(written).unwrap_or_default());
        Ok(nfs4::lets_others_change(&list))
    }

    pub(super) fn lets_others_change_folder(folder: &File) -> io::Result<bool> {
        // SAFETY: the descriptor is open.
        if unsafe { libc::fpathconf(folder.as_raw_fd(), PC_ACL_ENABLED) } != ACL_ACE_ENABLED {
            // In the lists of UFS the group's bits of the mode are the mask of all that are named.
            return Ok(false);
        }
        Ok(nfs4::lets_others_change(&list_of(folder)?))
    }

    pub(super) fn names_somebody(file: &File) -> io::Result<bool> {
        let fd = file.as_raw_fd();
        // SAFETY: the descriptor is open.
        match unsafe { libc::fpathconf(fd, PC_ACL_ENABLED) } {
            ACL_ACE_ENABLED => Ok(nfs4::names_somebody(&list_of(file)?)),
            ACL_ACLENT_ENABLED => {
                // SAFETY: the descriptor is open, and no list is written for this command.
                match unsafe { facl(fd, GETACLCNT, 0, std::ptr::null_mut()) } {
                    -1 => Err(io::Error::last_os_error()),
                    count => Ok(count > MIN_ACL_ENTRIES),
                }
            }
            _ => Ok(false),
        }
    }

    fn list_of(opened: &File) -> io::Result<Vec<Entry>> {
        let fd = opened.as_raw_fd();
        // SAFETY: the descriptor is open, and no list is written for this command.
        let count = unsafe { facl(fd, ACE_GETACLCNT, 0, std::ptr::null_mut()) };
        if count < 0 {
            return Err(io::Error::last_os_error());
        }
        let mut list = vec![Entry::default(); usize::try_from(count).unwrap_or_default()];
        // SAFETY: the list has room for so many entries, as above.
        let written = unsafe { facl(fd, ACE_GETACL, count, list.as_mut_ptr().cast()) };
        if written < 0 {
            return Err(io::Error::last_os_error());
        }
        list.truncate(usize::try_from(written).unwrap_or_default());
        Ok(list)
    }
}

#[cfg(not(any(target_os = "linux", target_os = "illumos", target_os = "solaris")))]
mod system {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    pub(super) fn lets_others_change(_: &Path) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn lets_others_change_folder(_: &File) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn names_somebody(_: &File) -> io::Result<bool> {
        Ok(false)
    }
}

/// The lists of ZFS and NFS version 4.
#[cfg_attr(
    not(any(target_os = "illumos", target_os = "solaris")),
    allow(dead_code, reason = "tested everywhere")
)]
mod nfs4 {
    /// `ace_t` of sys/acl.h.
    #[derive(Debug, Clone, Copy, Default)]
    #[repr(C)]
    pub(super) struct Entry {
        pub(super) who: u32,
        pub(super) mask: u32,
        pub(super) flags: u16,
        pub(super) kind: u16,
    }

    /// `ACE_WRITE_DATA` (for a folder: make files), `ACE_APPEND_DATA` (make folders), `ACE_DELETE_CHILD`, `ACE_DELETE`,
    /// `ACE_WRITE_ACL` and `ACE_WRITE_OWNER`.
    const CHANGE: u32 = 0x2 | 0x4 | 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000;
    const ALLOWED: u16 = 0;
    const INHERIT_ONLY: u16 = 0x8;
    const IDENTIFIER_GROUP: u16 = 0x40;
    const OWNER: u16 = 0x1000;
    const GROUP: u16 = 0x2000;
    const EVERYONE: u16 = 0x4000;

    /// Whether there is an entry for somebody else than those of whom the mode speaks.
    pub(super) fn names_somebody(list: &[Entry]) -> bool {
        let of_the_mode = |entry: &Entry| entry.flags & (OWNER | GROUP | EVERYONE) != 0;
        !list.iter().all(of_the_mode)
    }

    /// Whether an entry lets somebody else than the owner and root change something. What another entry denies before
    /// it is not looked at: it may be taken away, and this one is there then.
    pub(super) fn lets_others_change(list: &[Entry]) -> bool {
        list.iter().any(|entry| {
            let is_root =
                entry.who == 0 && entry.flags & (IDENTIFIER_GROUP | GROUP | EVERYONE) == 0;
            entry.kind == ALLOWED
                && entry.mask & CHANGE != 0
                && entry.flags & (OWNER | INHERIT_ONLY) == 0
                && !is_root
        })
    }
}

/// The lists of the POSIX draft, as Linux has them in an extended attribute (`linux/posix_acl_xattr.h`).
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "tested everywhere")
)]
mod posix {
    const VERSION: u32 = 2;
    const USER: u16 = 0x2;
    const GROUP: u16 = 0x8;
    const MASK: u16 = 0x10;
    const WRITE: u16 = 0x2;

    /// Whether a user or group that is named may write. What is no such list may say anything.
    pub(super) fn lets_others_change(list: &[u8]) -> bool {
        let Some((version, entries)) = list.split_first_chunk() else {
            return true;
        };
        let (entries, rest) = entries.as_chunks::<8>();
        if u32::from_le_bytes(*version) != VERSION || !rest.is_empty() {
            return true;
        }
        let entry = |&[tag, tag2, rights, rights2, ..]: &[u8; 8]| {
            (
                u16::from_le_bytes([tag, tag2]),
                u16::from_le_bytes([rights, rights2]),
            )
        };
        let entries = || entries.iter().map(entry);
        let mask = entries()
            .find(|(tag, _)| *tag == MASK)
            .map_or(WRITE, |(_, rights)| rights);
        entries().any(|(tag, rights)| matches!(tag, USER | GROUP) && rights & mask & WRITE != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ace(who: u32, mask: u32, flags: u16, kind: u16) -> nfs4::Entry {
        nfs4::Entry {
            who,
            mask,
            flags,
            kind,
        }
    }

    /// What `ls -V` shows of a program of mode 755, and what somebody may have added.
    #[test]
    fn lists_of_zfs() {
        let usual = [
            // owner@:rwxp--aARWcCos, group@:r-x---a-R-c--s, everyone@:r-x---a-R-c--s
            ace(u32::MAX, 0x1e_01bf, 0x1000, 0),
            ace(u32::MAX, 0x12_00a9, 0x2040, 0),
            ace(u32::MAX, 0x12_00a9, 0x4000, 0),
        ];
        assert!(!nfs4::lets_others_change(&usual));
        for (what, entry, changes) in [
            ("user:bob:rwx", ace(101, 0x23, 0, 0), true),
            ("user:bob:r-x", ace(101, 0x21, 0, 0), false),
            ("user:bob:write_acl", ace(101, 0x4_0000, 0, 0), true),
            ("user:bob:write_owner", ace(101, 0x8_0000, 0, 0), true),
            ("group:staff:delete_child", ace(10, 0x40, 0x40, 0), true),
            ("group:root:rw", ace(0, 0x2, 0x40, 0), true),
            ("user:root:rwx", ace(0, 0x23, 0, 0), false),
            ("user:bob:rwx:deny", ace(101, 0x23, 0, 1), false),
            ("user:bob:rwx:f-i---:allow", ace(101, 0x23, 0x9, 0), false),
            ("user:bob:rwx:fd-----:allow", ace(101, 0x23, 0x3, 0), true),
            ("everyone@:delete", ace(0, 0x1_0000, 0x4000, 0), true),
        ] {
            let list = [&usual[..], &[entry]].concat();
            assert_eq!(nfs4::lets_others_change(&list), changes, "{what}");
            assert_eq!(nfs4::names_somebody(&list), entry.flags & 0x4000 == 0);
        }
        assert!(!nfs4::names_somebody(&usual));
        assert_eq!(size_of::<nfs4::Entry>(), 12);
    }

    #[test]
    fn lists_of_linux() {
        let list = |entries: &[(u16, u16)]| {
            let mut bytes = vec![2, 0, 0, 0];
            for (tag, rights) in entries {
                bytes.extend(tag.to_le_bytes());
                bytes.extend(rights.to_le_bytes());
                bytes.extend([0; 4]);
            }
            bytes
        };
        for (entries, changes) in [
            (&[(1, 7), (2, 7), (4, 5), (0x10, 7), (0x20, 5)][..], true),
            (&[(1, 7), (2, 7), (4, 5), (0x10, 5), (0x20, 5)], false),
            (&[(1, 7), (2, 5), (4, 5), (0x10, 7), (0x20, 5)], false),
            (&[(1, 7), (4, 5), (8, 6), (0x10, 6), (0x20, 5)], true),
            (&[(1, 7), (4, 5), (0x20, 5)], false),
        ] {
            let answer = posix::lets_others_change(&list(entries));
            assert_eq!(answer, changes, "{entries:?}");
        }
        for wrong in [&[][..], &[3, 0, 0, 0], &[2, 0, 0, 0, 1]] {
            assert!(posix::lets_others_change(wrong), "{wrong:?}");
        }
    }

    /// By the tools of the system.
    #[cfg(target_os = "linux")]
    #[test]
    fn lists_that_setfacl_makes() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::PermissionsExt as _;

        let folder = std::env::temp_dir().join(format!("vbox-smf-acl-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let file = folder.join("program");
        fs::write(&file, "").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
        let setfacl = |arguments: &[&str], path: &Path| {
            let mut command = assert_cmd::Command::new("setfacl");
            let output = command.args(arguments).arg(path).output();
            output.is_ok_and(|output| output.status.success())
        };
        assert!(!lets_others_change(&file).unwrap());
        if setfacl(&["-m", "u:65534:rwx"], &file) {
            assert!(lets_others_change(&file).unwrap());
            assert!(setfacl(&["-m", "m::rx"], &file));
            assert!(!lets_others_change(&file).unwrap(), "the mask takes it");
            assert!(setfacl(&["-b"], &file));
            assert!(!lets_others_change(&file).unwrap());
            assert!(setfacl(&["-m", "g:65534:wx"], &folder));
            assert!(lets_others_change(&folder).unwrap());
        } else {
            eprintln!(
                "SKIPPED lists_that_setfacl_makes: setfacl is not here, or cannot set a list in {}",
                folder.display()
            );
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_not_there_has_no_list_to_read() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(
            lets_others_change(&here.join("no such file")).is_err()
                || cfg!(not(target_os = "linux"))
        );
        assert!(!lets_others_change(&here.join("Cargo.toml")).unwrap());
    }
}
