//! Word between the processes that share a database, by LISTEN and NOTIFY.
//!
//! A NOTIFY takes a lock of the whole server that is held until its transaction is durable, so that commits which notify wait for each other's
//! disk, one by one. Here none does: what a process has to say is said after its commits, on this connection alone, in transactions
//! that write nothing and wait for no disk. Word can therefore be lost (a process dies between the two, a connection breaks), and whoever
//! listens must find out by itself what it missed.

use std::future::poll_fn;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::{failed, worker};
use crate::StoreError;

/// Words that may wait for the listener. More are dropped, and the connection with them.
const WAITING: usize = 1_024;

const LISTEN: &str = "SET synchronous_commit = off; LISTEN signet";
const SAY: &str = "SELECT pg_notify('signet', $1)";
const CHECK: &str = "SELECT 1";

/// A connection to the other processes. There is none until [`Bus::connect`], nor after it broke.
#[derive(Debug)]
pub struct Bus {
    config: Config,
    link: Option<Link>,
}

#[derive(Debug)]
struct Link {
    client: Client,
    heard: mpsc::Receiver<String>,
    pump: JoinHandle<()>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

impl Bus {
    /// The longest word, in bytes. PostgreSQL takes less than 8,000.
    pub const LONGEST: usize = 7_900;

    pub(crate) fn new(mut config: Config) -> Self {
        config.application_name("signet bus");
        Self { config, link: None }
    }

    /// Whether there is a connection, as far as is known.
    pub fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Connects and listens. What was said before is not heard.
    pub async fn connect(&mut self) -> Result<(), StoreError> {
        self.link = None;
        let (client, mut connection) =
            self.config.connect(NoTls).await.map_err(|error| failed("connect", &error))?;
        let (sender, heard) = mpsc::channel(WAITING);
        let pump = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(word) = message
                    && sender.try_send(word.payload().to_owned()).is_err()
                {
                    break;
                }
            }
        });
        let link = Link { client, heard, pump };
        link.client.batch_execute(LISTEN).await.map_err(|error| failed(LISTEN, &error))?;
        self.link = Some(link);
        Ok(())
    }

    /// The next word of any process, this one too. `None` when the connection is gone, at once if there is none. Cancel safe.
    pub async fn hear(&mut self) -> Option<String> {
        let word = match &mut self.link {
            Some(link) => link.heard.recv().await,
            None => None,
        };
        if word.is_none() {
            self.link = None;
        }
        word
    }

    /// Says something to every process that listens. On an error the connection is given up.
    pub async fn say(&mut self, words: &[String]) -> Result<(), StoreError> {
        for word in words {
            let Some(link) = &self.link else { return Err(StoreError::Unavailable(None)) };
            let said = in_time(SAY, link.client.execute(SAY, &[word])).await;
            self.give_up_after(said)?;
        }
        Ok(())
    }

    /// Finds out whether the connection still works: a peer that is gone does not say so. On an error the connection is given up.
    pub async fn check(&mut self) -> Result<(), StoreError> {
        let Some(link) = &self.link else { return Err(StoreError::Unavailable(None)) };
        let answered = in_time(CHECK, link.client.batch_execute(CHECK)).await;
        self.give_up_after(answered)
    }

    fn give_up_after<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if outcome.is_err() {
            self.link = None;
        }
        outcome
    }
}

/// A peer that is gone without a word must not be waited for until TCP gives up.
async fn in_time<T>(
    sql: &'static str,
    statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(worker::CONNECT_TIMEOUT, statement).await {
        Ok(outcome) => outcome.map_err(|error| failed(sql, &error)),
        Err(_) => Err(StoreError::Unavailable(None)),
    }
}
