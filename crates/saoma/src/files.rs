//! Files of a data folder: written in one step, secrets readable by their owner only, one process a folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::out::{Failed, Outcome, While as _};
use crate::ports;

/// Writes a file so that a reader sees the old one or the whole new one. `secret`: only the owner can read it.
pub(crate) fn write_whole(path: &Path, text: &str, secret: bool) -> Outcome {
    let next = PathBuf::from(format!("{}.next", path.display()));
    let write = || -> std::io::Result<()> {
        let mode = if secret { 0o600 } else { 0o644 };
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&next)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&next, path)
    };
    write().during(format_args!("writing {}", path.display()))
}

/// Makes a folder.
pub(crate) fn folder(path: &Path) -> Outcome {
    std::fs::create_dir_all(path).during(format_args!("making the folder {}", path.display()))
}

/// A folder that this process alone uses, until this is dropped.
pub(crate) struct Held {
    _lock: File,
}

/// Takes a data folder. Error: another process has it.
pub(crate) fn hold(data: &Path) -> Outcome<Held> {
    folder(data)?;
    let path = data.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .during(format_args!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Held { _lock: file }),
        Err(TryLockError::WouldBlock) => Err(Failed::call(format!(
            "{} is in use by another saoma process: stop it, or choose another folder with --data",
            data.display()
        ))),
        Err(TryLockError::Error(error)) => Err(Failed::call(format!("locking {}: {error}", path.display()))),
    }
}

/// Removes a file or folder that may not be there.
pub(crate) fn remove(path: &Path) -> Outcome {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failed::call(format!("removing {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Hexadecimal digits of either case, with white space around them, as bytes.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok()
}

/// The 32 secret bytes that sign the seals over the events, from a file of 64 hexadecimal digits.
pub(crate) fn read_seal_key(path: &Path) -> Outcome<[u8; 32]> {
    let text =
        std::fs::read_to_string(path).during(format_args!("reading the seal key {}", path.display()))?;
    unhex(&text).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        Failed::call(format!("{} must hold 64 hexadecimal digits (openssl rand -hex 32)", path.display()))
    })
}

/// The seal key of a data folder, made at the first start, with its public half beside it in `seal.pub`.
pub(crate) fn seal_key_of(data: &Path) -> Outcome<[u8; 32]> {
    let path = data.join("seal.key");
    if !path.exists() {
        write_whole(&path, &format!("{}\n", HEXLOWER.encode(&ports::random_bytes::<32>())), true)?;
    }
    let seed = read_seal_key(&path)?;
    let public = data.join("seal.pub");
    if !public.exists() {
        let key = desk::Sealer::from_seed(&seed).public_key();
        write_whole(&public, &format!("{}\n", HEXLOWER.encode(&key)), false)?;
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_there_and_back() {
        for bytes in [&[][..], &[0], &[1, 0xab, 0xff]] {
            assert_eq!(unhex(&HEXLOWER.encode(bytes)).as_deref(), Some(bytes));
        }
        for wrong in ["1", "zz", "0é"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
        assert_eq!(unhex(" 0aFF \n"), Some(vec![10, 255]));
    }
}
