//! How far the shown fraction is from the true one: a real scan is recorded with the times of its
//! results, then told again to the estimator, which is asked at sixty moments.

use std::{
    collections::HashSet,
    env,
    num::NonZero,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use spelunk::{
    progress::{Count, Estimate, Estimator, Expected, outlook::Outlook},
    scan::{
        DRAIN, Options, Scan,
        dir::DirId,
        event::{Event, WorkerId},
    },
    state::State,
};

/// So often is asked.
const MOMENTS: u32 = 60;

struct Recording {
    results: Vec<(Duration, WorkerId, Vec<Event>)>,
    workers: usize,
    duration: Duration,
}

impl Recording {
    fn of(options: &Options) -> Self {
        let begun = Instant::now();
        let scan = Scan::start(options).expect("start a scan");
        let mut results = Vec::new();
        while let Ok(first) = scan.results().recv() {
            for parcel in std::iter::once(first).chain(scan.results().try_iter()) {
                results.push((begun.elapsed(), parcel.worker(), parcel.open()));
            }
            // As both front ends do it.
            thread::sleep(DRAIN);
        }
        let duration = results.last().map_or(Duration::ZERO, |last| last.0);
        let workers = scan.workers();
        scan.join(Duration::from_secs(1));
        Self {
            results,
            workers,
            duration,
        }
    }

    /// Tells it again; `look` is called with the true fraction at each moment, and what is known.
    fn tell(&mut self, mut look: impl FnMut(f64, Duration, &State)) -> State {
        let mut state = State::new(self.workers);
        let mut results = std::mem::take(&mut self.results).into_iter().peekable();
        for moment in 1..=MOMENTS {
            let now = self.duration * moment / MOMENTS;
            while let Some((_, worker, events)) = results.next_if(|(at, ..)| *at <= now) {
                state.apply(worker, events, now);
            }
            state.settle();
            if moment < MOMENTS {
                look(f64::from(moment) / f64::from(MOMENTS), now, &state);
            }
        }
        state
    }
}

/// How good the estimates of one kind were.
#[derive(Default)]
struct Score {
    asked: f64,
    shown: f64,
    difference: f64,
    inside: f64,
    width: f64,
    /// The longest time that an estimate took.
    longest: Duration,
}

impl Score {
    fn add(&mut self, truth: f64, estimate: Option<Estimate>, took: Duration) {
        self.asked += 1.0;
        self.longest = self.longest.max(took);
        let Some(estimate) = estimate else { return };
        self.shown += 1.0;
        self.difference += (estimate.fraction() - truth).abs();
        self.width += estimate.width();
        // Percents are whole.
        let range = estimate.low - 0.01..=estimate.high + 0.01;
        self.inside += f64::from(u8::from(range.contains(&truth)));
    }

    fn line(&self) -> String {
        let mean = |sum: f64| sum / self.shown.max(1.0);
        format!(
            "off by {:.3}, inside {:.2}, width {:.2}, shown {:.2}, longest {:.1} ms",
            mean(self.difference),
            mean(self.inside),
            mean(self.width),
            self.shown / self.asked.max(1.0),
            self.longest.as_secs_f64() * 1e3
        )
    }
}

fn options(root: &str, threads: u16) -> Options {
    let mut options = Options::new([root]);
    options.threads = NonZero::new(threads).expect("at least one");
    options.rules.one_file_system = true;
    options
}

#[expect(clippy::print_stdout, reason = "what it finds is for whoever runs it")]
fn measure(root: &str, threads: u16) {
    let options = options(root, threads);
    let inodes = Outlook::new(vec![PathBuf::from(root)], options.rules.clone(), None).ask();
    let inodes: Option<Expected> = inodes.iter().last();
    let mut recording = Recording::of(&options);
    // What the last scan would have remembered is what this one comes to.
    let all = {
        let (mut files, mut dirs) = (0, HashSet::new());
        for (_, _, events) in &recording.results {
            for event in events {
                match event {
                    Event::Block(block) => files += block.files.count,
                    Event::Found { first, names, .. } => {
                        dirs.extend(first.0..first.0 + names.len() as u32);
                    }
                    Event::NotEntered { dir, .. } => {
                        dirs.remove(&dir.0);
                    }
                    _ => {}
                }
            }
        }
        Count {
            files,
            dirs: dirs.len() as u64,
        }
    };
    let expected = [Some(Expected::LastScan(all)), inodes, None];
    let mut kinds = expected.map(|expected| {
        let mut estimator = Estimator::default();
        if let Some(expected) = expected {
            estimator.expect(expected);
        }
        (estimator, Score::default())
    });
    let state = recording.tell(|truth, now, state| {
        for (estimator, score) in &mut kinds {
            let begun = Instant::now();
            let estimate = estimator.renew(state.tree(), now);
            score.add(truth, estimate, begun.elapsed());
        }
    });
    assert_eq!(Count::all(state.tree()), all);
    assert_eq!(state.tree().totals(DirId::TOP).unfinished, 0);
    let seconds = recording.duration.as_secs_f64();
    println!(
        "{root} -t {threads}: {seconds:.2} s, {} files, {} dirs",
        all.files, all.dirs
    );
    let names = ["last scan", "used inodes", "first sight"];
    for ((name, expected), (_, score)) in names.iter().zip(expected).zip(&kinds) {
        if expected.is_some() || *name == "first sight" {
            println!("    {name:<11}  {}", score.line());
        }
    }
}

#[test]
#[ignore = "measures scans of PROGRESS_OF (directories, with colons between them); run by hand, with --release"]
fn measure_progress() {
    let roots = env::var("PROGRESS_OF").unwrap_or_else(|_| "/usr:/usr/lib:/usr/share".into());
    for root in roots.split(':') {
        for threads in [4, 16] {
            measure(root, threads);
        }
    }
}
