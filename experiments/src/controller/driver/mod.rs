//! The loop around the core: it collects what happened, lets the core decide, stores what changed and then does what follows. While a
//! transaction is written it goes on: all that happens meanwhile goes into the next one together. When that begins, and what follows from
//! it, is in `store`; `storing` is the transaction itself.

mod clock;
mod store;
mod storing;

use self::clock::Clock;
use self::store::done;
use self::storing::{Leaves, Storing};
use super::core::Core;
use super::drive::{DriveError, Loaded, Setup};
use super::event::{Answer, Command, Control, Event, Ticket, Wish};
use super::limits::NewLimits;
use super::message::{Answered, Message, Reply, Want, WantError};
use super::slots::Member;
use super::spans::TrialSpans;
use super::suggester::Suggester;
use crate::engine::{Outcome, Task, TaskId, Update};
use crate::spec;
use crate::state::{ExperimentState, StepState};
use crate::store::{Changes, DriverLock, ExperimentId, ExperimentRecord, Request};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

/// How often the store is asked whether another process wants something.
const REQUESTS_EVERY: Duration = Duration::from_millis(500);
/// How many updates may wait; a step that reports faster than they are stored is slowed down.
const UPDATES_WAITING: usize = 1024;
/// How many messages are looked at together.
const MESSAGES_TOGETHER: usize = 1024;
/// How long an experiment is looked after in which nothing happens unless somebody wants something.
const REST_AFTER: Duration = Duration::from_secs(10);

/// How the loop hears of the world, and tells it.
pub struct Ways {
    /// What the user wants of the process.
    pub control: watch::Receiver<Control>,
    /// Learns the number of the last stored event.
    pub news: watch::Sender<i64>,
    /// The slots of the engine.
    pub slots: Member,
    /// What is wanted of the experiment; none when the loop is all that the process is for.
    pub messages: Option<mpsc::Receiver<Message>>,
}

/// Everything the loop holds while it runs.
pub struct Driver {
    setup: Setup,
    id: ExperimentId,
    lock: DriverLock,
    core: Core,
    suggester: Suggester,
    record: Arc<ExperimentRecord>,
    ways: Ways,
    updates: (mpsc::Sender<Update>, mpsc::Receiver<Update>),
    requests: Interval,
    clock: Clock,
    /// What is being written.
    storing: Option<Storing>,
    /// What runs, and since when.
    tasks: HashMap<TaskId, Instant>,
    /// How many of them have started since something was last sent to the store.
    started_early: usize,
    trials: TrialSpans,
    replies: HashMap<Ticket, Reply>,
    tickets: u64,
    /// Trials that nobody was there to take.
    returned: Vec<u64>,
    /// Whether the store has been away since the core was last told of it.
    was_away: bool,
    /// When something was last sent to the store.
    last_stored: Option<Instant>,
    /// When what waits for company has waited enough.
    flush_at: Option<Instant>,
    /// Since when nothing happens.
    resting_since: Option<Instant>,
    /// Whether somebody wants the loop to end, should nothing be under way.
    asked_to_rest: bool,
    /// Whether the loop ends because nothing happens.
    rests: bool,
}

