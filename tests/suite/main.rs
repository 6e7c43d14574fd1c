//! The one test binary: a module per topic.

mod change;
mod checks;
mod counting;
mod derive;
mod engine;
mod exits;
mod fold;
mod frames;
mod headless;
mod interface;
mod jobs;
mod journeys;
mod layers;
mod list;
mod memory;
mod picture;
mod processes;
mod progress;
mod readme;
mod reads;
mod screens;
#[cfg(target_os = "linux")]
mod shapes;
mod streams;
#[cfg(target_os = "linux")]
mod stuck;
mod support;
