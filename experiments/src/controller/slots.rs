//! The slots of an engine, shared by the experiments that run on it. A step that ends gives its slot back, and each free slot goes to the
//! experiment that has least for its priority: many steps that wait never keep those of another experiment out.

use crate::store::ExperimentId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// All slots of one engine. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Pool(Arc<Mutex<Ledger>>);

/// An experiment's part in a pool; dropping it gives all its slots back.
pub struct Member {
    pool: Pool,
    id: u64,
    granted: Arc<Notify>,
}

/// Who has what. Pure.
#[derive(Debug, Default)]
struct Ledger {
    total: usize,
    free: usize,
    shares: BTreeMap<u64, Share>,
    /// Grows with every member and every grant.
    clock: u64,
}

#[derive(Debug)]
struct Share {
    owner: ExperimentId,
    priority: u64,
    /// In use, or granted and not taken yet.
    held: usize,
    /// Granted and not taken yet.
    granted: usize,
    /// Wanted beyond that.
    wanted: usize,
    /// When it was last granted one.
    turn: u64,
    news: Arc<Notify>,
}

impl Pool {
    /// So many slots, all free.
    pub fn new(slots: usize) -> Self {
        Self(Arc::new(Mutex::new(Ledger {
            total: slots,
            free: slots,
            ..Ledger::default()
        })))
    }

    /// A new part in it for the experiment, without slots yet.
    pub fn join(&self, owner: ExperimentId) -> Member {
        let granted = Arc::new(Notify::new());
        let id = self.ledger().join(owner, granted.clone());
        Member {
            pool: self.clone(),
            id,
            granted,
        }
    }

    /// How many slots there are, how many are held, and how many more are wanted.
    pub fn load(&self) -> (usize, usize, usize) {
        let ledger = self.ledger();
        let wanted = ledger.shares.values().map(|share| share.wanted).sum();
        (ledger.total, ledger.total - ledger.free, wanted)
    }

    /// How many slots the experiment holds, and how many more it wants.
    pub fn share_of(&self, owner: ExperimentId) -> (usize, usize) {
        let ledger = self.ledger();
        let own = ledger.shares.values().filter(|share| share.owner == owner);
        own.fold((0, 0), |(held, wanted), share| {
            (held + share.held, wanted + share.wanted)
        })
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    /// Gives slots back, and says how many are wanted beyond those that are held, and with which priority (at least 1). How many were
    /// granted since the last call, or are now: they are held from here on.
    pub fn settle(&self, returned: usize, wanted: usize, priority: u32) -> usize {
        self.pool
            .ledger()
            .settle(self.id, returned, wanted, priority)
    }

    /// Ends when slots have been granted: [`settle`](Member::settle) takes them.
    pub async fn granted(&self) {
        self.granted.notified().await;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.pool.ledger().leave(self.id);
    }
}

impl Ledger {
    fn join(&mut self, owner: ExperimentId, news: Arc<Notify>) -> u64 {
        self.clock += 1;
        let share = Share {
            owner,
            priority: 1,
            held: 0,
            granted: 0,
            wanted: 0,
            turn: self.clock,
            news,
        };
        self.shares.insert(self.clock, share);
        self.clock
    }

    fn leave(&mut self, id: u64) {
        if let Some(share) = self.shares.remove(&id) {
            self.free += share.held;
            self.grant(None);
        }
    }

    fn settle(&mut self, id: u64, returned: usize, wanted: usize, priority: u32) -> usize {
        let Some(share) = self.shares.get_mut(&id) else {
            return 0;
        };
        let returned = returned.min(share.held - share.granted);
        share.held -= returned;
        share.wanted = wanted.saturating_sub(share.granted);
        share.priority = u64::from(priority.max(1));
        self.free += returned;
        self.grant(Some(id));
        let share = self.shares.get_mut(&id);
        share.map_or(0, |share| std::mem::take(&mut share.granted))
    }

