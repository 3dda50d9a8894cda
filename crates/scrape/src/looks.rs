//! Everything that was found, each content once, with the pictures that look like it.

use std::collections::HashMap;
use std::sync::Arc;

use imaging::{Look, Looks};

use crate::content::Content;

/// All contents, and which look alike.
#[derive(Debug, Default)]
pub struct Contents {
    all: Vec<Arc<Content>>,
    by_hash: HashMap<String, usize>,
    /// For each content those that look like it, in rising order.
    twins: Vec<Vec<usize>>,
    looks: Looks,
    /// The content of each look.
    of_look: Vec<usize>,
    /// Whether the content is the user's own: two such are never taken for copies of each other.
    own: Vec<bool>,
    reach: u32,
}

impl Contents {
    /// Nothing yet; `reach` is the distance of looks that counts as a copy.
    pub fn new(reach: u32) -> Self {
        Self { reach, ..Self::default() }
    }

    /// Adds a content, or finds it, and gives its index. `own` are those that no look is asked for.
    pub fn add(&mut self, content: Arc<Content>, own: bool) -> usize {
        if let Some(index) = self.by_hash.get(&content.hash) {
            return *index;
        }
        let index = self.all.len();
        self.by_hash.insert(content.hash.clone(), index);
        self.own.push(own);
        let mut twins = Vec::new();
        if let Some(look) = Look::from_hex(&content.look) {
            let near = self.looks.copies(&look, self.reach).into_iter().map(|look| self.of_look[look]);
            twins.extend(near.filter(|other| !(own && self.own[*other])));
            for twin in &twins {
                self.twins[*twin].push(index);
            }
            self.looks.add(look);
            self.of_look.push(index);
        }
        self.twins.push(twins);
        self.all.push(content);
        index
    }

    /// A content by its index.
    pub fn get(&self, index: usize) -> &Arc<Content> {
        &self.all[index]
    }

    /// Those that look like a content.
    pub fn twins(&self, index: usize) -> &[usize] {
        &self.twins[index]
    }

    /// Whether the file, or one that looks like it, was there before.
    pub fn is_new(&self, index: usize) -> bool {
        index + 1 == self.all.len() && self.twins[index].is_empty()
    }
}
