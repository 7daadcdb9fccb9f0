// SPDX-License-Identifier: MIT
//! The whole of it: a text with one field wrong at a time, and thousands of configurations by chance.

mod chance;

use super::{AudioConfig, ConfigError, Limits, Loudness, RecordingConfig, Valid, VideoConfig};
use crate::words::{AudioCodec, Container, Quality, Rate, Target, VideoCodec};

fn valid(text: &str) -> Result<Valid, ConfigError> {
    RecordingConfig::from_toml(text)?.validate()
}

/// A text with one thing wrong, and the field that is to be named.
const WRONG: [(&str, &str); 83] = [
    ("preset = 'nonsense'", "preset"),
    ("preset = 1080", "preset"),
    ("contaner = 'mp4'", "contaner"),
    ("container = 'ogg'", "container"),
    ("container = 4", "container"),
    ("fast_start = 'yes'", "fast_start"),
    ("fast_start = true\ncontainer = 'mkv'", "fast_start"),
    ("about = 7", "about"),
    ("video = true", "video"),
    ("video = 'none'\naudio = 'none'", "video"),
    ("[video]\ncodec = 'mjpeg'", "video.codec"),
    ("container = 'webm'\n[video]\ncodec = 'h264'", "video.codec"),
    ("container = 'mp4'\n[video]\ncodec = 'vp8'", "video.codec"),
    ("container = 'avi'\n[video]\ncodec = 'h265'", "video.codec"),
    ("[video]\nsize = '1080'", "video.size"),
    ("[video]\nsize = '641x480'", "video.size"),
    ("[video]\nsize = '62x480'", "video.size"),
    ("[video]\nsize = '1920x8194'", "video.size"),
    ("[video]\nsize = [1920, 1080]", "video.size"),
    ("[video]\nwidth = 1920", "video.width"),
    ("[video]\nframe_rate = 0", "video.frame_rate"),
    ("[video]\nframe_rate = 241", "video.frame_rate"),
    ("[video]\nframe_rate = 0.5", "video.frame_rate"),
    ("[video]\nframe_rate = -30", "video.frame_rate"),
    ("[video]\nframe_rate = nan", "video.frame_rate"),
    ("[video]\nframe_rate = '30/0'", "video.frame_rate"),
    ("[video]\nframe_rate = '4000000000/133333333'", "video.frame_rate"),
    ("[video]\nquality = 'best'", "video.quality"),
    ("[video]\nkbps = 0", "video.kbps"),
    ("[video]\nkbps = 1000000", "video.kbps"),
    ("[video]\nkbps = 6000.5", "video.kbps"),
    ("[video]\nkbps = -1", "video.kbps"),
    ("[video]\nkbps = 6000\nquality = 'high'", "video.kbps"),
    ("[video]\nkey_frame_seconds = 0", "video.key_frame_seconds"),
    ("[video]\nkey_frame_seconds = 61", "video.key_frame_seconds"),
    ("[video]\nkey_frame_seconds = nan", "video.key_frame_seconds"),
    ("[video]\nkey_frame_seconds = 'often'", "video.key_frame_seconds"),
    ("[video]\nlow_latency = 1", "video.low_latency"),
    ("[video]\nencoder = 'x264enc ! fakesink'", "video.encoder"),
    ("[video]\nencoder = ''", "video.encoder"),
    ("audio = 48000", "audio"),
    ("[audio]\ncodec = 'vorbis'", "audio.codec"),
    ("container = 'webm'\n[audio]\ncodec = 'aac'", "audio.codec"),
    ("container = 'mov'\n[audio]\ncodec = 'flac'", "audio.codec"),
    ("[audio]\nquality = 'loud'", "audio.quality"),
    ("[audio]\nquality = 'low'\nkbps = 64", "audio.kbps"),
    ("[audio]\nkbps = 0", "audio.kbps"),
    ("[audio]\nkbps = 513", "audio.kbps"),
    ("[audio]\nkbps = 192\nsample_rate_hz = 8000\nchannels = 1", "audio.kbps"),
    ("[audio]\nkbps = 192\ncodec = 'flac'", "audio.kbps"),
    ("container = 'webm'\n[audio]\nkbps = 511", "audio.kbps"),
    ("container = 'avi'\n[audio]\nkbps = 321", "audio.kbps"),
    ("container = 'avi'\n[audio]\nkbps = 100", "audio.kbps"),
    ("container = 'avi'\n[audio]\nkbps = 192\nsample_rate_hz = 24000", "audio.kbps"),
    ("[audio]\nsample_rate_hz = 7999", "audio.sample_rate_hz"),
    ("[audio]\nsample_rate_hz = 192000", "audio.sample_rate_hz"),
    ("[audio]\nsample_rate_hz = 192001\ncodec = 'flac'", "audio.sample_rate_hz"),
    ("container = 'webm'\n[audio]\nsample_rate_hz = 44100", "audio.sample_rate_hz"),
    ("container = 'avi'\n[audio]\nsample_rate_hz = 96000", "audio.sample_rate_hz"),
    ("container = 'avi'\n[audio]\ncodec = 'pcm'\nsample_rate_hz = 96001", "audio.sample_rate_hz"),
    ("container = 'mov'\n[audio]\ncodec = 'pcm'\nsample_rate_hz = 88200", "audio.sample_rate_hz"),
    ("[audio]\nchannels = 0", "audio.channels"),
    ("[audio]\nchannels = 7", "audio.channels"),
    ("[audio]\nchannels = 9\ncodec = 'opus'", "audio.channels"),
    ("container = 'avi'\n[audio]\nchannels = 3", "audio.channels"),
    ("[audio]\nbits = 24", "audio.bits"),
    ("[audio]\nlow_latency = 'yes'", "audio.low_latency"),
    ("[audio]\nbits = 20\ncodec = 'flac'", "audio.bits"),
    ("[audio]\nencoder = 7", "audio.encoder"),
    ("[limits]\nmax_bytes = '4 parsecs'", "limits.max_bytes"),
    ("[limits]\nmax_bytes = 1000", "limits.max_bytes"),
    ("[limits]\nmax_seconds = -1", "limits.max_seconds"),
    ("[limits]\nmin_free_bytes = '9000 TB'", "limits.min_free_bytes"),
    ("[limits]\nwhen_reached = 'explode'", "limits.when_reached"),
    ("[limits]\nwhen_reached = 'roll-over'", "limits.when_reached"),
    ("[limits]\nmax_waiting_bytes = 4096", "limits.max_waiting_bytes"),
    ("[limits]\nmax_waiting_bytes = '20 MB'\n[video]\nsize = '4k'", "limits.max_waiting_bytes"),
    ("[adaptive]\nmode = ['rate', 'colour']", "adaptive.mode"),
    ("[adaptive]\nmode = 'rate, rate'", "adaptive.mode"),
    ("video = 'none'\n[adaptive]\nmode = 'size'", "adaptive.mode"),
    ("[loudness]\ntarget_lufs = -7", "loudness.target_lufs"),
    ("[loudness]\ntrue_peak_db = 1", "loudness.true_peak_db"),
    ("audio = 'none'\n[loudness]\ntarget_lufs = -16", "loudness"),
];

