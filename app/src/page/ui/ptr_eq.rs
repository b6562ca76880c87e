//! A shared value that is compared by identity: what Yew's properties need.

use std::{ops::Deref, rc::Rc};

/// Like [`Rc`], but equal only to its own clones: comparing costs one pointer, so that a component
/// whose properties didn't change is skipped at once.
#[derive(Debug)]
pub struct PtrEqRc<T>(Rc<T>);

impl<T> PtrEqRc<T> {
    /// Takes a value, to be shared by clones.
    pub fn new(value: T) -> Self {
        Self(Rc::new(value))
    }
}

impl<T: Clone> PtrEqRc<T> {
    /// Changes this clone; the others keep the old value.
    pub fn change(&mut self, change: impl FnOnce(&mut T)) {
        let mut value = T::clone(&self.0);
        change(&mut value);
        self.0 = Rc::new(value);
    }
}

impl<T> Clone for PtrEqRc<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for PtrEqRc<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for PtrEqRc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clones_are_equal_until_one_changes() {
        let value = PtrEqRc::new(1);
        let mut clone = value.clone();
        assert!(value == clone);
        assert!(value != PtrEqRc::new(1));
        clone.change(|number| *number += 1);
        assert!(value != clone);
        assert_eq!((*value, *clone), (1, 2));
    }
}
