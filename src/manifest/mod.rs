mod comments;
mod layout;
pub(crate) mod model;
pub(crate) mod read;
#[cfg(test)]
mod strategy;
pub(crate) mod template;
pub(crate) mod write;