#[test]
fn a_text_with_one_field_wrong_names_it_and_says_what_would_work() {
    for (text, field) in WRONG {
        let why = valid(text).expect_err(text);
        assert_eq!(why.field(), Some(field), "{text}: {why}");
        let said = why.to_string();
        assert!(said.starts_with(&format!("{field}: ")), "{text}: {said}");
        assert!(said.contains("; ") && !said.ends_with('.') && said.len() < 300, "{text}: {said}");
    }
}

#[test]
fn nothing_of_the_golden_master_can_be_changed_but_how_long_it_is() {
    for (text, field) in [
        ("container = 'mov'", "container"),
        ("video = 'none'", "video"),
        ("audio = 'none'", "audio"),
        ("fast_start = true", "fast_start"),
        ("[video]\nkbps = 4000", "video.kbps"),
        ("[video]\nquality = 'ultra'", "video.quality"),
        ("[video]\nsize = '720p'", "video.size"),
        ("[video]\nencoder = 'x264enc'", "video.encoder"),
        ("[audio]\nchannels = 2", "audio.channels"),
        ("[limits]\nmax_bytes = '4 GB'", "limits.max_bytes"),
        ("[adaptive]\nmode = 'rate'", "adaptive"),
        ("[loudness]\ntarget_lufs = -16", "loudness"),
    ] {
        let why = valid(&format!("preset = 'master'\n{text}")).expect_err(text);
        assert_eq!(why.field(), Some(field), "{text}: {why}");
    }
    let hour = "preset = 'master'\n[limits]\nmax_seconds = 3600";
    assert!(valid(hour).is_ok_and(|valid| valid.is_master() && valid.limits().max_seconds == Some(3600.0)));
    let config = RecordingConfig::from_toml(hour).expect("is read");
    assert_eq!(RecordingConfig::from_toml(&config.to_toml()).ok(), Some(config));
}

