//! Keeps bots' conversations going, one runner in a process.

use std::sync::Arc;
use std::time::Duration;

use signet_domain::ConversationId;
use signet_store::bot_conversations;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{App, AppError};

/// How often it looks for what is due: ends of pauses, changes of identity, what another process left behind. Visitors' messages of
/// this process are told at once.
const PERIOD: Duration = Duration::from_secs(1);
/// Conversations worked on at once. Each waits for its bot, ten seconds at most.
const AT_ONCE: usize = 64;

/// Tells bots what visitors write and does what they answer.
pub struct BotRunner {
    app: Arc<App>,
}

impl BotRunner {
    /// A runner for the application.
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Runs until `stop` is there, and ends once every call under way was given up; they are made again by whoever runs next.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut at_work = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = ticks.tick() => {}
                () = self.app.bot_bell.notified() => {}
                Some(_) = at_work.join_next(), if at_work.len() >= AT_ONCE => {}
            }
            while at_work.try_join_next().is_some() {}
            match self.app.due_for_bots(AT_ONCE - at_work.len()).await {
                Ok(due) => {
                    for id in due {
                        let (app, stopped) = (Arc::clone(&self.app), stopped.clone());
                        at_work.spawn(async move { app.advance(id, stopped).await });
                    }
                }
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "bots' conversations could not be looked for"
                ),
            }
        }
        // The receivers are those of the tasks; without any there is nobody to tell.
        let _ = stopping.send(true);
        while at_work.join_next().await.is_some() {}
    }
}

impl App {
    async fn due_for_bots(&self, limit: usize) -> Result<Vec<ConversationId>, AppError> {
        let now = self.env.now();
        self.store
            .read(move |tx| Box::pin(async move { Ok(bot_conversations::due(tx, now, limit).await?) }))
            .await
    }

    async fn advance(&self, id: ConversationId, stopping: watch::Receiver<bool>) {
        if let Err(error) = self.advance_bot(id, stopping).await {
            tracing::error!(
                conversation = %id,
                error = &error as &dyn std::error::Error,
                "a bot's conversation could not go on"
            );
        }
    }
}