    /// Hands out what is free; `asking` will see for itself what it was granted.
    fn grant(&mut self, asking: Option<u64>) {
        while self.free > 0
            && let Some(id) = self.neediest()
            && let Some(share) = self.shares.get_mut(&id)
        {
            self.free -= 1;
            self.clock += 1;
            share.held += 1;
            share.granted += 1;
            share.wanted -= 1;
            share.turn = self.clock;
            if asking != Some(id) {
                share.news.notify_one();
            }
        }
    }

    /// Of those that want a slot, the one that has least for its priority; of equal ones, the one that has waited longest.
    fn neediest(&self) -> Option<u64> {
        let wanting = self.shares.iter().filter(|(_, share)| share.wanted > 0);
        let neediest = wanting.min_by(|(_, one), (_, other)| {
            let one_has = one.held as u64 * other.priority;
            let other_has = other.held as u64 * one.priority;
            one_has.cmp(&other_has).then(one.turn.cmp(&other.turn))
        });
        neediest.map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: ExperimentId = ExperimentId(1);
    const OTHER: ExperimentId = ExperimentId(2);

    #[test]
    fn a_newcomer_gets_the_next_free_slot() {
        let pool = Pool::new(2);
        let (long, short) = (pool.join(ONE), pool.join(OTHER));
        assert_eq!(long.settle(0, 100, 10), 2);
        assert_eq!(short.settle(0, 1, 10), 0);
        assert_eq!(long.settle(1, 99, 10), 0);
        assert_eq!(short.settle(0, 1, 10), 1);
        assert_eq!(short.settle(1, 0, 10), 0);
        assert_eq!(long.settle(0, 99, 10), 1);
        assert_eq!(pool.load(), (2, 2, 98));
        assert_eq!(pool.share_of(ONE), (2, 98));
        assert_eq!(pool.share_of(OTHER), (0, 0));
    }

    #[test]
    fn slots_are_shared_in_proportion_to_priority() {
        let pool = Pool::new(12);
        let members = [pool.join(ONE), pool.join(ONE)];
        let all = pool.join(OTHER);
        assert_eq!(all.settle(0, 12, 1), 12);
        members[0].settle(0, 100, 10);
        members[1].settle(0, 100, 20);
        drop(all);
        assert_eq!(members[0].settle(0, 100, 10), 4);
        assert_eq!(members[1].settle(0, 100, 20), 8);
    }

    #[test]
    fn whoever_leaves_gives_everything_back() {
        let pool = Pool::new(3);
        let one = pool.join(OTHER);
        assert_eq!(one.settle(0, 5, 10), 3);
        drop(one);
        assert_eq!(pool.load(), (3, 0, 0));
    }

    proptest! {
        /// However members take, return and leave: no slot is lost or given twice, and none is free while one is wanted.
        #[test]
        fn every_slot_is_somewhere(slots in 1..6_usize, turns: Vec<(u8, u8, u8, bool)>) {
            let mut ledger = Ledger { total: slots, free: slots, ..Ledger::default() };
            let mut members: Vec<(u64, usize)> = Vec::new();
            for (who, returned, wanted, leaves) in turns {
                if members.len() < 4 {
                    members.push((ledger.join(ONE, Arc::default()), 0));
                }
                let index = usize::from(who) % members.len();
                if leaves {
                    ledger.leave(members.swap_remove(index).0);
                } else {
                    let (id, held) = &mut members[index];
                    let returned = usize::from(returned) % (*held + 1);
                    let wanted = usize::from(wanted % 4);
                    *held += ledger.settle(*id, returned, wanted, u32::from(who)) ;
                    *held -= returned;
                }
                let held: usize = ledger.shares.values().map(|share| share.held).sum();
                prop_assert_eq!(held + ledger.free, slots);
                let taken: usize = members.iter().map(|(_, held)| held).sum();
                let granted: usize = ledger.shares.values().map(|share| share.granted).sum();
                prop_assert_eq!(taken + granted, held);
                let wanted = ledger.shares.values().any(|share| share.wanted > 0);
                prop_assert!(ledger.free == 0 || !wanted);
            }
        }
    }
}
