//! What commands print: records as aligned lines for people, as JSON for programs.

use std::io::{self, Write};

use serde_json::{Map, Value};

/// Named values in a fixed order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record(Vec<(&'static str, Value)>);

impl Record {
    /// This record and one more value.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn into_json(self) -> Value {
        Value::Object(self.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &self.0 {
            writeln!(out, "{name:width$}  {}", plain(value))?;
        }
        Ok(())
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Prints one record.
pub(crate) fn record(record: Record, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{:#}", record.into_json())?;
    } else {
        record.write_lines(&mut out)?;
    }
    Ok(())
}

/// Prints records, with a blank line between them.
pub(crate) fn records(records: Vec<Record>, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let all = Value::Array(records.into_iter().map(Record::into_json).collect());
        writeln!(out, "{all:#}")?;
        return Ok(());
    }
    if records.is_empty() {
        writeln!(out, "none")?;
    }
    for (index, record) in records.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        record.write_lines(&mut out)?;
    }
    Ok(())
}

/// Prints a line.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Prints why the command failed, with its causes.
pub(crate) fn error(error: &anyhow::Error) {
    // With standard error gone there is nobody left to tell; the exit code remains.
    let _ = writeln!(io::stderr().lock(), "signet: {error:#}");
}
