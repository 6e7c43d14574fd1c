//! Names of errors of the operating system, as the manual pages have them.

use std::io;

use rustix::io::Errno;

/// The name of an error, `EACCES`; `None` where it has no number or is an unusual one.
pub fn error_name(error: &io::Error) -> Option<&'static str> {
    let number = error.raw_os_error()?;
    let known = [
        (Errno::ACCESS, "EACCES"),
        (Errno::PERM, "EPERM"),
        (Errno::IO, "EIO"),
        (Errno::NOENT, "ENOENT"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::NAMETOOLONG, "ENAMETOOLONG"),
        (Errno::MFILE, "EMFILE"),
        (Errno::NFILE, "ENFILE"),
        (Errno::NOMEM, "ENOMEM"),
        (Errno::NXIO, "ENXIO"),
        (Errno::NODEV, "ENODEV"),
        (Errno::INVAL, "EINVAL"),
        (Errno::BADF, "EBADF"),
        (Errno::INTR, "EINTR"),
        (Errno::AGAIN, "EAGAIN"),
        (Errno::OVERFLOW, "EOVERFLOW"),
        (Errno::STALE, "ESTALE"),
        (Errno::TIMEDOUT, "ETIMEDOUT"),
        (Errno::NOTCONN, "ENOTCONN"),
        (Errno::CONNREFUSED, "ECONNREFUSED"),
        (Errno::CONNRESET, "ECONNRESET"),
        (Errno::CONNABORTED, "ECONNABORTED"),
        (Errno::HOSTDOWN, "EHOSTDOWN"),
        (Errno::HOSTUNREACH, "EHOSTUNREACH"),
        (Errno::NETUNREACH, "ENETUNREACH"),
        (Errno::NOTSUP, "EOPNOTSUPP"),
    ];
    let found = known
        .into_iter()
        .find(|(errno, _)| errno.raw_os_error() == number);
    found.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let of = |number: Errno| error_name(&io::Error::from_raw_os_error(number.raw_os_error()));
        assert_eq!(of(Errno::ACCESS), Some("EACCES"));
        assert_eq!(of(Errno::IO), Some("EIO"));
        assert_eq!(error_name(&io::Error::other("no number")), None);
        assert_eq!(error_name(&io::Error::from_raw_os_error(9999)), None);
    }
}
