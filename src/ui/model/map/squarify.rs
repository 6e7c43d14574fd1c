//! How a rectangle of cells is divided among tiles: squarified, after Bruls, Huizing and van Wijk,
//! "Squarified Treemaps" (2000): strips along the shorter side, each as long as its tiles become
//! squarer by it. It must not know what the tiles are.
//!
//! Tiles share their borders: where one ends the next one begins, on the same cells. So an area
//! counts the steps between borders, and a tile of `width` steps has `width - 1` columns inside.

/// A rectangle, borders included: from column `x` to column `x + width`, and likewise down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// The column of the left border.
    pub x: u16,
    /// The line of the upper border.
    pub y: u16,
    /// Columns from the left border to the right one.
    pub width: u16,
    /// Lines from the upper border to the lower one.
    pub height: u16,
}

/// A cell is so many times as high as it is wide.
const CELL: f64 = 2.0;
/// Smaller tiles say nothing: 7 columns and 3 lines, borders included.
const LEAST: (u16, u16) = (6, 2);

impl Area {
    /// Whether there is room for a name in it.
    pub fn is_legible(self) -> bool {
        self.width >= LEAST.0 && self.height >= LEAST.1
    }

    fn is_wide(self) -> bool {
        f64::from(self.width) >= f64::from(self.height) * CELL
    }

    /// Takes away a strip at the left, or at the top, of `steps`.
    fn cut(&mut self, upright: bool, steps: u16) -> Self {
        let mut strip = *self;
        if upright {
            strip.width = steps;
            self.x += steps;
            self.width -= steps;
        } else {
            strip.height = steps;
            self.y += steps;
            self.height -= steps;
        }
        strip
    }
}

/// Divides `area` among tiles of these weights, in their order. Tiles for which not even one step
/// is left are empty.
pub fn squarify(weights: &[f64], area: Area) -> Vec<Area> {
    let mut areas = Vec::with_capacity(weights.len());
    let (mut rest, mut left) = (area, weights);
    while !left.is_empty() {
        let upright = rest.is_wide();
        let total: f64 = left.iter().sum();
        let (along, across) = if upright {
            (rest.height, rest.width)
        } else {
            (rest.width, rest.height)
        };
        let count = strip_length(left, total, rest);
        let (strip, others) = left.split_at(count);
        let sum: f64 = strip.iter().sum();
        let thickness = if others.is_empty() {
            across
        } else {
            part(across, sum, total)
        };
        let mut strip_area = rest.cut(upright, thickness);
        let (mut before, mut taken) = (0.0, 0);
        for (number, weight) in strip.iter().enumerate() {
            before += weight;
            let end = if number + 1 == count {
                along
            } else {
                part(along, before, sum)
            };
            areas.push(strip_area.cut(!upright, end - taken));
            taken = end;
        }
        left = others;
    }
    areas
}

/// How many of the tiles make up the next strip: as many as make the worst of them squarer.
fn strip_length(weights: &[f64], total: f64, rest: Area) -> usize {
    let (width, height) = (f64::from(rest.width), f64::from(rest.height) * CELL);
    let (along, across) = (width.min(height), width.max(height));
    let mut worst_before = f64::INFINITY;
    let mut sum = 0.0;
    for (number, weight) in weights.iter().enumerate() {
        sum += weight;
        let thickness = across * sum / total;
        let worst = weights[..=number].iter().fold(1.0_f64, |worst, weight| {
            let length = along * weight / sum;
            worst.max(length / thickness).max(thickness / length)
        });
        if number > 0 && worst > worst_before {
            return number;
        }
        worst_before = worst;
    }
    weights.len()
}

/// The part of `steps` that `weight` is of `total`, to the nearest step.
fn part(steps: u16, weight: f64, total: f64) -> u16 {
    let part = (f64::from(steps) * weight / total).round();
    if part.is_finite() {
        (part as u16).min(steps)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REGION: Area = Area {
        x: 0,
        y: 0,
        width: 79,
        height: 15,
    };

    #[test]
    fn the_largest_is_at_the_left_and_as_high_as_all() {
        let areas = squarify(&[82.1, 61.0, 14.3, 9.2, 6.4, 9.4], REGION);
        assert_eq!(
            areas[0],
            Area {
                width: 36,
                ..REGION
            }
        );
        assert_eq!((areas[1].x, areas[1].height), (36, 15));
        assert!(areas.iter().all(|area| area.is_legible()), "{areas:?}");
    }

    proptest! {
        #[test]
        fn every_cell_is_in_one_tile(
            weights in prop::collection::vec(1.0..1e12_f64, 1..40),
            width in 0..200_u16,
            height in 0..80_u16,
        ) {
            let area = Area { x: 3, y: 5, width, height };
            let areas = squarify(&weights, area);
            prop_assert_eq!(areas.len(), weights.len());
            let mut taken = vec![0; usize::from(width) * usize::from(height)];
            for tile in &areas {
                for y in tile.y..tile.y + tile.height {
                    for x in tile.x..tile.x + tile.width {
                        taken[usize::from(y - 5) * usize::from(width) + usize::from(x - 3)] += 1;
                    }
                }
            }
            prop_assert!(taken.iter().all(|count| *count == 1));
        }

        #[test]
        fn areas_are_as_the_weights(weights in prop::collection::vec(1.0..100.0_f64, 1..8)) {
            let area = Area { x: 0, y: 0, width: 2000, height: 1000 };
            let total: f64 = weights.iter().sum();
            for (weight, tile) in weights.iter().zip(squarify(&weights, area)) {
                let cells = f64::from(tile.width) * f64::from(tile.height);
                prop_assert!((cells / 2e6 - weight / total).abs() < 0.01);
            }
        }
    }
}