#[test]
fn what_is_no_toml_names_no_field() {
    let why = valid("[video\nsize = 1").expect_err("is torn");
    assert_eq!(why.field(), None);
    assert!(why.to_string().contains("line 1"), "{why}");
}

#[test]
fn a_whole_file_is_read_field_by_field() {
    let text = r#"
        container = "mkv"
        video = { codec = "av1", size = "1000x562", frame_rate = 23.976, kbps = 3000, key_frame_seconds = 2.0 }
        fast_start = false
        [audio]
        codec = "FLAC"
        sample_rate_hz = 96000
        channels = 6
        bits = 24
        encoder = "flacenc"
        [limits]
        max_bytes = "4 GB"
        max_seconds = 3600
        min_free_bytes = "1 GiB"
        when_reached = "roll-over"
        max_waiting_bytes = "512 MiB"
        [adaptive]
        mode = ["quality", "rate"]
        [loudness]
        target_lufs = -23
        keep_original = true
    "#;
    let video = VideoConfig::new(VideoConfig::HD, Rate { num: 24_000, den: 1001 });
    let video = video.size(1000, 562).codec(VideoCodec::Av1).kbps(3000).key_frame_seconds(2.0);
    let audio = AudioConfig::default().codec(AudioCodec::Flac).sample_rate_hz(96_000).channels(6).bits(24);
    let limits = Limits::default().max_bytes(4_000_000_000).max_seconds(3600.0).min_free_bytes(1 << 30).roll_over();
    let built = RecordingConfig::default()
        .container(Container::Mkv)
        .video(video)
        .audio(audio.encoder("flacenc"))
        .limits(limits.max_waiting_bytes(512 << 20))
        .adaptive([super::Adaptive::Quality, super::Adaptive::Rate])
        .loudness(Loudness { target_lufs: -23.0, true_peak_db: -1.0, keep_original: true });
    assert_eq!(RecordingConfig::from_toml(text).expect("is read"), built);
    let picture = built.validate().expect("is valid").picture().cloned().expect("has pictures");
    assert_eq!((picture.key_frames, picture.target), (48, Target::Kbps(3000)));
}

#[test]
fn an_empty_text_is_the_usual_recording() {
    assert_eq!(RecordingConfig::from_toml("").ok(), Some(RecordingConfig::default()));
    let valid = valid("").expect("is valid");
    assert_eq!(valid.picture().map(|p| (p.codec, p.key_frames)), Some((VideoCodec::H264, 30)));
    assert_eq!(valid.sound().map(|s| (s.codec, s.kbps, s.channels)), Some((AudioCodec::Aac, 192, 2)));
}

