// SPDX-License-Identifier: MIT
use super::{EncoderError, EncoderTable};
use crate::words::{AudioCodec, PictureRecipe, Quality, Rate, Size, SoundRecipe, Target, VideoCodec};
use std::time::Instant;

fn recipe(codec: VideoCodec) -> PictureRecipe {
    let (size, target) = (Size { width: 320, height: 240 }, Target::Quality(Quality::Balanced));
    PictureRecipe { codec, size, rate: Rate::whole(30), target, key_frames: 60, low_latency: false, encoder: None }
}

fn table() -> EncoderTable {
    crate::media::start().expect("GStreamer is installed");
    EncoderTable::load().expect("the table is sound")
}

#[test]
fn every_codec_has_an_encoder_for_every_aim_and_the_choice_is_quick() {
    let table = table();
    for codec in VideoCodec::ALL {
        let aims = Quality::ALL.into_iter().map(Target::Quality).chain([Target::Kbps(1_000)]);
        for (target, low_latency) in aims.flat_map(|target| [(target, false), (target, true)]) {
            let begun = Instant::now();
            let choice = table.picture(&PictureRecipe { target, low_latency, ..recipe(codec) });
            let choice = choice.unwrap_or_else(|e| panic!("{codec} {target:?}: {e}"));
            println!("{codec} {target:?} {low_latency}: {} {}, {:?}", choice.element, choice.proof, begun.elapsed());
            assert!(!choice.text.contains('{'), "{}", choice.text);
        }
    }
}

#[test]
fn every_sound_codec_has_an_encoder_from_the_lowest_to_the_highest_bit_rate() {
    let table = table();
    for codec in AudioCodec::ALL {
        for kbps in [64, 96, 128, 192, 320] {
            let recipe =
                SoundRecipe { codec, rate_hz: 48_000, channels: 2, bits: 24, kbps, low_latency: false, encoder: None };
            let choice = table.sound(&recipe).unwrap_or_else(|e| panic!("{codec} {kbps}: {e}"));
            println!("{codec} {kbps}: {} {}", choice.element, choice.proof);
        }
    }
}

#[test]
fn an_encoder_asked_for_by_name_is_taken_or_refused_with_the_reason() {
    let table = table();
    let ask = |codec, name: &str| table.picture(&PictureRecipe { encoder: Some(name.to_owned()), ..recipe(codec) });
    assert_eq!(ask(VideoCodec::H264, "openh264enc").expect("it is installed").element, "openh264enc");
    let refused = |codec, name| ask(codec, name).expect_err("not here").to_string();
    assert!(matches!(ask(VideoCodec::H264, "nonsense"), Err(EncoderError::UnknownElement { .. })));
    assert!(refused(VideoCodec::H264, "nonsense").contains("x264enc"));
    assert_eq!(refused(VideoCodec::Vp9, "x264enc"), "x264enc makes h264, not vp9; for vp9 there are: vavp9enc, vp9enc");
    assert!(matches!(ask(VideoCodec::H264, "vtenc_h264_hw"), Err(EncoderError::ForcedFails { .. })));
    assert!(refused(VideoCodec::H264, "vtenc_h264_hw").contains("is not installed"));
}

#[test]
fn what_no_encoder_takes_is_refused_with_what_it_was() {
    let recipe = |codec, rate_hz, channels| SoundRecipe {
        codec,
        rate_hz,
        channels,
        bits: 16,
        kbps: 128,
        low_latency: false,
        encoder: None,
    };
    let refused = |recipe| table().sound(&recipe).expect_err("nobody can").to_string();
    assert!(refused(recipe(AudioCodec::Mp3, 48_000, 8)).contains("does not take 8 channels of 48000 Hz"));
    assert!(refused(recipe(AudioCodec::Aac, 192_000, 2)).contains("does not take 2 channels of 192000 Hz"));
    assert!(refused(recipe(AudioCodec::Opus, 44_100, 2)).contains("44100"));
}

#[test]
fn a_persons_own_rows_come_first_and_wrong_ones_are_refused() {
    let mut table = table();
    let row = "[[h264]]\nelement = \"openh264enc\"\nbitrate = \"bitrate={bps}\"\n\
        recording = \"openh264enc name=video_encoder {quality} gop-size={keys} ! h264parse\"";
    table.put_in_front(row).expect("a good row");
    assert_eq!(table.elements(VideoCodec::H264)[0], "openh264enc");
    let mine = table.picture(&PictureRecipe { target: Target::Kbps(500), ..recipe(VideoCodec::H264) });
    assert!(mine.expect("it is installed").text.contains("bitrate=500000 gop-size=60"));
    assert!(table.put_in_front("[[h266]]\nelement = \"x\"").is_err());
    assert!(table.put_in_front("[[h264]]\nelement = \"x\"\nqualty = \"5\"").is_err());
}
