// SPDX-License-Identifier: MIT
//! Where faces stand: of all ways to put them into rows, the one that makes them largest.

/// Faces are as wide as high in this proportion.
const ASPECT: f64 = 16.0 / 9.0;

/// A place in whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// To the right.
    pub width: i32,
    /// Down.
    pub height: i32,
}

/// Where `count` faces stand in a window of this size, `gap` apart, as large as they can be. A row that is not full
/// stands in the middle.
pub fn grid(count: usize, width: i32, height: i32, gap: i32) -> Vec<Spot> {
    let size = |columns: usize| face_size(count, columns, width, height, gap);
    // Of two ways alike, the one with fewer rows.
    let Some(columns) = (1..=count).rev().max_by_key(|columns| size(*columns).0) else { return Vec::new() };
    let (face_width, face_height) = size(columns);
    let rows = count.div_ceil(columns);
    let span = |n: usize, side: i32| n as i32 * side + (n as i32 - 1) * gap;
    let top = (height - span(rows, face_height)) / 2;
    let spot = |n: usize| {
        let (row, column) = (n / columns, n % columns);
        let in_row = columns.min(count - row * columns);
        let left = (width - span(in_row, face_width)) / 2;
        Spot {
            x: left + column as i32 * (face_width + gap),
            y: top + row as i32 * (face_height + gap),
            width: face_width,
            height: face_height,
        }
    };
    (0..count).map(spot).collect()
}

/// How large faces can be in so many columns.
fn face_size(count: usize, columns: usize, width: i32, height: i32, gap: i32) -> (i32, i32) {
    let rows = count.div_ceil(columns) as i32;
    let columns = columns as i32;
    let widest = ((width - (columns - 1) * gap) / columns).max(0);
    let highest = ((height - (rows - 1) * gap) / rows).max(0);
    let face_width = widest.min((f64::from(highest) * ASPECT) as i32);
    (face_width, (f64::from(face_width) / ASPECT).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::{Spot, grid};

    fn columns(count: usize, width: i32, height: i32) -> usize {
        let spots = grid(count, width, height, 8);
        spots.iter().filter(|spot| spot.y == spots[0].y).count()
    }

    #[test]
    fn one_face_fills_the_window() {
        assert_eq!(grid(1, 1600, 900, 8), [Spot { x: 0, y: 0, width: 1600, height: 900 }]);
    }

    #[test]
    fn two_stand_beside_each_other_in_a_wide_window_and_above_each_other_in_a_high_one() {
        assert_eq!(columns(2, 1280, 720), 2);
        assert_eq!(columns(2, 600, 900), 1);
    }

    #[test]
    fn three_and_four_are_two_by_two_in_an_ordinary_window() {
        assert_eq!(columns(3, 1280, 720), 2);
        assert_eq!(columns(4, 1280, 720), 2);
        assert_eq!(columns(4, 2400, 400), 4);
        assert_eq!(columns(4, 400, 1200), 1);
    }

    #[test]
    fn a_row_that_is_not_full_stands_in_the_middle() {
        let spots = grid(3, 1280, 720, 8);
        let middle = spots[2].x + spots[2].width / 2;
        assert!((middle - 640).abs() <= 1, "{spots:?}");
    }

    #[test]
    fn faces_stay_inside_and_apart_at_any_size() {
        for count in 0..=4 {
            for (width, height) in [(0, 0), (1, 900), (320, 240), (641, 357), (1920, 1080), (3000, 200)] {
                let spots = grid(count, width, height, 8);
                assert_eq!(spots.len(), count);
                for (n, a) in spots.iter().enumerate().filter(|(_, spot)| spot.width > 0) {
                    assert!(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height, "{a:?}");
                    for b in spots.iter().skip(n + 1) {
                        assert!(a.x + a.width + 8 <= b.x || b.x + b.width + 8 <= a.x || a.y + a.height + 8 <= b.y);
                    }
                }
            }
        }
    }
}