#[test]
fn codecs_follow_the_container_where_none_is_asked_for() {
    for container in Container::ALL {
        let valid = RecordingConfig::default().container(container).validate().expect("the first codecs always work");
        assert_eq!(valid.picture().map(|p| p.codec), container.video_codecs().first().copied());
        assert_eq!(valid.sound().map(|s| s.codec), container.audio_codecs().first().copied());
    }
}

#[test]
fn what_a_preset_asks_for_can_be_left_to_the_program_again() {
    let said = "preset = '4k-high'\ncontainer = 'webm'\n[video]\ncodec = 'auto'\n[audio]\nkbps = 'auto'";
    assert_eq!(valid(said).expect("is valid").picture().map(|p| p.codec), Some(VideoCodec::Vp9));
    let quiet = valid("preset = 'podcast'\nloudness = 'none'").expect("is valid");
    assert_eq!(quiet.loudness(), None);
    let mut limited = RecordingConfig::default().adaptive([super::Adaptive::Rate]);
    limited.limits.max_bytes = Some(4_000_000_000);
    for section in ["limits", "adaptive"] {
        limited.set(section, "none").expect(section);
    }
    assert_eq!(limited, RecordingConfig::default());
    assert!(valid("preset = 'podcast'\naudio = 'none'").is_err_and(|why| why.field() == Some("loudness")));
}

#[test]
fn loudness_is_what_podcasts_agree_on_where_no_target_is_given() {
    let target = |text: &str| valid(text).expect("is valid").loudness().map(|loudness| loudness.target_lufs);
    assert_eq!(target("[loudness]"), Some(-16.0));
    assert_eq!(target("[loudness]\nkeep_original = true\n[audio]\nchannels = 1"), Some(-19.0));
}

#[test]
fn low_rates_take_as_much_as_the_codec_can_where_no_bit_rate_is_given() {
    let kbps = |text: &str| valid(text).expect(text).sound().map(|sound| sound.kbps);
    assert_eq!(kbps("[audio]\nsample_rate_hz = 8000\nchannels = 1"), Some(48));
    assert_eq!(kbps("container = 'avi'\n[audio]\nsample_rate_hz = 22050"), Some(160));
    assert_eq!(kbps("container = 'avi'\n[audio]\nsample_rate_hz = 8000"), Some(64));
}

#[test]
fn one_field_is_set_as_on_a_command_line() {
    let mut config = RecordingConfig::default();
    for (field, text) in [
        ("container", "mkv"),
        ("video.codec", "vp9"),
        ("video.frame_rate", "30000/1001"),
        ("video.size", "4k"),
        ("video.quality", "ultra"),
        ("audio.kbps", "128"),
        ("limits.max_bytes", "4 GB"),
        ("adaptive.mode", "rate,size"),
        ("video.encoder", "vp9enc"),
        ("loudness.target_lufs", "-16"),
    ] {
        config.set(field, text).expect(field);
    }
    let video = VideoConfig::new(VideoConfig::UHD, Rate { num: 30_000, den: 1001 });
    let video = video.codec(VideoCodec::Vp9).quality(Quality::Ultra).encoder("vp9enc");
    assert_eq!(config.video, Some(video));
    assert_eq!((config.adaptive.len(), config.limits.max_bytes), (2, Some(4_000_000_000)));
    config.set("audio", "none").expect("sound can be left out");
    assert_eq!(config.audio, None);
    let before = config.clone();
    for (field, text, named) in [
        ("video.colour", "red", "video.colour"),
        ("video", "vp9", "video"),
        ("video.size.width", "4", "video.size"),
        ("", "", ""),
        ("container", "mkv\ncontainer = 3", "container"),
        ("preset", "web", "preset"),
    ] {
        assert_eq!(config.set(field, text).expect_err(field).field(), Some(named));
    }
    assert_eq!(config, before);
}
