//! The image files that the stage has, each content once, and which of them look alike.

use std::collections::HashMap;
use std::sync::Arc;

use imaging::{Fingerprint, FingerprintIndex};

use crate::content::Content;

/// All image files and the pairs that look alike. A content is named by its index.
#[derive(Debug, Default)]
pub struct Contents {
    all: Vec<Arc<Content>>,
    by_hash: HashMap<String, usize>,
    /// For each content, the contents that look like it, in ascending order.
    lookalikes: Vec<Vec<usize>>,
    looks: FingerprintIndex,
    /// The content of each look.
    of_look: Vec<usize>,
    /// Whether each content is a file of the user. Two such files never count as copies of each other.
    own: Vec<bool>,
    max_distance: u32,
}

impl Contents {
    /// Creates an empty collection. Two images look alike if the distance of their looks is at most `max_distance`.
    pub fn new(max_distance: u32) -> Self {
        Self { max_distance, ..Self::default() }
    }

    /// Adds a content, unless it is known already, and returns its index. `own` marks a file of the user.
    pub fn add(&mut self, content: Arc<Content>, own: bool) -> usize {
        if let Some(index) = self.by_hash.get(&content.hash) {
            return *index;
        }
        let index = self.all.len();
        self.by_hash.insert(content.hash.clone(), index);
        self.own.push(own);
        let mut lookalikes = Vec::new();
        if let Some(look) = Fingerprint::from_hex(&content.look) {
            let near = self.looks.copies(&look, self.max_distance).into_iter().map(|look| self.of_look[look]);
            lookalikes.extend(near.filter(|other| !(own && self.own[*other])));
            for other in &lookalikes {
                self.lookalikes[*other].push(index);
            }
            self.looks.add(look);
            self.of_look.push(index);
        }
        self.lookalikes.push(lookalikes);
        self.all.push(content);
        index
    }

    /// Returns the content with the index `index`.
    pub fn get(&self, index: usize) -> &Arc<Content> {
        &self.all[index]
    }

    /// Returns the contents that look like the content `index`.
    pub fn lookalikes(&self, index: usize) -> &[usize] {
        &self.lookalikes[index]
    }

    /// Returns whether the content `index` was added last and looks like no other content.
    pub fn is_new(&self, index: usize) -> bool {
        index + 1 == self.all.len() && self.lookalikes[index].is_empty()
    }
}