impl Driver {
    pub fn new(setup: &Setup, lock: DriverLock, loaded: Loaded, ways: Ways) -> Self {
        let mut requests = interval(REQUESTS_EVERY);
        requests.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            setup: setup.clone(),
            id: loaded.record.id,
            lock,
            core: loaded.core,
            suggester: loaded.suggester,
            record: Arc::new(loaded.record),
            ways,
            updates: mpsc::channel(UPDATES_WAITING),
            requests,
            clock: Clock::new(),
            storing: None,
            tasks: HashMap::new(),
            started_early: 0,
            trials: TrialSpans::default(),
            replies: HashMap::new(),
            tickets: 0,
            returned: Vec::new(),
            was_away: false,
            last_stored: None,
            flush_at: None,
            resting_since: None,
            asked_to_rest: false,
            rests: false,
        }
    }

    /// Drives from the event on that begins it, until the experiment ends, is left, or rests. When the lock is lost it ends at once,
    /// whatever is being done: a database that hangs keeps a transaction waiting for long after another process has begun.
    pub async fn run(&mut self, begin: Event) -> Result<(), DriveError> {
        unless_lost(self.lock.lost(), self.go_on(begin)).await
    }

    async fn go_on(&mut self, begin: Event) -> Result<(), DriveError> {
        self.take(vec![begin])?;
        if *self.ways.control.borrow() > Control::Run {
            let events = self.controlled();
            self.take(events)?;
        }
        while !self.core.is_closed() && !self.rests {
            let events = self.wait().await?;
            self.take(events)?;
            self.take_left_over()?;
            // What came together with that wish may have set something going.
            if std::mem::take(&mut self.asked_to_rest) {
                self.rests = self.core.rests();
            }
        }
        self.store_all().await?;
        match self.core.refusal() {
            Some(words) => Err(DriveError::Refused(words.to_owned())),
            None => Ok(()),
        }
    }

    /// The experiment as it was last stored.
    pub fn record(&self) -> &ExperimentRecord {
        &self.record
    }

    /// Whether the loop ended because nothing happens any more.
    pub fn has_rested(&self) -> bool {
        self.rests && !self.core.is_closed()
    }

    /// Releases the experiment; the messages that have not been looked at. Whoever still waits hears that nobody did.
    pub async fn release(self) -> Option<mpsc::Receiver<Message>> {
        if let Err(error) = self.lock.release().await {
            tracing::warn!(%error, "the experiment could not be released");
        }
        self.ways.messages
    }

    /// Answers everybody who still waits.
    pub fn answer_all(&mut self, why: impl Fn() -> WantError) {
        for (_, reply) in self.replies.drain() {
            // Who does not wait any more need not be told.
            let _ = reply.send(Err(why()));
        }
    }

    /// What happened next, and all that is there already.
    async fn wait(&mut self) -> Result<Vec<Event>, DriveError> {
        let (mut updates, mut messages) = (Vec::new(), Vec::new());
        let tick = sleep_until_moment(self.clock, self.core.wake_at());
        let flush = sleep_until_instant(self.flush_at.filter(|_| self.storing.is_none()));
        let rest = sleep_until_instant(self.resting_since.map(|since| since + REST_AFTER));
        // In the order of rarity: a step that reports without pause must not drown what the user wants.
        tokio::select! {
            biased;
            Ok(()) = self.ways.control.changed() => return Ok(self.controlled()),
            _ = self.requests.tick() => return self.requested().await,
            written = done(&mut self.storing) => {
                self.stored(written).await?;
                return Ok(Vec::new());
            }
            answer = self.suggester.answer() => return Ok(vec![answer?]),
            _ = receive(&mut self.ways.messages, &mut messages) => {}
            _ = self.updates.1.recv_many(&mut updates, UPDATES_WAITING) => {}
            () = self.ways.slots.granted() => return Ok(vec![Event::Tick]),
            () = tick => return Ok(vec![Event::Tick]),
            () = flush => return Ok(vec![Event::Tick]),
            () = rest => {
                self.asked_to_rest = true;
                return Ok(Vec::new());
            }
        }
        if messages.is_empty() {
            return Ok(updates
                .into_iter()
                .map(|update| self.happened(update))
                .collect());
        }
        let mut events = Vec::with_capacity(messages.len());
        for message in messages {
            events.extend(self.wanted(message).await);
        }
        Ok(events)
    }

    fn happened(&mut self, update: Update) -> Event {
        match update {
            Update::Reported(id, reports) => Event::Reported(id, reports),
            Update::Ended(id, ending) => {
                if let Some(begun) = self.tasks.remove(&id) {
                    let observer = &self.setup.observer;
                    observer.ran(ended_as(&ending.outcome), begun.elapsed());
                }
                Event::Ended(id, ending)
            }
        }
    }

    /// A process that is there for one experiment pauses it when it has to go. One that serves many leaves them as they are: the next one
    /// goes on by itself.
    fn controlled(&mut self) -> Vec<Event> {
        let control = *self.ways.control.borrow_and_update();
        if self.serves() {
            return vec![Event::Leave, Event::Control(control)];
        }
        if control == Control::Kill {
            self.setup.engine.kill_experiment(self.id);
        }
        vec![Event::Control(control)]
    }

    fn serves(&self) -> bool {
        self.ways.messages.is_some()
    }

    /// Looks whether another process has left a request, or other limits.
    async fn requested(&mut self) -> Result<Vec<Event>, DriveError> {
        let found = match self.setup.store.experiment_by_id(self.id).await {
            Ok(found) => found,
            Err(error) if self.may_come_back(&error) => None,
            Err(error) => return Err(error.into()),
        };
        let mut events = Vec::new();
        if let Some(found) = found {
            events.extend(self.other_limits(&found));
            match found.request {
                Some(Request::Cancel) => events.push(Event::Cancel),
                // It is answered when the pause is stored; when that has been, it only has to be taken back.
                Some(Request::Pause) if found.state == ExperimentState::Paused => {
                    self.withdraw_pause().await?;
                }
                Some(Request::Pause) => events.push(Event::Pause),
                None => {}
            }
        }
        if self.core.keeps_time() {
            events.push(Event::Tick);
        }
        Ok(events)
    }

    /// An experiment that is paused already need not pause, now or after it has been resumed. Tried again when the store is away.
    async fn withdraw_pause(&mut self) -> Result<(), DriveError> {
        match self.setup.store.withdraw_pause(self.id).await {
            Err(error) if !self.may_come_back(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn other_limits(&mut self, found: &ExperimentRecord) -> Option<Event> {
        if found.document == self.record.document {
            return None;
        }
        Arc::make_mut(&mut self.record).document = found.document.clone();
        let read = spec::read_document(&found.document, self.setup.components.as_ref());
        match read {
            Ok(experiment) => Some(Event::Limits(experiment.limits)),
            Err(error) => {
                tracing::warn!(experiment = %self.record.name, %error, "the new limits cannot be read");
                None
            }
        }
    }

    /// What a message means for the core; nothing when it has been dealt with.
    async fn wanted(&mut self, message: Message) -> Option<Event> {
        let Message { want, reply } = message;
        let wish = match want {
            Want::Wish(wish) => wish,
            Want::Return(trials) => return Some(Event::Returned(trials)),
            Want::Rest => {
                self.asked_to_rest = true;
                return None;
            }
            Want::Limits(limits) => match self.store_limits(limits).await {
                Ok(wish) => wish,
                Err(error) => {
                    let _ = reply.send(Err(error));
                    return None;
                }
            },
        };
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.replies.insert(ticket, reply);
        Some(Event::Wish(ticket, wish))
    }

    /// The document first: should the process die before the core's part is stored, the next one reads the new limits there.
    async fn store_limits(&mut self, limits: NewLimits) -> Result<Wish, WantError> {
        let now = self.now();
        let components = self.setup.components.as_ref();
        let change = |stored| Ok::<_, WantError>(limits.apply(&stored, components)?);
        let store = &self.setup.store;
        let (last, document, limits) = store.change_limits(self.id, now, change).await?;
        Arc::make_mut(&mut self.record).document = document;
        tell(&self.ways.news, last);
        Ok(Wish::Limits(limits))
    }

    /// The time. Before the core hears of one that leapt, it moves what it waits for.
    fn now(&mut self) -> Timestamp {
        if let Some(leap) = self.clock.catch_up() {
            tracing::debug!(experiment = %self.record.name, %leap, "the time of day was put forward");
            self.core.leap(leap);
        }
        self.clock.now()
    }

    /// Lets the core decide, and begins to do what follows.
    fn take(&mut self, events: Vec<Event>) -> Result<(), DriveError> {
        let now = self.now();
        let nothing = events.is_empty();
        for event in events {
            self.core.handle(now, event);
        }
        self.share_slots(now);
        self.look_for_rest(nothing);
        // Sent to the store first, for that works beside this thread.
        let early = self.starts_early();
        if self.storing.is_none() && !self.may_wait() {
            self.store_next()?;
        }
        let leaves = self.hand_over(early);
        self.let_start(leaves);
        Ok(())
    }

    /// Gives slots back that are not in use any more, and takes those that are granted.
    fn share_slots(&mut self, now: Timestamp) {
        loop {
            let slots = self.core.settle_slots();
            let returned = slots.free + slots.returned;
            let priority = self.core.plan().experiment.limits.priority;
            match self.ways.slots.settle(returned, slots.wanted, priority) {
                0 => return,
                granted => self.core.handle(now, Event::Slots(granted)),
            }
        }
    }

    /// Where nobody can want anything, there is nothing to wait for when nothing happens.
    fn look_for_rest(&mut self, nothing_happened: bool) {
        if !self.core.rests() {
            self.resting_since = None;
        } else if !self.serves() {
            self.rests = true;
        } else if !nothing_happened || self.resting_since.is_none() {
            self.resting_since = Some(Instant::now());
        }
    }

    fn note(&mut self, changes: &Changes) {
        if let Some(update) = &changes.experiment {
            let record = Arc::make_mut(&mut self.record);
            record.state = update.state;
            record.reason = update.reason;
            record.started_at = update.started_at;
            record.finished_at = update.finished_at;
            record.active_seconds = update.active_seconds;
        }
        self.trials.end(&changes.trials);
        for trial in &changes.trials {
            tracing::debug!(experiment = %self.record.name, trial = trial.number, state = %trial.state, "trial");
        }
        for step in &changes.steps {
            tracing::debug!(experiment = %self.record.name, trial = step.trial, step = %step.step, attempt = step.attempt, state = %step.state, "step");
        }
    }

    /// Gives tasks to the engine, without leave to start.
    fn hand_over(&mut self, tasks: Vec<Task>) -> Leaves {
        let (engine, updates) = (&self.setup.engine, &self.updates.0);
        let trials = &mut self.trials;
        let hand_over = |task: Task| {
            let (give, leave) = oneshot::channel();
            let (id, trial) = (task.id.clone(), trials.around(&task));
            trial.in_scope(|| engine.start(task, leave, updates.clone()));
            (id, give)
        };
        tasks.into_iter().map(hand_over).collect()
    }

    fn let_start(&mut self, leaves: Leaves) {
        for (task, leave) in leaves {
            self.tasks.insert(task, Instant::now());
            // Without a receiver the task has ended already.
            let _ = leave.send(());
        }
    }

    fn carry_out(&mut self, command: Command) -> Result<(), DriveError> {
        match command {
            Command::Suggest {
                round,
                count,
                outlook,
            } => self.suggester.suggest(round, count, outlook)?,
            Command::Learn { trial, outcome } => self.suggester.learn(trial, outcome),
            Command::Enqueued {
                trial,
                configuration,
            } => self.suggester.enqueued(trial, configuration)?,
            Command::Stop(id) => self.setup.engine.stop(&id),
            Command::Answer(ticket, answer) => self.answer(ticket, answer),
        }
        Ok(())
    }

    /// Trials that were to be handed out are for the next who asks when nobody is there to take them.
    fn answer(&mut self, ticket: Ticket, answer: Answer) {
        let answered = Answered {
            answer,
            experiment: self.record.clone(),
            rungs: self.core.plan().experiment.rungs().into(),
        };
        let unsent = match self.replies.remove(&ticket) {
            Some(reply) => reply.send(Ok(answered)).err().and_then(Result::ok),
            None => Some(answered),
        };
        if let Some(Answered {
            answer: Answer::Trials(trials),
            ..
        }) = unsent
        {
            self.returned
                .extend(trials.iter().map(|trial| trial.number));
        }
    }

    /// After a failure: no step may outlive the loop that would have taken its result.
    pub async fn kill_all(&mut self) {
        self.setup.engine.kill_experiment(self.id);
        while !self.tasks.is_empty() {
            let Some(update) = self.updates.1.recv().await else {
                return;
            };
            self.happened(update);
        }
    }
}

async fn unless_lost(
    lost: impl Future<Output = ()>,
    doing: impl Future<Output = Result<(), DriveError>>,
) -> Result<(), DriveError> {
    tokio::select! {
        biased;
        () = lost => Err(DriveError::TakenOver),
        done = doing => done,
    }
}

fn tell(news: &watch::Sender<i64>, last: i64) {
    news.send_if_modified(|news| {
        let newer = last > *news;
        *news = (*news).max(last);
        newer
    });
}

/// All messages that are there, once there is one; for ever when none can come.
async fn receive(messages: &mut Option<mpsc::Receiver<Message>>, into: &mut Vec<Message>) -> usize {
    match messages {
        Some(messages) => match messages.recv_many(into, MESSAGES_TOGETHER).await {
            0 => std::future::pending().await,
            count => count,
        },
        None => std::future::pending().await,
    }
}

/// What the end of an attempt looks like to an observer.
fn ended_as(outcome: &Outcome) -> StepState {
    match outcome {
        Outcome::Succeeded => StepState::Succeeded,
        Outcome::TimedOut => StepState::TimedOut,
        Outcome::Stopped => StepState::Cancelled,
        Outcome::Refused(_) => StepState::Ready,
        _ => StepState::Failed,
    }
}

/// For ever without one.
async fn sleep_until_instant(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Sleeps until the moment; for ever without one.
async fn sleep_until_moment(clock: Clock, moment: Option<Timestamp>) {
    match moment {
        Some(moment) => tokio::time::sleep(clock.until(moment)).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_is_taken_over_waits_for_nothing_more() {
        let hangs = std::future::pending();
        let taken_over = unless_lost(std::future::ready(()), hangs).await;
        assert!(matches!(taken_over, Err(DriveError::TakenOver)));
        let done = unless_lost(std::future::pending(), async { Ok(()) }).await;
        assert!(done.is_ok());
    }
}
