//! From what somebody wants of an experiment to the task that drives it, and back with the answer.

use super::{Service, ServiceError};
use crate::controller::{Answer, Answered, Message, Want, Wish};
use crate::store::{ExperimentId, ExperimentRecord, StoreError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

/// How often something is wanted anew that was not looked at because the experiment came to rest or to its end just then.
const ATTEMPTS: u32 = 10;

/// What came of it.
pub(super) enum Outcome {
    /// It was decided.
    Answered(Answered),
    /// The experiment has come to its end.
    Finished(ExperimentRecord),
}

impl Service {
    /// Has something done by the task that drives the experiment.
    pub(super) async fn want(&self, id: ExperimentId, want: Want) -> Result<Outcome, ServiceError> {
        for _ in 0..ATTEMPTS {
            if self.is_leaving() {
                break;
            }
            let messages = match self.inner.drivers.of(id) {
                Some(messages) => messages,
                None => {
                    let record = self.record(id).await?;
                    if record.state.is_finished() {
                        return Ok(Outcome::Finished(record));
                    }
                    self.take_up(id)
                }
            };
            let (reply, answer) = oneshot::channel();
            let want = want.clone();
            match messages.try_send(Message { want, reply }) {
                Ok(()) => {
                    if let Some(answered) = (Waiting { messages, answer }).answered().await {
                        return Ok(Outcome::Answered(answered?));
                    }
                }
                // The store does not keep up.
                Err(TrySendError::Full(_)) => return Err(StoreError::Busy.into()),
                // A task that has just ended takes none; the next one does.
                Err(TrySendError::Closed(_)) => {}
            }
            tokio::task::yield_now().await;
        }
        Err(match self.is_leaving() {
            true => ServiceError::ShuttingDown,
            false => ServiceError::Failed("the experiment could not be reached".to_owned()),
        })
    }

    pub(super) async fn wish(&self, id: ExperimentId, wish: Wish) -> Result<Outcome, ServiceError> {
        self.want(id, Want::Wish(wish)).await
    }
}

/// Somebody who waits. Trials that come when nobody waits any more go back.
struct Waiting {
    messages: super::driving::Messages,
    answer: oneshot::Receiver<Result<Answered, crate::controller::WantError>>,
}

impl Waiting {
    /// `None` when nobody looked at the message.
    async fn answered(mut self) -> Option<Result<Answered, crate::controller::WantError>> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.answer.close();
        if let Ok(Ok(Answered {
            answer: Answer::Trials(trials),
            ..
        })) = self.answer.try_recv()
        {
            let trials = trials.iter().map(|trial| trial.number).collect();
            let (reply, _) = oneshot::channel();
            // Without a task that drives it, or with one that is overloaded, the lease tells that nobody has them.
            let _ = self.messages.try_send(Message {
                want: Want::Return(trials),
                reply,
            });
        }
    }
}
