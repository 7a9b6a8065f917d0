//! Where a new password comes from: a file, standard input, or made up.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use zeroize::Zeroizing;

/// A password and whether it was made here, so that it must be shown.
pub(crate) struct NewPassword {
    pub(crate) text: Zeroizing<String>,
    pub(crate) made: bool,
}

/// Reads the password in a file (`-` is standard input), or makes one of 120 random bits.
pub(crate) fn obtain(file: Option<&Path>) -> anyhow::Result<NewPassword> {
    let Some(path) = file else {
        let mut bytes = Zeroizing::new([0; 15]);
        aws_lc_rs::rand::fill(bytes.as_mut()).context("draw a password")?;
        let text = Zeroizing::new(signet_token::base64url::encode(bytes.as_ref()));
        return Ok(NewPassword { text, made: true });
    };
    let mut text = Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("read the password from standard input")?;
    } else {
        *text = std::fs::read_to_string(path)
            .with_context(|| format!("read the password in {}", path.display()))?;
    }
    let text = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    Ok(NewPassword { text, made: false })
}
