//! Programs that answer visitors. One that was removed keeps its row, because threads name it, and is found by nothing here.

use signet_domain::{Bot, BotId, ProjectId, Timestamp};

use crate::sql::{Row, statements};
use crate::{StoreError, Tx};

macro_rules! columns {
    () => {
        "id, project_id, name, address, enabled, created_at, secret"
    };
}

statements! {
    INSERT = concat!("INSERT INTO bots (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7)");
    FIND = concat!("SELECT ", columns!(), " FROM bots WHERE id = $1 AND removed_at IS NULL");
    LIST = concat!(
        "SELECT ", columns!(), " FROM bots WHERE project_id = $1 AND removed_at IS NULL ORDER BY created_at, id");
    UPDATE = "UPDATE bots SET name = $1, address = $2, enabled = $3 WHERE id = $4";
    SET_SECRET = "UPDATE bots SET secret = $1 WHERE id = $2";
    REMOVE = "UPDATE bots SET removed_at = $1, enabled = $2, secret = $3 WHERE id = $4 AND removed_at IS NULL";
}

/// Stores a bot with the encrypted secret that calls to it are signed with.
pub async fn insert(tx: &mut Tx<'_>, bot: &Bot, secret: &[u8]) -> Result<(), StoreError> {
    let values = [
        bot.id.into(),
        (&bot.project_id).into(),
        (&bot.name).into(),
        (&bot.address).into(),
        bot.enabled.into(),
        bot.created_at.into(),
        secret.into(),
    ];
    tx.execute(INSERT, &values).await.map(drop)
}

/// Finds a bot and its encrypted secret.
pub async fn find(tx: &mut Tx<'_>, id: BotId) -> Result<Option<(Bot, Vec<u8>)>, StoreError> {
    tx.query_opt(FIND, &[id.into()], |row| Ok((read(row)?, row.get(6, "bots.secret")?))).await
}

/// A project's bots, oldest first.
pub async fn list(tx: &mut Tx<'_>, project_id: &ProjectId) -> Result<Vec<Bot>, StoreError> {
    tx.query(LIST, &[project_id.into()], read).await
}

/// Writes a bot's name and address, and whether it is called.
pub async fn update(tx: &mut Tx<'_>, bot: &Bot) -> Result<(), StoreError> {
    let values = [(&bot.name).into(), (&bot.address).into(), bot.enabled.into(), bot.id.into()];
    tx.execute(UPDATE, &values).await.map(drop)
}

/// Replaces a bot's encrypted secret.
pub async fn set_secret(tx: &mut Tx<'_>, id: BotId, secret: &[u8]) -> Result<(), StoreError> {
    tx.execute(SET_SECRET, &[secret.into(), id.into()]).await.map(drop)
}

/// Removes a bot and forgets its secret. False if there is no such one.
pub async fn remove(tx: &mut Tx<'_>, id: BotId, now: Timestamp) -> Result<bool, StoreError> {
    let nothing: &[u8] = &[];
    tx.changes(REMOVE, &[now.into(), false.into(), nothing.into(), id.into()]).await
}

fn read(row: &Row<'_>) -> Result<Bot, StoreError> {
    Ok(Bot {
        id: row.get(0, "bots.id")?,
        project_id: row.get(1, "bots.project_id")?,
        name: row.get(2, "bots.name")?,
        address: row.get(3, "bots.address")?,
        enabled: row.get(4, "bots.enabled")?,
        created_at: row.get(5, "bots.created_at")?,
    })
}
