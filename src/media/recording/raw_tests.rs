// SPDX-License-Identifier: MIT
use super::{PixelFormat, RawPicture, RawPictureError, RawPictures};
use crate::words::Size;

const ODD: Size = Size { width: 5, height: 3 };

#[test]
fn rows_may_lie_close_together_or_apart() {
    let kind = RawPictures::new(PixelFormat::I420, ODD);
    assert_eq!(kind.bytes(), 5 * 3 + 2 * 3 * 2);
    assert!(RawPicture::new(&kind, vec![0; 27], &[]).is_ok());
    assert!(RawPicture::new(&kind, vec![0; 8 * 3 + 2 * 4 * 2], &[8, 4, 4]).is_ok());
    assert!(RawPicture::new(&kind, vec![0; 8 * 3 + 2 * 4 * 2 - 1], &[8, 4, 4]).is_ok(), "the last row has no padding");
}

#[test]
fn wrong_strides_and_torn_pictures_are_refused() {
    let kind = RawPictures::new(PixelFormat::Rgb, ODD);
    let refused = |bytes: usize, strides: &[usize]| RawPicture::new(&kind, vec![0; bytes], strides).expect_err("wrong");
    assert!(matches!(refused(0, &[]), RawPictureError::Length { needed: 45, given: 0, .. }));
    assert!(matches!(refused(44, &[]), RawPictureError::Length { .. }));
    assert!(matches!(refused(46, &[]), RawPictureError::Length { .. }));
    assert!(matches!(refused(45, &[14]), RawPictureError::Strides { .. }));
    assert!(matches!(refused(45, &[15, 15]), RawPictureError::Strides { .. }));
}

#[test]
fn black_is_made_for_every_layout() {
    for format in PixelFormat::ALL {
        RawPicture::black(&RawPictures::new(format, ODD));
    }
}
