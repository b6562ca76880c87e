//! What a link shares: the part of the page's address behind the `#`.

/// Parameters by their names, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link(Vec<(String, String)>);

impl Link {
    /// The value of the parameter of this name.
    pub fn get(&self, name: &str) -> Option<&String> {
        let found = self.0.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value)
    }

    /// Adds a parameter; of several with one name, the first counts.
    pub fn insert(&mut self, name: impl Into<String>, value: String) {
        self.0.push((name.into(), value));
    }

    /// All parameters, in the order in which they are written.
    pub fn iter(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    /// Whether both hold the same parameters, in whatever order.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .iter()
                .all(|(name, value)| other.get(name) == Some(value))
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Link {
    fn from(parameters: [(&str, &str); N]) -> Self {
        let owned = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(owned.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let link = Link::from([("labels", "a"), ("dial", "1")]);
        assert!(link.is_same(&Link::from([("dial", "1"), ("labels", "a")])));
        assert!(!link.is_same(&Link::from([("dial", "1")])));
        assert!(!link.is_same(&Link::from([("dial", "2"), ("labels", "a")])));
    }
}
