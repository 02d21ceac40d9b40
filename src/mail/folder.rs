//! Mail into a folder: a file a mail, which its owner alone can read.

use std::io::Write;
use std::path::Path;

use super::message::Message;

/// Writes a mail; one that is written again takes the place of the first.
///
/// # Errors
/// As the file system says.
pub fn write(folder: &Path, name: &str, message: &Message) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // A temporary file is its owner's alone from the beginning.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&message.bytes)?;
    file.persist(folder.join(format!("{name}.eml"))).map_err(|error| error.error)?;
    Ok(())
}
