// SPDX-License-Identifier: MIT
//! The size and rate of pictures.

use std::fmt;

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// The largest master: 1080p.
    pub const FULL_HD: Size = Size { width: 1920, height: 1080 };

    /// Pixels in one picture.
    pub fn pixels(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The largest size of the same shape that fits into `limit`, never larger than `self`; both sides even,
    /// as 4:2:0 pictures must be.
    pub fn fitted(self, limit: Size) -> Size {
        let even = |n: u64| ((n & !1).max(2)) as u32;
        let (w, h) = (u64::from(self.width), u64::from(self.height));
        let (lw, lh) = (u64::from(limit.width), u64::from(limit.height));
        if w <= lw && h <= lh {
            return Size { width: even(w), height: even(h) };
        }
        if w * lh >= h * lw {
            Size { width: even(lw), height: even(h * lw / w) }
        } else {
            Size { width: even(w * lh / h), height: even(lh) }
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Pictures per second, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Pictures ...
    pub num: u32,
    /// ... in so many seconds.
    pub den: u32,
}

impl Rate {
    /// A whole number of pictures per second.
    pub const fn whole(fps: u32) -> Rate {
        Rate { num: fps, den: 1 }
    }

    /// The same, in the lowest terms.
    pub fn reduced(self) -> Rate {
        let (mut common, mut rest) = (self.num, self.den);
        while rest > 0 {
            (common, rest) = (rest, common % rest);
        }
        let common = common.max(1);
        Rate { num: self.num / common, den: self.den / common }
    }

    /// Pictures per second as a float, for people.
    pub fn as_f64(self) -> f64 {
        f64::from(self.num) / f64::from(self.den.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn large_pictures_shrink_to_fit_and_small_ones_stay() {
        let fit = |w, h| Size { width: w, height: h }.fitted(Size::FULL_HD).to_string();
        assert_eq!(fit(1280, 720), "1280x720");
        assert_eq!(fit(3840, 2160), "1920x1080");
        assert_eq!(fit(2048, 1536), "1440x1080");
        assert_eq!(fit(641, 481), "640x480");
        assert_eq!(fit(1080, 1920), "606x1080");
    }
}
