//! Integration tests.

mod generate;
