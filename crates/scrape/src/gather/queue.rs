//! Which address is fetched next: the first in order whose host has room, so that a busy host holds up none but itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::selection::Place;

/// Addresses that wait, by host.
#[derive(Debug)]
pub struct Queue {
    /// How many of one host may be under way.
    room: usize,
    hosts: BTreeMap<String, Host>,
    /// The hosts that have room and somebody waiting, by the first who waits.
    ready: BTreeSet<(Place, String)>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Host {
    under_way: usize,
    queue: VecDeque<Place>,
}

impl Queue {
    /// Nobody waits; of one host at most `room` will be under way.
    pub fn new(room: usize) -> Self {
        Self { room, hosts: BTreeMap::new(), ready: BTreeSet::new(), waiting: 0 }
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Sends away all who wait.
    pub fn clear(&mut self) {
        self.hosts.retain(|_, host| {
            host.queue.clear();
            host.under_way > 0
        });
        self.ready.clear();
        self.waiting = 0;
    }

    /// Lets a place wait for its host, behind those that came before.
    pub fn push(&mut self, place: Place, name: String) {
        let host = self.hosts.entry(name.clone()).or_default();
        host.queue.push_back(place);
        self.waiting += 1;
        self.check(name);
    }

    /// Who is next, with its host; that one is under way from now on.
    pub fn pop(&mut self) -> Option<(Place, String)> {
        let (place, name) = self.ready.pop_first()?;
        if let Some(host) = self.hosts.get_mut(&name) {
            host.queue.pop_front();
            host.under_way += 1;
            self.waiting -= 1;
        }
        self.check(name.clone());
        Some((place, name))
    }

    /// One of a host's is under way no more.
    pub fn done(&mut self, name: &str) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.under_way -= 1;
            self.check(name.to_owned());
        }
    }

    fn check(&mut self, name: String) {
        if let Some(Host { under_way, queue }) = self.hosts.get(&name)
            && *under_way < self.room
            && let Some(first) = queue.front()
        {
            self.ready.insert((*first, name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(queue: &mut Queue) -> Vec<(usize, String)> {
        std::iter::from_fn(|| queue.pop()).map(|((_, slot), host)| (slot, host)).collect()
    }

    #[test]
    fn a_busy_host_holds_up_none_but_itself() {
        let mut queue = Queue::new(2);
        for slot in 0..6 {
            let host = if slot < 4 { "slow" } else { "quick" };
            queue.push((0, slot), host.to_owned());
        }
        let told = |slot: usize, host: &str| (slot, host.to_owned());
        assert_eq!(all(&mut queue), [told(0, "slow"), told(1, "slow"), told(4, "quick"), told(5, "quick")]);
        assert!(!queue.is_empty());
        queue.done("slow");
        assert_eq!(all(&mut queue), [told(2, "slow")]);
        queue.done("slow");
        queue.done("quick");
        assert_eq!(all(&mut queue), [told(3, "slow")]);
        assert!(queue.is_empty());
    }

    #[test]
    fn who_is_sent_away_does_not_come_back_and_who_is_under_way_still_counts() {
        let mut queue = Queue::new(1);
        queue.push((0, 0), "a".to_owned());
        queue.push((0, 1), "a".to_owned());
        assert_eq!(queue.pop(), Some(((0, 0), "a".to_owned())));
        queue.clear();
        assert!(queue.is_empty());
        queue.push((0, 2), "a".to_owned());
        assert_eq!(queue.pop(), None);
        queue.done("a");
        assert_eq!(queue.pop(), Some(((0, 2), "a".to_owned())));
    }

    #[test]
    fn the_first_in_order_comes_first_whatever_its_host() {
        let mut queue = Queue::new(9);
        for slot in 0..20 {
            queue.push((slot / 10, slot), format!("host {}", slot * 7 % 5));
        }
        assert!(all(&mut queue).iter().map(|(slot, _)| *slot).eq(0..20));
    }
}
