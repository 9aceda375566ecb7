//! Ask-and-tell.

use super::{Client, ClientError};
use crate::wire;
use tune_experiments::store::TrialRecord;

impl Client {
    /// Asks for trials. It is sent once: trials whose answer is lost come back when their lease has run out.
    pub async fn ask(&self, name: &str, count: u32) -> Result<wire::Asked, ClientError> {
        let url = self.experiment_at(name, &["ask"]);
        self.post_once(url, &wire::Ask { count }).await
    }

    /// Tells how a trial ended.
    pub async fn tell(
        &self,
        name: &str,
        number: u64,
        tell: &wire::Tell,
    ) -> Result<TrialRecord, ClientError> {
        let url = self.trial_at(name, number, &["tell"]);
        let trial: wire::Trial = self.post(url, tell).await?;
        Ok(trial.into())
    }

    /// Reports metrics of a trial, or with none that it is still being evaluated; the answer says whether it should stop.
    pub async fn report(
        &self,
        name: &str,
        number: u64,
        reports: &[wire::MetricReport],
    ) -> Result<wire::Stop, ClientError> {
        match reports {
            [] => {
                self.order(self.trial_at(name, number, &["heartbeat"]))
                    .await
            }
            // A report without a level is another one each time.
            _ => {
                let url = self.trial_at(name, number, &["metrics"]);
                self.post_once(url, &reports).await
            }
        }
    }
}
