//! Ends sessions whose time has passed, tells agents and visitors, and removes what has expired.
#![expect(clippy::todo, dead_code, clippy::unused_async, reason = "skeleton")]

use std::sync::Arc;

use crate::App;

/// Looks for overdue sessions once a second.
pub struct Sweeper {
    app: Arc<App>,
}

impl Sweeper {
    /// A sweeper for the application.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Runs until the future is dropped.
    pub async fn run(self) {
        todo!()
    }
}
