//! The connection on which PostgreSQL's commits are made, kept from one to the next. The pool asks every connection that comes back whether
//! it still works: between two commits in a row that is a question too many, for the database and for whoever waits.

use super::super::StoreError;
use super::super::connect::{ACQUIRE_TIMEOUT, MAY_HAVE_BROKEN};
use super::super::database::acquire;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgPool, Postgres};
use std::sync::{Mutex, PoisonError};
use tokio::time::{Instant, timeout};

/// One connection, and since when nobody uses it; none while a commit is made on it.
#[derive(Debug, Default)]
pub(in super::super) struct Kept(Mutex<Option<(PoolConnection<Postgres>, Instant)>>);

impl Kept {
    /// The connection that is kept, if it works; else another one of the pool.
    pub(super) async fn take(&self, pool: &PgPool) -> Result<PoolConnection<Postgres>, StoreError> {
        if let Some((mut connection, since)) = self.swap(None) {
            if since.elapsed() < MAY_HAVE_BROKEN || works(&mut connection).await {
                return Ok(connection);
            }
            // The pool would ask it once more, for as long as the system waits, and be short of one meanwhile.
            drop(connection.detach());
        }
        acquire(pool).await
    }

    /// Keeps a connection that has just done its work. One on which something went wrong is the pool's.
    pub(super) fn keep(&self, connection: PoolConnection<Postgres>) {
        self.swap(Some((connection, Instant::now())));
    }

    fn swap(
        &self,
        next: Option<(PoolConnection<Postgres>, Instant)>,
    ) -> Option<(PoolConnection<Postgres>, Instant)> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *kept, next)
    }
}

/// A connection goes back to its pool by a task, and where the store ends there may be nobody to run one.
impl Drop for Kept {
    fn drop(&mut self) {
        if let Some((connection, _)) = self.swap(None) {
            drop(connection.detach());
        }
    }
}

async fn works(connection: &mut PoolConnection<Postgres>) -> bool {
    matches!(
        timeout(ACQUIRE_TIMEOUT, connection.ping()).await,
        Ok(Ok(()))
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::Changes;
    use super::super::super::database::{Database, Statement};
    use super::super::super::testing::{Kind, experiment};
    use super::*;

    #[tokio::test]
    async fn a_connection_that_broke_meanwhile_is_replaced() {
        let (_place, store, id) = experiment(Kind::Postgres).await;
        let _driver = store.lock(id, None).await.unwrap();
        store.commit(id, Changes::default()).await.unwrap();
        let Database::Postgres { prompt, kept, .. } = &store.inner.database else {
            panic!("another database");
        };
        let mut connection = kept.take(prompt).await.unwrap();
        let process: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        let idle = Instant::now().checked_sub(MAY_HAVE_BROKEN).unwrap();
        kept.swap(Some((connection, idle)));
        let end = format!("SELECT 1 FROM pg_terminate_backend({process}, 10000)");
        store
            .write(Statement::built(end, Vec::new()))
            .await
            .unwrap();
        store.commit(id, Changes::default()).await.unwrap();
    }
}
