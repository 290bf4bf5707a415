//! `vbox-smf validate`: what it judges, prints and exits with.

mod call;
mod hostile;
mod operands;
mod output;
mod vectors;
