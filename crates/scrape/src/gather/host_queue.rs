//! The order in which addresses are fetched: the first address whose host is below its limit. A busy host delays only itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::selection::SlotPlace;

/// The slots whose files wait to be fetched, by host.
#[derive(Debug)]
pub struct HostQueue {
    /// The number of requests to one host that may be under way.
    per_host: usize,
    hosts: BTreeMap<String, Host>,
    /// The hosts below their limit that have waiting slots, each with its first slot.
    ready: BTreeSet<(SlotPlace, String)>,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Host {
    under_way: usize,
    queue: VecDeque<SlotPlace>,
}

impl HostQueue {
    /// Creates an empty queue that lets at most `per_host` requests to one host be under way.
    pub fn new(per_host: usize) -> Self {
        Self { per_host, hosts: BTreeMap::new(), ready: BTreeSet::new(), waiting: 0 }
    }

    /// Returns whether no slot waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Removes all waiting slots.
    pub fn clear(&mut self) {
        self.hosts.retain(|_, host| {
            host.queue.clear();
            host.under_way > 0
        });
        self.ready.clear();
        self.waiting = 0;
    }

    /// Adds a slot behind those that wait for the same host.
    pub fn push(&mut self, place: SlotPlace, name: String) {
        let host = self.hosts.entry(name.clone()).or_default();
        host.queue.push_back(place);
        self.waiting += 1;
        self.check(name);
    }

    /// Removes and returns the next slot and its host. The slot counts as under way from now on.
    pub fn pop(&mut self) -> Option<(SlotPlace, String)> {
        let (place, name) = self.ready.pop_first()?;
        if let Some(host) = self.hosts.get_mut(&name) {
            host.queue.pop_front();
            host.under_way += 1;
            self.waiting -= 1;
        }
        self.check(name.clone());
        Some((place, name))
    }

    /// Records that one request to the host `name` has ended.
    pub fn done(&mut self, name: &str) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.under_way -= 1;
            self.check(name.to_owned());
        }
    }

    fn check(&mut self, name: String) {
        if let Some(Host { under_way, queue }) = self.hosts.get(&name)
            && *under_way < self.per_host
            && let Some(first) = queue.front()
        {
            self.ready.insert((*first, name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(queue: &mut HostQueue) -> Vec<(usize, String)> {
        std::iter::from_fn(|| queue.pop()).map(|((_, slot), host)| (slot, host)).collect()
    }

    #[test]
    fn a_busy_host_delays_only_itself() {
        let mut queue = HostQueue::new(2);
        for slot in 0..6 {
            let host = if slot < 4 { "slow" } else { "quick" };
            queue.push((0, slot), host.to_owned());
        }
        let place = |slot: usize, host: &str| (slot, host.to_owned());
        assert_eq!(all(&mut queue), [place(0, "slow"), place(1, "slow"), place(4, "quick"), place(5, "quick")]);
        assert!(!queue.is_empty());
        queue.done("slow");
        assert_eq!(all(&mut queue), [place(2, "slow")]);
        queue.done("slow");
        queue.done("quick");
        assert_eq!(all(&mut queue), [place(3, "slow")]);
        assert!(queue.is_empty());
    }

    #[test]
    fn cleared_places_are_gone_and_requests_under_way_still_count() {
        let mut queue = HostQueue::new(1);
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
    fn places_come_in_order_across_hosts() {
        let mut queue = HostQueue::new(9);
        for slot in 0..20 {
            queue.push((slot / 10, slot), format!("host {}", slot * 7 % 5));
        }
        assert!(all(&mut queue).iter().map(|(slot, _)| *slot).eq(0..20));
    }
}
