//! A value many places show, compared by identity.

use std::{ops::Deref, rc::Rc};

/// Like [`Rc`], but equal only to its own copies: comparing costs one pointer, so that a component
/// whose properties didn't change is skipped at once.
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// Starts sharing.
    pub fn new(value: T) -> Self {
        Self(Rc::new(value))
    }
}

impl<T: Clone> Shared<T> {
    /// Changes this copy; the others keep the old value.
    pub fn change(&mut self, change: impl FnOnce(&mut T)) {
        let mut value = T::clone(&self.0);
        change(&mut value);
        self.0 = Rc::new(value);
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
