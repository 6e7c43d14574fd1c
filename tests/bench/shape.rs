//! What the trees look like, on disk and in memory: which directories there are, how many files
//! each has, and what they are called. The same numbers give the same tree everywhere.

/// How many directories there are above the deepest.
const DEEPEST: u32 = 16;

const WORDS: [&str; 16] = [
    "src", "index", "module", "test", "data", "lib", "build", "report", "photo", "node", "cache",
    "image", "main", "util", "config", "archive",
];
const ENDINGS: [&str; 10] = [
    ".rs", ".js", ".json", ".png", ".txt", ".o", ".html", ".d.ts", ".md", "",
];

/// A directory of a home directory.
pub struct Directory {
    /// The one that it is in, by its place in the list; that of the root is 0.
    pub parent: usize,
    /// How many files it has.
    pub files: u32,
}

/// So many files in a tenth as many directories, parents first. Half of the directories are put
/// below any one, half below one of the last, which gives bushes of very different sizes; files are
/// distributed even more unevenly.
pub fn home(files: u32, random: &mut Random) -> Vec<Directory> {
    let mut directories = vec![Directory {
        parent: 0,
        files: 0,
    }];
    let mut depths = vec![0];
    while directories.len() < (files / 10) as usize {
        let count = directories.len();
        let parent = if random.below(2) == 0 {
            random.below(count)
        } else {
            (count - 1).saturating_sub(random.exponential(40.0) as usize)
        };
        if depths[parent] < DEEPEST {
            depths.push(depths[parent] + 1);
            directories.push(Directory { parent, files: 0 });
        }
    }
    let weights: Vec<f64> = directories
        .iter()
        .map(|_| random.log_normal(0.0, 1.5))
        .collect();
    let share = f64::from(files) / weights.iter().sum::<f64>();
    // What is rounded off is carried over, so that the files are as many as were asked for.
    let (mut due, mut given) = (0.0, 0);
    for (directory, weight) in directories.iter_mut().zip(weights) {
        due += weight * share;
        directory.files = (due.round() as u32).saturating_sub(given);
        given += directory.files;
    }
    directories
}

/// Name of a directory, unlike that of any other with another number.
pub fn directory_name(number: u32, random: &mut Random) -> String {
    format!("{}-{}{number}", random.pick(&WORDS), random.pick(&WORDS))
}

/// Name of a file, unlike that of any other with another number.
pub fn file_name(number: u32, random: &mut Random) -> String {
    let stem = directory_name(number, random);
    stem + random.pick(&ENDINGS)
}

/// Size of a file in bytes: nine in ten are empty.
pub fn file_size(random: &mut Random) -> u64 {
    if random.below(10) == 0 {
        random.log_normal(9.0, 2.0) as u64
    } else {
        0
    }
}

/// Pseudo-random numbers (`SplitMix64`, Steele, Lea and Flood 2014).
pub struct Random(u64);

impl Random {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// From 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.fraction() * bound as f64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.fraction()).ln()
    }

    /// By the method of Box and Muller.
    fn log_normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = self.exponential(2.0).sqrt();
        let normal = radius * (std::f64::consts::TAU * self.fraction()).cos();
        (mean + deviation * normal).exp()
    }
}
