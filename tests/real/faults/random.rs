//! Random numbers that are the same for the same seed, everywhere and for ever (`SplitMix64`, Steele and others 2014).

/// Where the numbers come from.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Small seeds, one after the other, must not begin alike.
        let mut random = Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        random.next();
        random
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// An index of something that has so many.
    pub(super) fn index(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).expect("a count");
        usize::try_from(self.next() % count).expect("a small number")
    }

    /// So often in a hundred times.
    pub(super) fn percent(&mut self, times: u64) -> bool {
        self.next() % 100 < times
    }

    pub(super) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.index(all.len())].clone()
    }

    /// The index of one of these weights, as often as it weighs.
    pub(super) fn weighed(&mut self, weights: &[u64]) -> usize {
        let mut left = self.next() % weights.iter().sum::<u64>();
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        unreachable!("less than their sum")
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers() {
    let numbers = |seed| {
        let mut random = Random::new(seed);
        [(); 3].map(|()| random.between(1, 6))
    };
    assert_eq!(numbers(7), numbers(7));
    let all: std::collections::BTreeSet<_> = (0..40).map(numbers).collect();
    assert!(all.len() > 30, "{all:?}");
}
