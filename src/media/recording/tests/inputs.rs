// SPDX-License-Identifier: MIT
//! Whatever pictures and sound a caller has.

use super::super::{PixelFormat, RawPictures, RawSound, SampleFormat};
use super::made::{FLASH, Order, PICTURES};
use super::read::{Seen, can_read, read};
use crate::media::counted::nanoseconds;
use crate::words::{AudioCodec, Container, Rate, Size, VideoCodec};

const APART_MAX_S: f64 = 0.005;

fn recorded(order: &Order) -> Seen {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let file = folder.path().join(format!("file.{}", order.container.extension()));
    order.record(&file);
    read(&file)
}

#[test]
fn every_layout_of_pixels_and_of_samples_is_taken() {
    if !can_read() {
        return;
    }
    for (number, format) in PixelFormat::ALL.into_iter().enumerate() {
        let mut order = Order::new(Container::Mkv, Some(VideoCodec::H264), Some(AudioCodec::Pcm));
        order.raw_picture = RawPictures::new(format, Size { width: 322, height: 242 });
        order.raw_sound.format = SampleFormat::ALL[number % SampleFormat::ALL.len()];
        let seen = recorded(&order);
        let what = (format, order.raw_sound.format);
        assert_eq!((seen.pictures, seen.size.as_str()), (PICTURES, "160x120"), "{what:?}");
        let apart = seen.beep_s.expect("it beeps") - seen.flash_s.expect("it flashes");
        assert!(apart.abs() < APART_MAX_S, "{what:?}: {apart}");
    }
}

#[test]
fn rates_from_telephone_to_studio_and_eight_channels_are_kept() {
    if !can_read() {
        return;
    }
    for (container, audio, rate_hz, channels, bits, name) in [
        (Container::Mkv, AudioCodec::Flac, 192_000, 8, 24, "flac"),
        (Container::Mp4, AudioCodec::Flac, 96_000, 8, 24, "flac"),
        (Container::Mkv, AudioCodec::Pcm, 96_000, 8, 24, "pcm_s24le"),
        (Container::Mov, AudioCodec::Pcm, 44_100, 8, 24, "pcm_s24le"),
        (Container::Mov, AudioCodec::Pcm, 48_000, 2, 16, "pcm_s16le"),
        (Container::Avi, AudioCodec::Pcm, 96_000, 2, 24, "pcm_s24le"),
        (Container::Mkv, AudioCodec::Opus, 48_000, 8, 16, "opus"),
        (Container::WebM, AudioCodec::Opus, 48_000, 7, 16, "opus"),
        (Container::Mp4, AudioCodec::Opus, 48_000, 6, 16, "opus"),
        (Container::Mp4, AudioCodec::Opus, 48_000, 5, 16, "opus"),
        (Container::Mkv, AudioCodec::Flac, 48_000, 7, 16, "flac"),
        (Container::Mp4, AudioCodec::Aac, 44_100, 6, 16, "aac"),
        (Container::Mkv, AudioCodec::Aac, 96_000, 1, 16, "aac"),
        (Container::Mkv, AudioCodec::Aac, 8_000, 4, 16, "aac"),
        (Container::Avi, AudioCodec::Mp3, 44_100, 1, 16, "mp3"),
    ] {
        let seen = recorded(
            &Order::new(container, Some(container.video_codecs()[0]), Some(audio)).sounding(rate_hz, channels, bits),
        );
        let what = format!("{container} {audio} {rate_hz} Hz, {channels} channels: {seen:?}");
        assert_eq!((seen.audio.as_str(), seen.channels), (name, channels), "{what}");
        assert_eq!(seen.sample_rate, rate_hz.to_string(), "{what}");
        let apart = seen.beep_s.expect("it beeps") - seen.flash_s.expect("it flashes");
        println!("{container} {audio} {rate_hz} Hz, {channels} channels: {:+.2} ms, {:.2?}", apart * 1e3, seen.levels);
        assert!(apart.abs() < APART_MAX_S, "{apart} {what}");
        // The bass of AAC's six has no beep in it.
        if audio != AudioCodec::Aac {
            assert!(seen.levels.is_sorted(), "channels in another order: {what}");
        }
    }
}

#[test]
fn sound_at_another_rate_is_resampled_in_place() {
    if !can_read() {
        return;
    }
    for (audio, from_hz, channels) in
        [(AudioCodec::Aac, 44_100, 1), (AudioCodec::Opus, 44_100, 2), (AudioCodec::Pcm, 192_000, 6)]
    {
        let mut order = Order::new(Container::Mkv, Some(VideoCodec::H264), Some(audio));
        order.raw_sound = RawSound { format: SampleFormat::S16, rate_hz: from_hz, channels };
        let seen = recorded(&order);
        assert_eq!((seen.sample_rate.as_str(), seen.channels), ("48000", 2), "{audio}");
        let apart = seen.beep_s.expect("it beeps") - seen.flash_s.expect("it flashes");
        assert!(apart.abs() < APART_MAX_S, "{audio} from {from_hz}: {apart}");
    }
}

#[test]
fn an_uneven_rate_is_kept_exactly() {
    if !can_read() {
        return;
    }
    for (container, video) in
        [(Container::Mp4, VideoCodec::H264), (Container::Mkv, VideoCodec::Vp9), (Container::Avi, VideoCodec::H264)]
    {
        let audio = container.audio_codecs()[0];
        let mut order = Order::new(container, Some(video), Some(audio));
        let rate = Rate { num: 30_000, den: 1_001 };
        order.picture.as_mut().expect("it has pictures").rate = rate;
        let seen = recorded(&order);
        assert_eq!((seen.pictures, seen.rate.as_str()), (PICTURES, "30000/1001"), "{container}");
        let due = nanoseconds(FLASH, rate) as f64 / 1e9;
        let flash = seen.flash_s.expect("it flashes");
        assert!((flash - due).abs() < 0.001, "{container}: {flash} instead of {due}");
        let apart = seen.beep_s.expect("it beeps") - flash;
        assert!(apart.abs() < APART_MAX_S, "{container}: {apart}");
    }
}

#[test]
fn one_track_is_enough() {
    if !can_read() {
        return;
    }
    for container in Container::ALL {
        let video = Order::new(container, Some(container.video_codecs()[0]), None);
        assert_eq!(recorded(&video).pictures, PICTURES, "{container}");
        for audio in container.audio_codecs() {
            let seen = recorded(&Order::new(container, None, Some(*audio)));
            assert!((seen.duration_s - 2.0).abs() < 0.06, "{container} {audio}: {seen:?}");
            // Nobody else is there to be late for, but the beep's place is still counted from the file's beginning.
            let beep = seen.beep_s.expect("it beeps") - nanoseconds(FLASH, Rate::whole(30)) as f64 / 1e9;
            assert!(beep.abs() < APART_MAX_S, "{container} {audio}: {beep}");
        }
    }
}
