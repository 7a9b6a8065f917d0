//! A body on its way to a connection, with the caller's answer, whatever its types.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use signet_domain::Event;
use tokio::sync::oneshot;

use crate::error::BodyFailed;
use crate::postgres::{self, Client};
use crate::tx::Connection;
use crate::{StoreError, Tx, Work, audit_events};

/// A body that waits for a connection.
pub(crate) trait Job: Send {
    /// Answers without having run.
    fn refuse(self: Box<Self>, error: StoreError);

    /// Runs on SQLite, inside a savepoint that the caller opened and resolves. The answer is held back.
    fn run(self: Box<Self>, connection: &rusqlite::Connection) -> Ran;

    /// Runs in a transaction of its own on PostgreSQL, and answers.
    fn run_postgres(
        self: Box<Self>,
        client: Client,
        worker: Rc<postgres::Worker>,
    ) -> LocalBoxFuture<'static, ()>;
}

/// A body that has run on SQLite and whose caller does not know yet.
pub(crate) struct Ran {
    /// Whether what it did is to be kept.
    pub(crate) succeeded: bool,
    /// What it queued; empty unless it succeeded.
    pub(crate) events: Vec<Event>,
    /// Tells the caller; an error here turns success into failure.
    pub(crate) answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// A body and where its answer goes.
pub(crate) struct Body<T, E, F> {
    body: F,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Body<T, E, F> {
    pub(crate) fn new(body: F, answer: oneshot::Sender<Result<T, E>>) -> Self {
        Self { body, answer }
    }
}

impl<T, E, F> Job for Body<T, E, F>
where
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn refuse(self: Box<Self>, error: StoreError) {
        // A caller that stopped waiting is not told.
        let _ = self.answer.send(Err(E::from(error)));
    }

    fn run(self: Box<Self>, connection: &rusqlite::Connection) -> Ran {
        let Self { body, answer } = *self;
        let mut tx = Tx::new(Connection::Sqlite(connection));
        // Statements never wait on SQLite, so one poll is the whole life of the future. A panic may leave only `tx`
        // behind, which is dropped, and the savepoint, which is rolled back.
        let polled = catch_unwind(AssertUnwindSafe(|| to_the_end(body, &mut tx).now_or_never()));
        let (events, outcome) = judge(tx, flatten(polled));
        let succeeded = outcome.is_ok();
        Ran {
            succeeded,
            events,
            answer: Box::new(move |committed| {
                let _ = answer.send(outcome.and_then(|value| committed.map(|()| value).map_err(E::from)));
            }),
        }
    }

    fn run_postgres(
        self: Box<Self>,
        mut client: Client,
        worker: Rc<postgres::Worker>,
    ) -> LocalBoxFuture<'static, ()> {
        let Self { body, answer } = *self;
        Box::pin(async move {
            let _ = answer.send(in_transaction(body, &mut client, &worker).await);
        })
    }
}

async fn in_transaction<T, E, F>(body: F, client: &mut Client, worker: &postgres::Worker) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>>,
    E: From<StoreError>,
{
    let transaction = postgres::begin(client, worker.role).await?;
    let registered = worker.register();
    let mut tx = Tx::new(Connection::Postgres { transaction: &transaction, registered: &registered });
    let polled = AssertUnwindSafe(to_the_end(body, &mut tx)).catch_unwind().await;
    let (events, outcome) = judge(tx, flatten(polled.map(Some)));
    match outcome {
        Ok(value) => {
            postgres::commit(transaction).await?;
            registered.committed(events);
            Ok(value)
        }
        Err(error) => {
            postgres::rollback(transaction).await;
            Err(error)
        }
    }
}

/// Runs the body and, if it ended well, writes what it recorded for the audit log.
async fn to_the_end<T, E, F>(body: F, tx: &mut Tx<'_>) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx<'_>) -> Work<'t, Result<T, E>>,
    E: From<StoreError>,
{
    let value = body(tx).await?;
    audit_events::flush(tx).await?;
    Ok(value)
}

fn flatten<T, E: From<StoreError>>(
    polled: Result<Option<Result<T, E>>, Box<dyn Any + Send>>,
) -> Result<T, E> {
    match polled {
        Ok(Some(outcome)) => outcome,
        Ok(None) => Err(E::from(BodyFailed::Waited.into())),
        Err(_) => Err(E::from(BodyFailed::Panicked.into())),
    }
}

/// What the caller is to hear and the observer to see: a body may not succeed on top of a failed statement.
fn judge<T, E: From<StoreError>>(tx: Tx<'_>, outcome: Result<T, E>) -> (Vec<Event>, Result<T, E>) {
    match (outcome, tx.finish()) {
        (Ok(_), (_, true)) => (Vec::new(), Err(E::from(BodyFailed::WentOn.into()))),
        (Ok(value), (events, false)) => (events, Ok(value)),
        (Err(error), _) => (Vec::new(), Err(error)),
    }
}
