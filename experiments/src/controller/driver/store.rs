//! What the loop sends to the store and when, what follows when it is written, and what is done while the store is away.

use super::super::event::Event;
use super::super::message::{Want, WantError};
use super::super::outbox::{Outbox, Urgency};
use super::storing::{Leaves, Storing, write};
use super::{Command, Control, DriveError, Driver, receive, tell};
use crate::engine::Task;
use crate::store::{Changes, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How many tasks may start before what tells of them is sent to the store; those that are being written come on top.
const STARTED_EARLY: usize = 64;
/// How long reports may wait for something to be stored with, and how many.
const REPORTS_WAIT: Duration = Duration::from_millis(20);
const REPORTS_TOGETHER: usize = 1000;
/// How long after the beginning of a transaction one begins for which nobody waits.
const BETWEEN_TRANSACTIONS: Duration = Duration::from_millis(20);
/// Pauses between attempts to reach a store that is away: the first, and the longest.
const AWAY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

impl Driver {
    /// In a store that others share, a task starts when its intent is stored: this process may have lost the experiment without knowing.
    /// Else it starts before, so that no slot stands empty for a disk: should the process die just then, the attempt dies with it and is
    /// made again. However slow the disk is, there are never many such.
    pub(super) fn starts_early(&mut self) -> Vec<Task> {
        if self.setup.store.is_shared() || self.started_early >= STARTED_EARLY {
            return Vec::new();
        }
        let starts = self.core.take_starts(STARTED_EARLY - self.started_early);
        self.started_early += starts.len();
        starts
    }

    /// Sends to the store what the core has come to, for what follows from it to be done afterwards.
    pub(super) fn store_next(&mut self) -> Result<(), DriveError> {
        let Outbox {
            changes,
            starts,
            commands,
        } = self.core.take();
        let leaves = self.hand_over(starts);
        self.started_early = 0;
        self.flush_at = None;
        self.trials.begin(&changes.trials);
        if changes.is_empty() {
            return self.follow(commands, leaves);
        }
        self.last_stored = Some(Instant::now());
        let storing = Storing::begin(&self.setup, self.id, changes, commands, leaves);
        self.storing = Some(storing);
        Ok(())
    }

    /// What was sent to the store has been written, or not.
    pub(super) async fn stored(
        &mut self,
        written: Result<i64, StoreError>,
    ) -> Result<(), DriveError> {
        let Some(storing) = self.storing.take() else {
            return Ok(());
        };
        let last = match written {
            Err(error) if self.may_come_back(&error) => {
                self.store_later(&storing.changes, error).await?
            }
            written => written?,
        };
        tell(&self.ways.news, last);
        self.note(&storing.changes);
        self.follow(storing.commands, storing.leaves)
    }

    fn follow(&mut self, commands: Vec<Command>, leaves: Leaves) -> Result<(), DriveError> {
        commands
            .into_iter()
            .try_for_each(|command| self.carry_out(command))?;
        self.let_start(leaves);
        Ok(())
    }

    /// What became known while answers were given: that the store had been away, and trials that nobody was there to take.
    pub(super) fn take_left_over(&mut self) -> Result<(), DriveError> {
        if std::mem::take(&mut self.was_away) {
            self.take(vec![Event::Back])?;
        }
        while !self.returned.is_empty() {
            let returned = std::mem::take(&mut self.returned);
            self.take(vec![Event::Returned(returned)])?;
        }
        Ok(())
    }

    /// At the end: until nothing is left to be stored.
    pub(super) async fn store_all(&mut self) -> Result<(), DriveError> {
        loop {
            while self.storing.is_some() {
                let written = done(&mut self.storing).await;
                self.stored(written).await?;
            }
            self.take_left_over()?;
            match (self.storing.is_some(), self.core.urgency()) {
                (false, Urgency::Never) => return Ok(()),
                (false, _) => self.store_next()?,
                (true, _) => {}
            }
        }
    }

    /// Whether what there is to store waits for company. Reports do, unless they are many or old: what comes next is often the end of their
    /// step. All else does where steps follow each other so quickly that storing each alone would hold them up.
    pub(super) fn may_wait(&mut self) -> bool {
        let now = Instant::now();
        let until = match self.core.urgency() {
            Urgency::Never => return true,
            Urgency::Reports(count) if count < REPORTS_TOGETHER => {
                Some(self.flush_at.unwrap_or(now + REPORTS_WAIT))
            }
            Urgency::Soon if !self.setup.store.is_shared() => {
                self.last_stored.map(|last| last + BETWEEN_TRANSACTIONS)
            }
            Urgency::Reports(_) | Urgency::Soon | Urgency::Now => None,
        };
        self.flush_at = until.filter(|until| now < *until);
        self.flush_at.is_some()
    }

    /// Whether it is worth waiting for the store: a process that serves outlives a database that is restarted, or a full disk.
    pub(super) fn may_come_back(&self, error: &StoreError) -> bool {
        self.serves() && is_away(error)
    }

    /// Tries again until the store is back. Nothing is forgotten, steps run on and their results wait; but nobody is kept waiting.
    async fn store_later(
        &mut self,
        changes: &Arc<Changes>,
        first: StoreError,
    ) -> Result<i64, DriveError> {
        let mut error = first;
        let mut pause = AWAY.0;
        loop {
            tracing::warn!(experiment = %self.record.name, %error, "what happened cannot be stored; trying again");
            self.refuse_until(Instant::now() + pause, &error).await?;
            if *self.ways.control.borrow() == Control::Kill {
                return Err(error.into());
            }
            match write(&self.setup, self.id, Arc::clone(changes)).await {
                Err(again) if is_away(&again) => error = again,
                written => {
                    self.was_away = true;
                    return Ok(written?);
                }
            }
            pause = (pause * 2).min(AWAY.1);
        }
    }

    /// Until then, whoever wants something is told that the store is away.
    async fn refuse_until(&mut self, end: Instant, error: &StoreError) -> Result<(), DriveError> {
        self.answer_all(|| WantError::Store(error.again()));
        loop {
            let mut messages = Vec::new();
            tokio::select! {
                biased;
                _ = receive(&mut self.ways.messages, &mut messages) => {}
                () = sleep_until(end) => return Ok(()),
            }
            for message in messages {
                match message.want {
                    Want::Return(trials) => self.returned.extend(trials),
                    _ => drop(message.reply.send(Err(WantError::Store(error.again())))),
                }
            }
        }
    }
}

/// When what is being written is; for ever when nothing is.
pub(super) async fn done(storing: &mut Option<Storing>) -> Result<i64, StoreError> {
    match storing {
        Some(storing) => storing.await,
        None => std::future::pending().await,
    }
}

fn is_away(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable(_) | StoreError::Busy | StoreError::DiskFull
    )
}
