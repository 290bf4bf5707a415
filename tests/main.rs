//! Integration tests: one crate, one module a subject.

mod generate;
mod real;
